"""Is trying again advised against only where it is sure not to help?"""

import pytest

from reports.statistics import wilson
from reports.statistics.retries import Advice, Retries, retry_yield


@pytest.mark.parametrize(
    ("attempts", "advice"),
    [
        ([(0, 19)], Advice.TOO_FEW),
        ([(50, 50)], Advice.KEEP),  # nothing is left to win
        ([(0, 60)], Advice.KEEP),  # Wilson's upper limit is 6 %
        ([(0, 80)], Advice.STOP),
        ([(0, 40), (0, 40)], Advice.STOP),
        ([(40, 80), (19, 19)], Advice.KEEP),  # too few to judge the last attempt by
        ([(40, 80), (12, 20)], Advice.MORE),
        ([(40, 80), (10, 30)], Advice.KEEP),
        ([(200, 300), (1, 100)], Advice.KEEP),
        ([], Advice.TOO_FEW),
    ],
)
def test_advice_keeps_to_the_limits_of_the_intervals(attempts, advice):
    assert retry_yield([Retries(*each) for each in attempts]).advice is advice


def test_a_yield_is_of_all_retries_and_of_the_last():
    found = retry_yield([Retries(40, 80), Retries(10, 40)])
    assert (found.all, found.last) == (Retries(50, 120), Retries(10, 40))
    assert found.all.interval == wilson(50, 120)
