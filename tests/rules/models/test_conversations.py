"""Does the engine say, message by message, what somebody says who looks into a notebook every minute?"""

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.config import Policy, Resolve, Rule
from rules.fingerprint import fingerprint
from rules.identity import alert_key
from rules.inputs import Acted
from rules.instants import MINUTE
from rules.model import ErrorInfo
from rules.ruleset import Ruleset
from rules.vocabulary import Severity
from support.conversing import RANKS, House, Notebook
from support.fuzzing import examples
from support.plays import Play
from support.story import AT_ONCE, START

KINDS = ("Boom", "Bang", "Bust")
GROUPS = {fingerprint("pay", "", ErrorInfo(kind, "it broke")).group: kind for kind in KINDS}
ORDER = tuple(GROUPS[group] for group in sorted(GROUPS, key=lambda group: alert_key("any", ("pay", group))))
KIND, SEVERITY = st.sampled_from(KINDS), st.sampled_from(["medium", "high", "high", "critical"])
FAIL = st.tuples(st.just("fail"), KIND, SEVERITY)
PERSON = st.tuples(st.sampled_from(["resolve", "resolve", "acknowledge", "unacknowledge"]), KIND)
WAIT = st.tuples(st.just("wait"), st.sampled_from([1, 1, 2, 3, 9, 10, 14, 15, 16, 29, 30, 59, 60, 61, 479, 480, 1440]))
ACTS = st.lists(st.one_of(FAIL, FAIL, PERSON, WAIT, WAIT), min_size=2, max_size=40)
NAMES = tuple(severity.value for severity in Severity)


@st.composite
def agreements(draw) -> tuple[Policy, House]:
    """One policy, as the file says it and as the notebook has it."""
    wait, spacing = draw(st.sampled_from([0, 1, 3, 20])), draw(st.sampled_from([0, 2, 10, 60]))
    dedup = draw(st.sampled_from([1, 15, 60]))
    remind = draw(st.sampled_from([{}, {"critical": (30, 120)}, {"high": (60,), "critical": (10, 15, 480)}]))
    escalate = draw(st.sampled_from([(), (20,), (10, 60)]))
    ack = draw(st.sampled_from([30, 480]))
    house = House(dict.fromkeys(NAMES, wait), dict.fromkeys(NAMES, spacing), dedup, frozenset(), remind, escalate, ack)
    written = {
        "channels": ("ops",),
        "timing": AT_ONCE,
        "group_wait": f"{wait}m",
        "group_interval": f"{spacing}m",
        "dedup_window": f"{dedup}m",
        "remind": {severity: tuple(f"{each}m" for each in waits) for severity, waits in remind.items()},
        "escalate": [{"after": f"{after}m", "channels": ["ops"]} for after in escalate],
        "ack_timeout": f"{ack}m",
        "flapping": {"changes": 1_000},
        "storm": {"alerts": 1_000},
    }
    if draw(st.booleans()):
        house.hourly, house.wait, house.spacing = _by_severity(wait, spacing)
        written["timing"] = {"medium": "now"}
        written["group_wait"] = {"default": f"{wait}m"}
        written["group_interval"] = {"default": f"{spacing}m"}
    return Policy(**written), house


def _by_severity(wait: int, spacing: int) -> tuple[frozenset, dict[str, int], dict[str, int]]:
    waits = {"low": wait, "medium": wait, "high": 0, "critical": 0}
    return frozenset({"high"}), waits, {"low": spacing, "medium": spacing, "high": 60, "critical": 0}


def play_both(play: Play, notebook: Notebook, act: str, *said) -> None:
    if act == "wait":
        play.wait(said[0] * MINUTE)
        notebook.wait(said[0])
    elif act == "fail":
        play.fail(kind=said[0], severity=Severity(said[1]))
        notebook.fail(*said)
    elif pages := notebook.pages.get(said[0]):
        [key] = [state.key for state in play.states.values() if GROUPS[state.values[1]] == said[0]]
        play.put(Acted(act, key, "ann"))
        {"resolve": notebook.end}.get(act, getattr(notebook, act, None))(pages[-1])


def messages(play: Play) -> list:
    began = {state.alert_id: (state.first_at - START) // MINUTE for state in play.episodes.values()}
    kinds = {state.alert_id: GROUPS[state.values[1]] for state in play.episodes.values()}
    found = []
    for at, m in play.messages:
        said = [(kinds[a.alert_id], began[a.alert_id], a.reason.value, a.since_last) for a in m.about]
        found.append(((at - START) // MINUTE, sorted(said)))
    return found


@settings(max_examples=examples(250), deadline=None)
@given(ACTS, agreements())
def test_every_message_is_the_one_of_the_notebook_at_the_same_minute(acts, agreed):
    policy, house = agreed
    rule = Rule(name="any", resolve=Resolve(on_success=1))
    play, notebook = Play(Ruleset([rule], policies={"default": policy})), Notebook(house, ORDER)
    for act in [*acts, ("wait", 61)]:
        play_both(play, notebook, *act)
    assert sorted(messages(play)) == sorted(notebook.messages)
    assert all(RANKS[message.severity.value] for _, message in play.messages)
