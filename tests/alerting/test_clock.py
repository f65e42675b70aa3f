"""Does the demo's clock start a day ago, run fast, and never again once it has caught up? Does the system's go back?"""

import pytest

from alerting.clock import CatchUpClock, ManualClock, SystemClock, parse_clock
from rules.instants import DAY, HOUR, SECOND


def test_it_lies_behind_until_it_is_started_and_then_catches_up(tmp_path):
    clock = CatchUpClock(tmp_path / "started", DAY, 10**9)
    assert clock.machine_now() - clock.now() == pytest.approx(DAY, abs=SECOND)
    clock.start()
    moments = [clock.now() for _ in range(2_000)]
    assert moments == sorted(moments)
    assert clock.machine_now() - clock.now() == pytest.approx(0, abs=SECOND)


def test_two_that_are_given_the_same_agree(tmp_path):
    first, second = (parse_clock(f"catchup:{tmp_path}/a:b:{DAY}:2") for _ in range(2))
    first.start()
    assert second.now() - first.now() == pytest.approx(0, abs=SECOND)
    assert second.real_seconds_until(second.now() + HOUR) == pytest.approx(1800, abs=1)


def test_without_a_word_it_is_the_system_s():
    assert isinstance(parse_clock(""), SystemClock)
    assert SystemClock().real_seconds_until(0) == 0


def test_the_system_s_goes_on_from_what_was_given_out_at_half_the_speed_until_it_is_caught_up():
    clock = SystemClock()
    clock.not_before(clock.machine_now() + SECOND // 10)
    began, first, last = clock.machine_now(), clock.now(), 0
    while clock.machine_now() - began < SECOND // 20:
        assert clock.now() >= last
        last = clock.now()
    assert last - first == pytest.approx(SECOND // 40, abs=SECOND // 100)
    while clock.machine_now() - began < SECOND // 4:
        continue
    assert clock.now() == pytest.approx(clock.machine_now(), abs=SECOND // 100)
    clock.not_before(began)
    assert clock.now() == pytest.approx(clock.machine_now(), abs=SECOND // 100)


@pytest.mark.parametrize("text", ["nonsense", "catchup:1:2", "catchup:f:x:y"])
def test_nonsense_is_refused_with_the_remedy(text):
    with pytest.raises(ValueError, match="unset it"):
        parse_clock(text)


def test_hands_that_are_turned_never_go_back():
    clock = ManualClock(10)
    clock.set(5)
    clock.sleep(SECOND)
    assert clock.now() == 10 + SECOND
    assert clock.real_seconds_until(10 + 3 * SECOND) == 2
