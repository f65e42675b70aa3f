"""Is this text a configuration? Everything that is wrong with it, in one go."""

from collections.abc import Iterator, Mapping

from pydantic import ValidationError

from alerting.configuration import later
from alerting.configuration.inconsistencies import inconsistencies
from alerting.configuration.mistakes import of_errors
from alerting.configuration.model import Configuration, File, of_file
from alerting.configuration.positions import Placed, read
from alerting.configuration.problems import Invalid, Problem
from alerting.configuration.secrets import secret_problems


def load(text: str, file: str = "tocsin.yaml") -> Configuration:
    """Raises Invalid. Channels are checked as far as they can be without the environment."""
    return load_placed(read(text, file), text)


def load_placed(placed: Placed, text: str) -> Configuration:
    """``placed`` may be a part of another file. Raises Invalid."""
    configuration, problems = _read(placed, text)
    if problems or configuration is None:
        raise Invalid(problems)
    return configuration


def check(text: str, file: str, environ: Mapping[str, str]) -> list[Problem]:
    """Everything that ``load`` finds, and channels with the environment's secrets filled in."""
    try:
        placed = read(text, file)
    except Invalid as invalid:
        return invalid.problems
    _, problems = _read(placed, text)
    return sorted({*problems, *secret_problems(placed, environ)})


def _read(placed: Placed, text: str) -> tuple[Configuration | None, list[Problem]]:
    problems = [*placed.problems, *_not_yet(placed), *inconsistencies(placed)]
    value = {key: each for key, each in placed.value.items() if key not in later.TOP}
    try:
        file = File.model_validate(value)
    except ValidationError as error:
        problems.extend(of_errors(placed, error.errors(include_url=False)))
        return None, sorted(set(problems))
    return (None if problems else of_file(file, text)), sorted(set(problems))


def _not_yet(placed: Placed) -> Iterator[Problem]:
    for key in later.planned(placed.value):
        yield placed.problem((key,), "is not available in this version; leave it out")
