"""Are durations in bins within what they promise?"""

import pytest

from reports.sketch import bin_value, duration_bin


@pytest.mark.parametrize("duration", [2, 999, 10**6, 37 * 10**6, 86_400 * 10**6])
def test_a_bin_stands_for_its_durations_within_one_per_cent(duration):
    assert bin_value(duration_bin(duration)) == pytest.approx(duration, rel=0.0101)
