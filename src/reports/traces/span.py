"""What is a span, whatever engine wrote it? What a trace is read from; the shell makes them of what it keeps."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Span:
    """One part of a run. ``start`` and ``end`` in µs, ``end`` never before ``start``; ``parent_id`` is "" at the top.

    ``name`` is the step's name as it stands in every run, ``alike`` the same without ids and numbers, for names that
    hold some. ``thing``, where it is known, is what was tried: spans of one name and thing are its attempts.
    ``retries`` are failed attempts that the span only tells of.
    """

    name: str
    span_id: str
    parent_id: str
    start: int
    end: int
    failed: bool = False
    thing: str = ""
    retries: int = 0
    alike: str = ""
    message: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def took(self) -> int:
        return self.end - self.start
