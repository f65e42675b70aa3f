"""What does ``${NAME}`` stand for? The environment's value; ``$${`` writes a plain ``${``."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

_VARIABLE = re.compile(r"\$?\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class Missing(ValueError):
    """A variable that is not set."""


def resolve(value: Any, environ: Mapping[str, str]) -> Any:
    """``value`` with every variable in its texts replaced. Raises Missing."""
    if isinstance(value, str):
        return _VARIABLE.sub(lambda found: _one(found, environ), value)
    if isinstance(value, Mapping):
        return {name: resolve(each, environ) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [resolve(each, environ) for each in value]
    return value


def _one(found: "re.Match[str]", environ: Mapping[str, str]) -> str:
    if found[0].startswith("$$"):
        return found[0][1:]
    if found[1] not in environ:
        raise Missing(f"the environment variable {found[1]} is not set; set it before Tocsin starts")
    return environ[found[1]]


def missing_in(
    value: Any, environ: Mapping[str, str], path: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """(path, name) of every variable that is not set."""
    if isinstance(value, str):
        for found in _VARIABLE.finditer(value):
            if not found[0].startswith("$$") and found[1] not in environ:
                yield path, found[1]
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield from missing_in(each, environ, (*path, name))
    elif isinstance(value, list | tuple):
        for index, each in enumerate(value):
            yield from missing_in(each, environ, (*path, index))
