"""What was changed, and when? A deployment, a configuration, a schedule …: told by whoever made it."""

import difflib
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import replace

from alerting.ingest import jsontext, members
from alerting.ingest.encoding import BadBody
from alerting.ingest.text import LABEL, NAME, clean
from rules.identity import digest
from rules.instants import DAY, Duration, Instant, format_instant
from rules.matchers import compile_glob

DOOR = "changes"
KINDS = ("deployment", "configuration", "image", "dependency", "schedule", "dataset", "other")
KEPT: Duration = 400 * DAY
MOST = 1_000
MOST_GLOBS = 100
_KNOWN = ("title", "kind", "at", "workflow", "environment", "version", "url", "source", "id")


class Change(msgspec.Struct, frozen=True):
    """``workflows`` are globs of those that it concerns, none for all; the same ``id`` is the same change."""

    id: str
    at: Instant
    title: str
    kind: str = KINDS[0]
    workflows: tuple[str, ...] = ()
    environment: str = ""
    version: str = ""
    url: str = ""
    source: str = ""


@dataclass(slots=True)
class ChangesCheck:
    """``rejected`` holds ``{"index", "error"}`` for each that was not accepted."""

    accepted: list[Change]
    rejected: list[dict[str, Any]]


_decoder = msgspec.json.Decoder(list[Change])


def check(body: bytes, now: Instant) -> ChangesCheck:
    """One change or an array of them, as a sender wrote it. Raises BadBody."""
    found = ChangesCheck([], [])
    for index, told in enumerate(_told(body)):
        try:
            found.accepted.append(read(told, now))
        except ValueError as error:
            found.rejected.append({"index": index, "error": str(error)})
    return found


def _told(body: bytes) -> list[Any]:
    found = jsontext.read(body, "send one change or an array of changes")
    if isinstance(found, dict):
        return [found]
    if not isinstance(found, list):
        raise BadBody("the body is neither a change nor an array of changes; send a JSON object or an array of objects")
    if len(found) > MOST:
        raise BadBody(f"the array has {len(found)} changes, more than {MOST}; send it in pieces")
    return found


def packed(changes: list[Change]) -> bytes:
    """As they lie in the inbox: with what the door added, so that each is the same change however often it is read."""
    return msgspec.json.encode(changes)


def unpacked(body: bytes) -> list[Change]:
    """Raises BadBody."""
    return jsontext.read_as(_decoder, body, "this is no list of changes as the door writes it")


def read(told: Any, now: Instant) -> Change:
    """One change, made ``now`` where it does not say when. Raises ValueError, which says which member is wrong."""
    if not isinstance(told, dict):
        raise ValueError('a change must be a JSON object such as {"title": "deployed 2.4.1"}')
    _refuse_unknown(told)
    change = Change(
        id=_id(told),
        at=_time(told, now),
        title=_title(told),
        kind=_kind(told),
        workflows=_globs(told.get("workflow")),
        environment=members.text(told, "environment", NAME),
        version=members.text(told, "version", NAME),
        url=_url(told),
        source=members.text(told, "source", NAME),
    )
    return change if change.id else replace(change, id=_content_id(change))


def _refuse_unknown(told: dict[str, Any]) -> None:
    """A misspelt ``workflow`` would mark a change for all of them."""
    for name in told:
        if name not in _KNOWN:
            near = difflib.get_close_matches(str(name), _KNOWN, 1)
            hint = f"did you mean {near[0]}?" if near else f"a change has {', '.join(_KNOWN)}"
            raise ValueError(f"{clean(str(name), NAME)} is not known; {hint}")


def _id(told: dict[str, Any]) -> str:
    found = members.text(told, "id", NAME + 1)
    if len(found) > NAME:
        raise ValueError(f"id has more than {NAME} characters; send a shorter one")
    return found


def _content_id(change: Change) -> str:
    """Without an id the content is the identity: the same change of the same moment twice is one."""
    return "content-" + digest(msgspec.json.encode(change).decode())


def _title(told: dict[str, Any]) -> str:
    title = " ".join(members.text(told, "title", NAME).split())
    if not title:
        raise ValueError('title is missing; say what was changed, such as "deployed 2.4.1"')
    return title


def _time(told: dict[str, Any], now: Instant) -> Instant:
    at = members.time(told, "at") if told.get("at") is not None else now
    if at > now + members.FURTHEST_AHEAD:
        raise ValueError(f"at: {format_instant(at)} lies in the future; mark a change when it is made")
    if at < now - KEPT:
        raise ValueError(
            f"at: {format_instant(at)} is longer ago than the {KEPT // DAY} days that changes are kept; a number must "
            "be Unix milliseconds"
        )
    return at


def _kind(told: dict[str, Any]) -> str:
    word = members.text(told, "kind", NAME).lower() or KINDS[0]
    if word not in KINDS:
        near = difflib.get_close_matches(word, KINDS, 1)
        hint = f"did you mean {near[0]}?" if near else f"use one of {', '.join(KINDS)}"
        raise ValueError(f"kind: {word!r} is not known; {hint}")
    return word


def _globs(told: Any) -> tuple[str, ...]:
    globs = [] if told is None else told if isinstance(told, list) else [told]
    if len(globs) > MOST_GLOBS:
        raise ValueError(f"workflow has {len(globs)} globs, more than {MOST_GLOBS}; use wider ones, such as pay*")
    return tuple(_glob(each) for each in globs)


def _glob(told: Any) -> str:
    if not isinstance(told, str) or not told:
        raise ValueError('workflow must be a list of globs, such as ["pay*", "nightly"]; leave it out for all')
    try:
        compile_glob(told)
    except ValueError as error:
        raise ValueError(f"workflow: {error}") from None
    return clean(told, NAME)


def _url(told: dict[str, Any]) -> str:
    url = members.text(told, "url", LABEL)
    if url and not is_web(url):
        raise ValueError(f"url: {clean(url, 80)!r} cannot be opened; it must begin with http:// or https://")
    return url


def deployed(
    id_: str, at: Instant, what: str, environment: str, about: str = "", version: str = "", url: str = ""
) -> Change:
    """A deployment as another system tells of it; ``about`` is what it says besides."""
    where = f" to {environment}" if environment else ""
    title = " ".join(f"deployed {what}{where}{': ' if about else ''}{about}".split())
    kept = url if is_web(url) else ""
    return Change(clean(id_, NAME), at, clean(title, NAME), environment=environment, version=version, url=kept)


def is_web(url: str) -> bool:
    """Whether a page may link to it."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc)
