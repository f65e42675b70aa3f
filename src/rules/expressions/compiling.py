"""Is the text that a user wrote a condition at all? If so, it can be asked of any number of runs."""

from functools import cached_property

from rules.expressions.checking import check_answer, check_text, check_tokens
from rules.expressions.evaluating import Facts, Verdict, evaluate
from rules.expressions.language import Program, kind_of, program_of
from rules.expressions.reading import split
from rules.expressions.refusing import refusal


class Expression:
    """A condition that compiled."""

    def __init__(self, text: str, program: Program) -> None:
        self.text = text
        self._program = program

    def evaluate(self, facts: Facts) -> Verdict:
        return evaluate(self._program, facts)

    def parts(self, facts: Facts) -> list[tuple[str, str]]:
        """What stands between the outermost && and ||, each with ``true``, ``false`` or why there is no answer."""
        return [(text, _answer(evaluate(program, facts))) for text, program in self._parts]

    @cached_property
    def _parts(self) -> list[tuple[str, Program]]:
        texts = split(self.text)
        if len(texts) == 1:
            return [(texts[0], self._program)]
        return [(text, program_of(text)) for text in texts]


def compile_expression(text: str) -> Expression:
    """Raises BadExpression."""
    check_text(text)
    try:
        program = program_of(text)
    except RuntimeError as error:
        raise refusal(text, str(error)) from None
    check_answer(text, kind_of(program))
    check_tokens(text)
    return Expression(text, program)


def _answer(verdict: Verdict) -> str:
    return verdict.error or ("true" if verdict.matched else "false")
