"""Is this text a configuration? Everything that is wrong with it, in one go."""

from collections.abc import Mapping

from pydantic import ValidationError

from alerting.configuration.inconsistencies import inconsistencies
from alerting.configuration.mistakes import of_errors
from alerting.configuration.model import Configuration, File, of_file
from alerting.configuration.overlay import MARKER, NOTHING, Overlay, split
from alerting.configuration.positions import Placed
from alerting.configuration.problems import Clash, Invalid, Problem
from alerting.configuration.secrets import secret_problems
from alerting.configuration.together import read_together


def load(text: str, file: str = "tocsin.yaml") -> Configuration:
    """Of the file's text, and what was made beside it where that follows. Raises Invalid. Channels are checked as far
    as they can be without the environment."""
    own, made = split(text)
    return load_placed(read_together(own, file, made), text, made)


def load_placed(placed: Placed, text: str, made: Overlay = NOTHING) -> Configuration:
    """``placed`` may be a part of another file. Raises Invalid."""
    configuration, problems = _read(placed, text, made)
    if problems or configuration is None:
        raise Invalid(problems)
    return configuration


def check(text: str, file: str, environ: Mapping[str, str], made: Overlay = NOTHING) -> list[Problem]:
    """Everything that ``load`` finds in a file's text together with what was ``made``, and channels with the
    environment's secrets filled in. Raises Clash."""
    if MARKER in text:
        line = text.partition(MARKER)[0].count("\n") + 2
        return [Problem(file, line, 1, "", f"the line {MARKER.strip()!r} is Tocsin's own; leave it out")]
    try:
        placed = read_together(text, file, made)
    except Clash:
        raise
    except Invalid as invalid:
        return invalid.problems
    _, problems = _read(placed, text, made)
    return sorted({*problems, *secret_problems(placed, environ)})


def _read(placed: Placed, text: str, made: Overlay) -> tuple[Configuration | None, list[Problem]]:
    problems = [*placed.problems, *inconsistencies(placed)]
    try:
        file = File.model_validate(placed.value)
    except ValidationError as error:
        problems.extend(of_errors(placed, error.errors(include_url=False)))
        return None, sorted(set(problems))
    return (None if problems else of_file(file, text, made)), sorted(set(problems))
