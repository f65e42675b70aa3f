"""Which keys may stand at a place of the file, and which of them was meant?"""

import difflib
import types
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from alerting.configuration.model import File
from alerting.configuration.positions import Path
from rules.condition_config import model_of


def near(word: object, known: Iterable[str]) -> str:
    """``did you mean X?``, or what there is."""
    names = sorted(known)
    found = difflib.get_close_matches(str(word), names, 1)
    return f"did you mean {found[0]}?" if found else f"use {_one_of(names)}"


def no_such(what: str, name: object, known: Iterable[str]) -> str:
    names = sorted(known)
    found = difflib.get_close_matches(str(name), names, 1)
    hint = f"did you mean {found[0]}?" if found else f"there are {', '.join(names) or 'none'}"
    return f"there is no {what} {name!r}; {hint}"


def unknown_key(value: Any, path: Path) -> str:
    """What to say of the key at the end of ``path``; ``value`` is the whole file."""
    known = known_keys(value, path[:-1])
    found = difflib.get_close_matches(str(path[-1]), known, 1)
    hint = f"did you mean {found[0]}?" if found else f"known are {', '.join(known)}"
    return f"is not a key that is known here; {hint}"


def known_keys(value: Any, path: Path) -> list[str]:
    model = model_at(value, path)
    return [] if model is None else [field.alias or name for name, field in model.model_fields.items()]


def model_at(value: Any, path: Path) -> type[BaseModel] | None:
    """The model of what stands at ``path``; None where there is no such thing."""
    options: list[Any] = [File]
    for part in path:
        value = inside(value, part)
        options = [option for each in options for option in _inside(each, part)]
        if sum(map(_is_model, options)) > 1:
            options = [model_of(value)]
    return next((each for each in options if _is_model(each)), None)


def inside(value: Any, part: str | int) -> Any:
    """What stands under ``part``; None where nothing does."""
    if isinstance(value, Mapping):
        return value.get(part)
    fits = isinstance(value, list) and isinstance(part, int) and 0 <= part < len(value)
    return value[part] if fits and isinstance(part, int) else None


def _inside(kind: Any, part: str | int) -> Iterator[Any]:
    if _is_model(kind):
        found = [field for name, field in kind.model_fields.items() if (field.alias or name) == part]
        yield from (option for field in found for option in _options(field.annotation))
    elif get_origin(kind) is tuple and isinstance(part, int):
        yield from _options(get_args(kind)[0])
    elif get_origin(kind) is dict:
        yield from _options(get_args(kind)[1])


def _options(kind: Any) -> Iterator[Any]:
    """The plain kinds that a value may have."""
    if get_origin(kind) is Annotated:
        yield from _options(get_args(kind)[0])
    elif get_origin(kind) in (Union, types.UnionType):
        yield from (option for each in get_args(kind) for option in _options(each))
    else:
        yield kind


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _one_of(names: list[str]) -> str:
    return " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
