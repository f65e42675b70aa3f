"""``tocsin test``: do the rules say what their tests expect?"""

import argparse
from pathlib import Path

from alerting.cli.main import BAD, FINE, WRONG_USAGE, complain
from alerting.configuration import Invalid
from alerting.rehearsal.comparing import Outcome, play
from alerting.rehearsal.reading import read_tests
from alerting.rehearsal.showing import shown
from alerting.rehearsal.stage import Stage


def test(asked: argparse.Namespace) -> int:
    code, passed, failed = FINE, 0, 0
    for name in asked.files:
        try:
            outcomes = _played(Path(name))
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            return complain(f"{name} cannot be read: {why}; name another file", WRONG_USAGE)
        except Invalid as invalid:
            print(invalid)
            code = BAD
            continue
        print(name)
        for outcome in outcomes:
            print("\n".join(f"  {line}" for line in shown(outcome)))
            passed, failed = passed + outcome.passed, failed + (not outcome.passed)
    print(f"{passed} passed, {failed} failed")
    return BAD if failed else code


def _played(path: Path) -> list[Outcome]:
    configuration, tests = read_tests(path)
    return [play(each, Stage(configuration, each.test.start)) for each in tests]
