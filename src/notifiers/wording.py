"""Text that may be shown anywhere: one line or a block of it, without what a terminal obeys or nobody sees; cut."""

import re

_CONTROL = re.compile(
    r"\x1b\[[0-9;?]*[ -/]*[@-~]"  # what a terminal obeys, then what nobody sees and half characters
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
_BARS = "▁▂▃▄▅▆▇█"


def plain_line(text: str, most: int) -> str:
    """One line without control characters, terminal colours and marks that turn text around."""
    read = text[: _read(most)]
    said = " ".join(_CONTROL.sub("", read.replace("\n", " ")).split())
    return cut(said if len(read) == len(text) else f"{said}…", most)


def plain_block(text: str, most: int) -> str:
    read = text[: _read(most)]
    said = _CONTROL.sub("", read.replace("\r\n", "\n"))
    return cut(said if len(read) == len(text) else f"{said}…", most).strip()


def _read(most: int) -> int:
    """How much of a text is looked at for so many signs: most of a megabyte would only be thrown away."""
    return 8 * most + 1_000


def cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def alerts(number: int) -> str:
    return "1 alert" if number == 1 else f"{number:,} alerts"


def sparkline(counts: tuple[int, ...]) -> str:
    """One block for each count, the highest of them full; a dot for none. "" where there is nothing to show."""
    top = max(counts, default=0)
    if not top:
        return ""
    return "".join(_BARS[max(0, -(-each * len(_BARS) // top) - 1)] if each else "·" for each in counts)


def by_hour(hours: tuple[int, ...]) -> str:
    """What failed in each of the last hours, as a line. "" where there is nothing to show."""
    spark = sparkline(hours)
    return f"Failures in each of the last {len(hours)} hours, up to {max(hours):,}: {spark}" if spark else ""
