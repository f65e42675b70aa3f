"""What a channel sends, kept in files to be read and compared. ``TOCSIN_GOLDEN=write`` writes them anew."""

import json
import os
from dataclasses import replace
from pathlib import Path

from notifiers.message import Message
from notifiers.rendering import worded
from notifiers.sample import sample as example
from rules.vocabulary import Reason
from support.samples import PART, message

FOLDER = Path(__file__).parents[1] / "notifiers" / "golden"
OVER = "2026-11-23T08:06:00Z"
HOURS = (0,) * 18 + (1, 0, 0, 4, 2, 37)
LINKS = {**PART.links, "group": "http://t/groups/g1", "overview": "http://t/"}
OWNED = {"team": "payments", "mention": "<@U123>", "previous_version": "1.4.1", "links": LINKS}
CHANGES: dict[str, dict[str, object]] = {
    "resolved": {"resolved_at": OVER},
    "recovered": {"resolved_at": OVER},
    "acknowledged": {"acknowledged_by": "Kim"},
    "late": {"severity": "high"},
    "drill": {"severity": "medium"},
}
REASONS = [reason.value for reason in Reason]


def sample(reason: str) -> Message:
    """A message of this reason as it is usual; storms and digests are about several alerts."""
    if reason == "report":
        return example(reason)
    if reason in {"storm", "digest"}:
        return several(5, reason)
    one = message(reason, **{**OWNED, **CHANGES.get(reason, {})})
    return replace(one, hours=HOURS, ends=reason in {"resolved", "recovered"})


def several(number: int, reason: str = "first", **changes: object) -> Message:
    """About ``number`` alerts, three of each cause."""
    parts = tuple(
        replace(
            PART,
            **{
                "id": f"a{each}",
                "workflow": f"charge-card-{each}",
                "cause": f"cause-{each // 3}",
                "error_message": f"card declined in region {each // 3}",
                "links": {"alert": f"http://t/alerts/a{each}"},
                **changes,
            },
        )
        for each in range(number)
    )
    told = replace(message(reason), alerts=parts, links={"overview": "http://t/"}, hours=HOURS)
    return worded(told)


def compare(kind: str, name: str, body: object) -> None:
    path = FOLDER / kind / f"{name}.json"
    text = json.dumps(body, ensure_ascii=False, indent=1) + "\n"
    if os.environ.get("TOCSIN_GOLDEN") == "write":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, f"{path.name} differs; TOCSIN_GOLDEN=write makes it anew"


def is_as_before(name, text):
    path = FOLDER / name
    if os.environ.get("TOCSIN_GOLDEN") == "write":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    assert path.exists(), f"no {path.name} yet: run once with TOCSIN_GOLDEN=write"
    assert text + "\n" == path.read_text()
