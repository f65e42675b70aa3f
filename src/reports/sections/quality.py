"""How good are these numbers? What weakens which section."""

from reports.model import Section
from reports.sections.context import Context
from reports.wording import number


def build(context: Context) -> Section:
    notes = _notes(context)
    return Section(
        key="quality",
        heading="How good are these numbers?",
        finding=" ".join(notes) or "Nothing is known that weakens them.",
        data={"notes": notes, "open_runs": context.frames.open_runs, "lost": context.now.number("lost")},
    )


def _notes(context: Context) -> list[str]:
    notes = [
        "A run counts where it ended; shares are bad runs of all that ended well or badly, with Wilson's 95 % interval."
    ]
    if context.incomplete:
        notes.append(
            f"The last {context.period.width} was not over when this was made: it is marked, and never compared."
        )
    if context.frames.open_runs:
        notes.append(f"{number(context.frames.open_runs, 'run')} had not ended yet, and no number holds them.")
    if lost := context.now.number("lost"):
        notes.append(f"{number(lost, 'run')} fell silent and count as bad by the system's fault.")
    if not context.before.runs.n.sum():
        notes.append("Nothing is known of the period before: nothing is compared.")
    return notes
