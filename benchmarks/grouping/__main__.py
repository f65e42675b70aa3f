"""How well do fingerprints group failures? Twenty causes in six variants, each through DBOS, Celery and Node.

    make grouping

The shop under python/ and node/ is installed six times, as six releases, and runs twenty jobs that fail in each; what
the engines' own OpenTelemetry SDKs send is folded into runs as the service does. The true cause travels in the run id
alone. Needs Redis and PostgreSQL on this machine, and Node. Prints the share of pairs of different causes that fell
into one group and of pairs of one cause that fell into two, beside three simpler ways to group, and then every mistake.
``--seed`` makes other data, ``--engine`` runs one engine only.
"""

import argparse

from benchmarks.grouping.collect import ENGINES, failures
from benchmarks.grouping.judge import GROUPINGS, Score, mistakes, score
from benchmarks.grouping.world import world

from alerting.tracking.record import RunRecord


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seed", default="1")
    options.add_argument("--engine", choices=ENGINES, action="append")
    given = options.parse_args()
    with world() as made:
        runs = {engine: failures(engine, made, given.seed) for engine in given.engine or ENGINES}
    tell(runs)


def tell(runs: dict[str, list[RunRecord]]) -> None:
    print("| grouped by |", " | ".join([*runs, "all", "all, of one workflow and step"]), "|")
    print("|---|" + "---|" * (len(runs) + 2))
    for name, grouping in GROUPINGS.items():
        total, cells = Score(), []
        for of_engine in runs.values():
            scored = score(of_engine, grouping)
            cells.append(_cell(scored, "merged"))
            total.add(scored)
        print(f"| {name} |", " | ".join([*cells, _cell(total, "merged"), _cell(total, "near")]), "|")
    for engine, of_engine in runs.items():
        print(f"\n{engine}:")
        for line in mistakes(of_engine):
            print(f"  {line}")


def _cell(scored: Score, kind: str) -> str:
    """Merged, and split where that is not told beside it already."""
    merged = f"{scored.share(kind):.2%} merged"
    return merged if kind == "near" else f"{merged}, {scored.share('split'):.1%} split"


if __name__ == "__main__":
    main()
