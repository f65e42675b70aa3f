"""Which models are there of the configuration and of rule tests? The same whatever other tests have imported."""

from collections.abc import Iterator

import alerting.configuration.model  # noqa: F401 - brings the sections along
from alerting.rehearsal import model as rule_tests
from rules.sections import Section


def of_the_file() -> list[type[Section]]:
    return [each for each in _every(Section) if each.__module__ != rule_tests.__name__]


def of_rule_tests() -> list[type[Section]]:
    return [each for each in _every(Section) if each.__module__ == rule_tests.__name__]


def _every(model: type[Section]) -> Iterator[type[Section]]:
    for each in model.__subclasses__():
        yield each
        yield from _every(each)
