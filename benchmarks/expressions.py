"""How long do a hundred rules with a condition in CEL take on one event?

The event has a stack and labels; what expressions see of it is made once, and its making counts:
``python benchmarks/expressions.py``. The goal is 0.5 ms.
"""

import argparse
import time

from rules.expressions import Facts, compile_expression, facts_of
from rules.model import ErrorInfo, Run
from rules.vocabulary import Outcome, Severity

RULES = 100
SHAPES = (
    'error.type != "CardDeclined" && attempt >= 2',
    'environment == "production" && severity in ["high", "critical"]',
    'workflow.startsWith("pay{n}") || workflow.endsWith("-{n}")',
    '"team" in labels && labels["team"] == "team-{n}"',
    'duration > duration("{n}s") && outcome == "timed_out"',
    'workflow.glob("*-{n}") && version != ""',
    'error.message.re("(?i)timeout.*ledger {n}")',
    'error.message.contains("ledger {n}") && max_attempts > 0 && attempt == max_attempts',
    'step in ["charge", "refund", "step-{n}"]',
    '!(engine == "dbos" && url == "") && run_id != "{n}"',
)
STACK = "Traceback (most recent call last):\n" + "".join(
    f'  File "/app/shop/part_{number}.py", line {number}, in step_{number}\n    call()\n' for number in range(12)
)
RUN = Run(
    id="1",
    engine="dbos",
    workflow="payments-7",
    run_id="0b5e7a",
    outcome=Outcome.TIMED_OUT,
    started_at=1_795_500_000_000_000,
    ended_at=1_795_500_031_000_000,
    error=ErrorInfo("Timeout", "gave up: timeout after 30 s while the ledger 7 was asked", STACK, "SocketError"),
    failing_step="charge",
    attempts=3,
    max_attempts=4,
    environment="production",
    version="2026.11.3",
    url="https://example.com/runs/0b5e7a",
    labels={"team": "team-3", "region": "eu", "tier": "gold", "customer": "4711"},
)


def facts() -> Facts:
    return facts_of(RUN, Severity.HIGH, 3)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=2_000)
    rounds = options.parse_args().rounds
    began = time.perf_counter()
    rules = [compile_expression(SHAPES[n % len(SHAPES)].replace("{n}", str(n))) for n in range(RULES)]
    compiled = time.perf_counter() - began
    made, asked = [], []
    for _ in range(rounds):
        began = time.perf_counter()
        seen = facts()
        between = time.perf_counter()
        verdicts = [rule.evaluate(seen) for rule in rules]
        made.append(between - began)
        asked.append(time.perf_counter() - began)
    assert not any(verdict.error for verdict in verdicts)
    asked.sort()
    print(f"{RULES} rules, {sum(verdict.matched for verdict in verdicts)} match; compiled in {compiled * 1e3:.0f} ms")
    print(f"an event: {asked[rounds // 2] * 1e3:.3f} ms in the middle, {asked[0] * 1e3:.3f} ms at best, "
          f"of which {sorted(made)[rounds // 2] * 1e3:.3f} ms once for what expressions see")  # fmt: skip


if __name__ == "__main__":
    main()
