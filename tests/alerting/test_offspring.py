"""How soon is a worker that ended followed by another?"""

from alerting.offspring import Pauses


def test_the_pause_grows_with_each_that_ends_soon_and_is_short_again_after_one_that_lived():
    pauses = Pauses()
    soon = [pauses.after(3) for _ in range(7)]
    assert soon == sorted(soon)
    assert soon[0] < 0.5
    assert soon[-2:] == [5, 5]
    assert pauses.after(60) == soon[0]
    assert pauses.after(59) == soon[1]
