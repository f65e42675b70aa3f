"""Does the small picture of the last hours show them, by its bars and in words?"""

import io

import pytest
from PIL import Image

from notifiers.outline import Tone
from notifiers.picture import HEIGHT, WIDTH, in_words, picture
from support.letters import HOURS

SLOT = 38  # points from one hour to the next


def drawn(hours, tone=Tone.BAD):
    return Image.open(io.BytesIO(picture(hours, tone))).convert("RGB")


def heights(image, colour):
    """How much of each hour's column has nearly this colour."""
    columns = [24 + SLOT * number + SLOT // 2 for number in range(24)]
    return [sum(near(image.getpixel((x, y)), colour) for y in range(60, 144)) for x in columns]


def near(one, other):
    return max(abs(a - b) for a, b in zip(one, other, strict=True)) < 40


@pytest.mark.parametrize("tone", Tone)
def test_it_is_small_and_the_same_every_time(tone):
    written = picture(HOURS, tone)
    assert written == picture(HOURS, tone)
    assert len(written) < 6_000
    image = drawn(HOURS, tone)
    assert image.size == (2 * WIDTH, 2 * HEIGHT)
    assert image.getpixel((10, 100)) == (255, 255, 255)


def test_a_bar_is_as_high_as_its_hour():
    found = heights(drawn(HOURS), (230, 159, 0))
    assert [count > 0 for count in found] == [count > 0 for count in HOURS]
    ordered = sorted(range(24), key=lambda hour: HOURS[hour])
    assert [found[hour] for hour in ordered] == sorted(found)
    assert max(found) > 60


def test_each_tone_has_a_colour_of_its_own_and_the_last_hour_a_mark_besides():
    hours = (0,) * 23 + (5,)
    pictures = {tone: drawn(hours, tone) for tone in Tone}
    assert len({image.getpixel((24 + SLOT * 23 + 20, 120)) for image in pictures.values()}) == 4
    for image in pictures.values():
        dark = [x for x in range(image.width) if image.getpixel((x, 55)) == (26, 26, 26)]
        assert dark
        assert min(dark) > 24 + SLOT * 23


def test_no_hours_are_no_picture_and_any_number_of_them_and_any_count_is_one():
    assert picture((), Tone.BAD) == b""
    for hours in ((0,), (7,), (0,) * 24, (10**12,) * 24, tuple(range(2_000)), (-1, 0, 1)):
        assert 500 < len(picture(hours, Tone.MILD)) < 6_000


def test_the_words_say_what_the_bars_show():
    assert in_words((0, 1_200, 3)) == "Failures in each of the last 3 hours, oldest first, at most 1,200: 0, 1200, 3"
