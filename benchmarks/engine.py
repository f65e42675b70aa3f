"""What do rules for other workflows cost a failure? Best of several rounds; prints failures per second and the ratio.

.venv/bin/python benchmarks/engine.py
"""

import time
from collections.abc import Iterable

from rules.config import Policy, Rule
from rules.fingerprint import fingerprint
from rules.inputs import Failed
from rules.model import ErrorInfo, Run
from rules.player import Playback
from rules.ruleset import Ruleset
from rules.state import Slice
from rules.vocabulary import Outcome, Severity

START = 1_795_500_000_000_000
FAILURES, CAUSES, ROUNDS = 10_000, 5, 5
FEW, MANY = 10, 10_000


def failures() -> list[Failed]:
    """Five workflows with a cause each, one failure a millisecond."""
    found = []
    prints = [fingerprint(f"w{cause}", "", ErrorInfo("Boom", f"m{cause}")) for cause in range(CAUSES)]
    for number in range(FAILURES):
        cause, name = number % CAUSES, f"r{number}"
        error = ErrorInfo("Boom", f"m{cause}")
        run = Run(name, "event", f"w{cause}", name, Outcome.FAILED, error=error)
        found.append(Failed(run, prints[cause], Severity.HIGH, f"o{number}", START + number * 1_000))
    return found


def ruleset(others: Iterable[Rule]) -> Ruleset:
    return Ruleset([*others, Rule(name="any")], policies={"default": Policy(channels=("ops",))})


def seconds(rules: Ruleset, items: list[Failed]) -> float:
    playback = Playback(rules, Slice(), lambda *_: None)
    began = time.perf_counter()
    for item in items:
        playback.take(item, item.occurred_at)
    return time.perf_counter() - began


def main() -> None:
    items = failures()
    for form, pattern in (("literal", "other{}"), ("glob", "other{}-*")):
        few, many = (
            ruleset(Rule(name=f"r{n}", match={"workflow": pattern.format(n)}) for n in range(count))
            for count in (FEW, MANY)
        )
        rounds = [(seconds(few, items), seconds(many, items)) for _ in range(ROUNDS)]
        least_few, least_many = (min(times) for times in zip(*rounds, strict=True))
        told = f"{FAILURES / least_few:,.0f} failures/s with {FEW} rules, {FAILURES / least_many:,.0f} with {MANY:,}"
        print(f"{form} workflows: {told}: {least_many / least_few:.2f} times")


if __name__ == "__main__":
    main()
