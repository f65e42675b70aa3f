"""How did the failures of the last hours go? A small picture for where text is not enough, and the same in words."""

import io
from functools import cache

from PIL import Image, ImageDraw, ImageFont

from notifiers.outline import Tone

WIDTH, HEIGHT = 480, 96  # as shown; it is drawn with twice the points
_SCALE = 2
_LEFT, _RIGHT, _TOP, _BOTTOM = 24, 936, 68, 138  # of the bars
_TEXT_SIZE = 34
_COLOURS = 32
_GROUND, _FRAME, _INK, _QUIET = "#ffffff", "#8a8a8a", "#1a1a1a", "#b8b8b8"
_FILLS = {  # Okabe-Ito; the edge is a darker one of the same, or yellow would drown in white
    Tone.CRITICAL: ("#d55e00", "#7a3600"),
    Tone.BAD: ("#e69f00", "#7d5700"),
    Tone.MILD: ("#56b4e9", "#1f6d9b"),
    Tone.GOOD: ("#009e73", "#00573f"),
}


def picture(hours: tuple[int, ...], tone: Tone) -> bytes:
    """A PNG with a bar for each hour, the last one marked; b"" where no hours are known. The same for the same."""
    if not hours:
        return b""
    image = Image.new("RGB", (WIDTH * _SCALE, HEIGHT * _SCALE), _GROUND)
    drawing = ImageDraw.Draw(image)
    drawing.rectangle((0, 0, image.width - 1, image.height - 1), outline=_FRAME, width=2)
    _bars(drawing, hours, tone)
    _words(drawing, hours)
    written = io.BytesIO()
    image.quantize(_COLOURS).save(written, "PNG", optimize=True)
    return written.getvalue()


def in_words(hours: tuple[int, ...]) -> str:
    """What the picture shows, for those who do not see it."""
    counts = ", ".join(map(str, hours))
    return f"Failures in each of the last {len(hours)} hours, oldest first, at most {max(hours, default=0):,}: {counts}"


def _bars(drawing: ImageDraw.ImageDraw, hours: tuple[int, ...], tone: Tone) -> None:
    slot, top = (_RIGHT - _LEFT) / len(hours), max(*hours, 1)
    fill, edge = _FILLS[tone]
    gap = int(slot / 5)
    for number, count in enumerate(hours):
        left, right = int(_LEFT + number * slot) + gap, int(_LEFT + (number + 1) * slot) - 1
        height = max(6, round((_BOTTOM - _TOP) * count / top)) if count > 0 else 0
        if height:
            drawing.rectangle((left, _BOTTOM - height, max(left, right), _BOTTOM), fill=fill, outline=edge, width=2)
        else:
            drawing.rectangle((left, _BOTTOM - 2, max(left, right), _BOTTOM), fill=_QUIET)
        if number == len(hours) - 1:
            _mark(drawing, (left + right) // 2, _BOTTOM - height - 6)


def _mark(drawing: ImageDraw.ImageDraw, x: int, y: int) -> None:
    """An arrow that stands on the bar: which one is now is told without colour."""
    drawing.polygon(((x, y), (x - 9, y - 14), (x + 9, y - 14)), fill=_INK)


def _words(drawing: ImageDraw.ImageDraw, hours: tuple[int, ...]) -> None:
    drawing.text((_LEFT, 4), f"failures per hour, up to {max(hours):,}", _INK, _font())
    drawing.text((_LEFT, _BOTTOM + 5), f"{len(hours)} h ago", _INK, _font())
    drawing.text((_RIGHT, _BOTTOM + 5), "now", _INK, _font(), anchor="ra")


@cache
def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(_TEXT_SIZE)
