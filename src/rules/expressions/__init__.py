"""Does a run fulfil the condition that a user wrote in CEL, and if not, which part of it failed?

A slip in the text is found when it is compiled, with its place and the remedy. Everything of CEL stays in here.
"""

from rules.expressions.compiling import Expression as Expression
from rules.expressions.compiling import compile_expression as compile_expression
from rules.expressions.evaluating import Facts as Facts
from rules.expressions.evaluating import Verdict as Verdict
from rules.expressions.evaluating import facts_of as facts_of
from rules.expressions.language import FUNCTIONS as FUNCTIONS
from rules.expressions.language import NAMES as NAMES
from rules.expressions.refusing import BadExpression as BadExpression
