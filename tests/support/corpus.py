"""The recordings of real engines, where they lie beside the checkout."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3] / "shared" / "corpus"
needs_corpus = pytest.mark.skipif(not ROOT.exists(), reason="the recorded corpus is not beside this checkout")


@dataclass(frozen=True)
class Body:
    """One recorded request."""

    name: str
    path: str
    media: str
    encoding: str
    body: bytes


def bodies(folder: str) -> Iterator[Body]:
    """The recorded requests of ``folder``, in the order in which they arrived."""
    for meta_path in sorted((ROOT / folder).glob("*.meta.json")):
        meta = json.loads(meta_path.read_text())
        body = meta_path.with_name(meta["file"]).read_bytes()
        yield Body(meta["file"], meta["path"], meta["content_type"], meta["content_encoding"], body)


def expected(folder: str) -> dict[str, object]:
    found: dict[str, object] = json.loads((ROOT / folder / "expected.json").read_text())
    return found
