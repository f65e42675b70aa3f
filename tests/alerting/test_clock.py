"""Does the demo's clock start a day ago, run fast, and never again once it has caught up?"""

import pytest

from alerting.clock import CatchUpClock, ManualClock, SteadyClock, SystemClock, parse_clock
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


def test_what_was_reached_is_never_left_again_and_time_goes_on_from_there():
    ahead = SystemClock().now() + HOUR
    clock = SteadyClock(ahead)
    moments = [clock.now() for _ in range(2_000)]
    assert moments == sorted(moments)
    assert ahead < moments[-1] < ahead + SECOND
    assert clock.ahead == pytest.approx(HOUR, abs=SECOND)
    assert clock.real_seconds_until(clock.now() + 10 * SECOND) == pytest.approx(20, abs=0.1)


def test_where_nothing_was_set_back_it_is_the_machine_s():
    clock = SteadyClock(5)
    assert clock.now() == pytest.approx(SystemClock().now(), abs=SECOND)
    assert clock.ahead == 0
    assert clock.real_seconds_until(clock.now() + 10 * SECOND) == pytest.approx(10, abs=0.1)
