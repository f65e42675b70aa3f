"""May everything that is promised be written under ``condition``, and does every mistake name its place and remedy?"""

import pytest
from pydantic import ValidationError

from rules.condition_config import KINDS, AllCondition, CountCondition, model_of, reach
from rules.condition_models import RateCondition
from rules.conditions import build
from rules.config import Rule
from rules.instants import DAY, HOUR, MINUTE

PROMISED = [
    "each",
    {"count": 3, "within": "10m"},
    {"rate": 0.2, "within": "1h", "min_runs": 20, "min_failures": 3, "confidence": 0.95},
    {"consecutive": 3},
    {"new": "error_group"},
    {"regressed": True},
    {"spike": {"ratio": 3, "within": "1h", "min_count": 5}},
    {"missed": {"cron": "0 9 * * *", "timezone": "Europe/Vienna", "grace": "10m"}},
    {"missed": {"interval": "1h"}},
    {"running_longer": "30m"},
    {"running_longer": {"factor": 3}},
    {"stuck": "10m"},
    {"stuck": {"quiet": "10m", "attempts": 5}},
    {"burn_rate": {"slo": 0.99}},
    {"burn_rate": {"slo": 0.9, "pairs": [{"long": "1h", "short": "5m", "factor": 5}], "min_events": 1}},
    {"all": [{"count": 3, "within": "10m"}, {"rate": 0.5, "within": "1h"}], "within": "10m"},
    {"any": ["each", {"all": ["each", {"consecutive": 2}], "within": "1m"}]},
]


def condition(value):
    return Rule.model_validate({"name": "r", "condition": value}).condition


def problems(value):
    with pytest.raises(ValidationError) as failed:
        condition(value)
    return [(each["loc"], each["msg"].removeprefix("Value error, ")) for each in failed.value.errors()]


@pytest.mark.parametrize("value", PROMISED, ids=str)
def test_everything_promised_may_be_written_and_is_built(value):
    built = build(condition(value))
    assert built.wants
    assert built.told_within > 0


def test_every_kind_is_among_the_promised():
    written = {key for value in PROMISED if isinstance(value, dict) for key in value}
    assert set(KINDS) <= written


@pytest.mark.parametrize(
    ("value", "place", "says"),
    [
        ("eech", (), "did you mean each?"),
        (5, (), "must be each, or a mapping"),
        ({"raet": 0.2, "within": "1h"}, ("raet",), "did you mean rate?"),
        ({"within": "1h"}, (), "names no kind of condition"),
        ({"count": 2, "rate": 0.2, "within": "1h"}, (), "names count and rate; keep one"),
        ({"count": 2, "within": "1x"}, ("within",), "'1x' is not a duration"),
        ({"count": 2, "within": "0s"}, ("within",), "must be from 1s to 400d"),
        ({"count": 2, "within": "1h", "witin": 1}, ("witin",), "not permitted"),
        ({"all": ["each", {"count": 2, "within": "q"}], "within": "1h"}, ("all", 1, "within"), "not a duration"),
        ({"all": ["each"], "within": "1h"}, (), "needs from 2 to 20 parts"),
        ({"any": ["each", {"any": ["each", {"any": ["each", "each"]}]}]}, (), "not deeper"),
        ({"running_longer": 30}, ("running_longer",), "a duration such as 30m, or {factor: 3}"),
        ({"running_longer": "30"}, ("running_longer",), "'30' is not a duration"),
        ({"running_longer": {"after": "1m", "factor": 3}}, ("running_longer",), "say either"),
        ({"stuck": {}}, ("stuck",), "say quiet: 10m, attempts: 5 or both"),
        ({"missed": {}}, ("missed",), "say either cron"),
        ({"missed": {"cron": "61 * * * *"}}, ("missed", "cron"), "'61 * * * *'"),
        ({"missed": {"cron": "* * * * *", "timezone": "Mars"}}, ("missed", "timezone"), "'Mars'"),
        ({"missed": {"interval": "1h", "early": "1m"}}, ("missed",), "go with cron"),
        ({"spike": {"within": "1m"}}, ("spike", "within"), "must be from 5m to 1d"),
        ({"rate": 2, "within": "1h"}, ("rate",), "less than or equal to 1"),
    ],
)
def test_a_mistake_is_one_problem_at_its_own_place(value, place, says):
    [(found, message)] = problems(value)
    assert found == ("condition", *place)
    assert says in message


@pytest.mark.parametrize(
    ("pair", "says"),
    [
        ({"long": "5m", "short": "1h", "factor": 2}, "short must be shorter than long"),
        ({"long": "1h", "short": "5m", "factor": 14}, "lower the factor"),
    ],
)
def test_a_pair_that_can_never_burn_is_refused(pair, says):
    [(_, message)] = problems({"burn_rate": {"slo": 0.5, "pairs": [pair]}})
    assert says in message


@pytest.mark.parametrize(
    ("value", "longest"),
    [
        ("each", 0),
        ({"count": 3, "within": "10m"}, 10 * MINUTE),
        ({"spike": {}}, 28 * DAY + HOUR),
        ({"burn_rate": {"slo": 0.99}}, 3 * DAY),
        ({"all": ["each", {"rate": 0.5, "within": "1h"}], "within": "10m"}, HOUR),
        ({"any": ["each", {"stuck": "10m"}]}, 10 * MINUTE),
    ],
)
def test_it_is_known_how_far_back_a_condition_looks(value, longest):
    assert reach(condition(value)) == longest


def test_the_keys_that_may_stand_in_a_condition_can_be_named():
    assert model_of({"rate": 0.2, "witin": "1h"}) is RateCondition
    assert model_of({"within": "1h"}) is None
    assert model_of({"count": 1, "rate": 1}) is None
    assert model_of("each") is None


def test_parts_are_models_of_their_own():
    parsed = condition({"all": ["each", {"count": 2, "within": "1h"}], "within": "1h"})
    assert isinstance(parsed, AllCondition)
    assert parsed.all_ == ("each", CountCondition(count=2, within="1h"))
