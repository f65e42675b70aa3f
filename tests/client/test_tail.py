"""Are the last lines of a command kept, whatever it writes, and little else?"""

import tracemalloc

from hypothesis import example, given
from hypothesis import strategies as st

from tocsin_client.tail import MOST_CHARACTERS, MOST_LINES, Tail

pieces = st.lists(st.binary(max_size=40) | st.sampled_from([b"\n", b"\r\n", b"a\nb\n", b"n\n" * 300]), max_size=30)


def tail_of(*told: tuple[int, bytes]) -> Tail:
    tail = Tail()
    for stream, data in told:
        tail.feed(stream, data)
    return tail


@given(pieces)
@example([b"\r", b"\x00\r", b"\x00"])
def test_however_it_is_cut_the_last_lines_are_the_same(cut):
    whole = b"".join(cut)
    assert tail_of(*((1, piece) for piece in cut)).lines(1)[-100:] == tail_of((1, whole)).lines(1)[-100:]


@given(st.lists(st.text("abc ", max_size=5), max_size=500))
def test_plain_lines_are_kept_as_they_are(lines):
    kept = tail_of((2, "".join(line + "\n" for line in lines).encode())).lines(2)
    assert kept[-MOST_LINES:] == lines[-MOST_LINES:]


def test_both_streams_are_told_in_the_order_in_which_they_came():
    tail = tail_of((1, b"one\ntw"), (2, b"two and a half\n"), (1, b"o\nthree"))
    assert tail.text() == "one\ntwo and a half\ntwo\nthree"


def test_what_it_printed_last_does_not_push_out_what_it_complained_of():
    tail = tail_of((2, b"Traceback\nValueError: x\n"), (1, b"row\n" * 10_000))
    assert tail.text().startswith("Traceback\nValueError: x\nrow\n")
    assert len(tail.text().splitlines()) == MOST_LINES


def test_a_progress_bar_and_colours_are_shown_as_a_terminal_would():
    tail = tail_of((2, b"  1%\r 50%\r100"), (2, b"%\n\x1b[1;31mfailed\x1b[0m\r\n"))
    assert tail.lines(2) == ["100%", "failed"]


def test_bytes_that_are_no_text_are_marked():
    assert tail_of((1, b"\xff\x00\xfe\n")).lines(1) == ["\ufffd\ufffd\ufffd"]


def test_much_output_takes_little_memory_and_makes_a_short_text():
    tracemalloc.start()
    tail = Tail()
    for _ in range(500):
        tail.feed(1, b"x" * 65_536)
        tail.feed(2, (b"y" * 60_000 + b"\n") * 2)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 4_000_000
    assert len(tail.text()) <= MOST_CHARACTERS
    assert tail.text().endswith("y" * 100)
