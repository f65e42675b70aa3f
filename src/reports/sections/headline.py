"""Is it worse than last period, and can I trust that?"""

from reports.model import Section, Table, Tile
from reports.sections.context import Context
from reports.statistics import Share, Verdict, benjamini_hochberg, detectable_rate, difference_p, newcombe, verdict
from reports.wording import number, percent, points, said

NONE = Share(0, 0)
_MOST = 30


def build(context: Context) -> Section:
    now, before = context.now.share(), context.before.share()
    overall = verdict(before, now, difference_p(before, now))
    judged = _judged(context)
    return Section(
        key="headline",
        heading="Is it worse than before, and can that be trusted?",
        finding=_finding(now, before, overall, judged),
        tiles=_tiles(context, now, before),
        tables=[_table(judged)],
        data={
            "runs": now.runs, "bad": now.bad, "rate": now.rate if now.runs else None, "interval": now.interval,
            "previous": {"runs": before.runs, "bad": before.bad, "rate": before.rate if before.runs else None},
            "verdict": overall.value, "workflows": [_plain(*each) for each in judged],
        },
    )  # fmt: skip


Judged = tuple[str, Share, Share, Verdict]


def _judged(context: Context) -> list[Judged]:
    """Every workflow with its two shares and the verdict, the worst first; false discoveries held to 5 %."""
    now, before = context.now.shares(), context.before.shares()
    names = sorted({*now, *before})
    pairs = [(before.get(name, NONE), now.get(name, NONE)) for name in names]
    qs = benjamini_hochberg([difference_p(*pair) for pair in pairs])
    judged = [(name, *pair, verdict(*pair, q)) for name, pair, q in zip(names, pairs, qs, strict=True)]
    return sorted(judged, key=lambda each: (-each[2].bad, each[0]))


def _finding(now: Share, before: Share, overall: Verdict, judged: list[Judged]) -> str:
    if not now.runs:
        return "No run ended in this period."
    parts = [f"{number(now.bad, 'run')} of {number(now.runs, 'run')} ended badly: {said(now)}."]
    parts.append(_compared(now, before, overall))
    for word in (Verdict.WORSE, Verdict.BETTER):
        names = [name for name, _, _, each in judged if each is word]
        if names:
            parts.append(f"{word.value.capitalize()}: {', '.join(names[:5])}{' and others' if len(names) > 5 else ''}.")
    smallest = detectable_rate(before, now.runs)
    if smallest == smallest:
        parts.append(f"The smallest rise this report could have seen is one to {percent(smallest)}.")
    return " ".join(parts)


def _compared(now: Share, before: Share, overall: Verdict) -> str:
    if overall is Verdict.TOO_FEW:
        return "There are too few runs to compare with the period before."
    change = points(*newcombe(before, now))
    return f"Against the period before ({said(before)}): {overall.value}, {change}."


def _tiles(context: Context, now: Share, before: Share) -> list[Tile]:
    return [
        Tile("Runs", f"{now.runs:,}".replace(",", " "), f"before {before.runs:,}".replace(",", " ")),
        Tile("Bad runs", f"{now.bad:,}".replace(",", " "), f"before {before.bad:,}".replace(",", " ")),
        Tile("Share of bad runs", said(now).split(" (")[0], _interval_note(now)),
        Tile("Missed", str(context.now.number("missed")), "not in the share"),
        Tile("Cancelled or skipped", str(context.now.number("cancelled", "skipped")), "not in the share"),
    ]


def _interval_note(share: Share) -> str:
    return "95 %: " + " to ".join(map(percent, share.interval)) if " (" in said(share) else "too few for a percentage"


def _table(judged: list[Judged]) -> Table:
    rows = [
        [name, now.runs, now.bad, said(now), said(before) if before.runs else "–", _change(before, now), word.value]
        for name, before, now, word in judged[:_MOST]
    ]
    columns = ["Workflow", "Runs", "Bad", "Share (95 %)", "Before", "Change (95 %)", "Verdict"]
    return Table("Workflows, most bad runs first", columns, rows)


def _change(before: Share, now: Share) -> str:
    return points(*newcombe(before, now)) if min(before.runs, now.runs) >= 20 else "–"


def _plain(name: str, before: Share, now: Share, word: Verdict) -> dict[str, object]:
    return {
        "workflow": name, "runs": now.runs, "bad": now.bad, "interval": now.interval,
        "previous_runs": before.runs, "previous_bad": before.bad, "verdict": word.value,
    }  # fmt: skip
