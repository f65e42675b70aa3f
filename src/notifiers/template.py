"""A channel's own wording: ``template: {title, text}`` in Jinja2, tried out before it is in force, always harmless.

It cannot reach anything but the message, and what it costs is bounded by its size: no variable is set, so nothing grows
from turn to turn; loops are two deep at most and over few items; every filter's result is cut.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, fields, replace
from functools import cache, lru_cache, wraps
from itertools import islice
from typing import Any

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from notifiers.message import AlertPart, Message
from notifiers.sample import REASONS, sample
from notifiers.wording import plain_block, plain_line

LINKS = ("run", "trace", "source", "alert", "group", "acknowledge", "silence", "overview")
_MOST_SOURCE = 10_000
_MOST_TITLE = 300
_MOST_TEXT = 10_000
_MOST_ITEMS = 100
_TURNS = (_MOST_ITEMS, 10)  # of a loop, and of one inside it
_MOST_WORK = 50_000  # nodes, each as often as it may have its turn
_FILE = "<template>"
_NODES = frozenset({
    "Template", "Output", "TemplateData", "Name", "Const", "Tuple", "List", "Dict", "Pair", "Keyword",
    "Getattr", "Getitem", "Slice", "Filter", "Test", "Compare", "Operand", "And", "Or", "Not", "Neg", "Pos",
    "Add", "Sub", "Mul", "Div", "FloorDiv", "Mod", "Concat", "CondExpr", "If", "For", "Call",
})  # fmt: skip
_FILTERS = (
    "abs", "capitalize", "count", "d", "default", "dictsort", "e", "escape", "first", "float", "groupby", "int",
    "items", "join", "last", "length", "list", "lower", "map", "max", "min", "reject", "rejectattr", "reverse",
    "select", "selectattr", "sort", "string", "striptags", "sum", "title", "tojson", "trim", "truncate", "unique",
    "upper", "urlencode", "wordcount",
)  # fmt: skip
_METHODS = frozenset({"get", "items", "keys", "values"})


class BadTemplate(ValueError):
    """The message says the line and what is wrong there."""


class Template(BaseModel):
    """``title`` and ``text``, one of them or both; what is left out is said as ever."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    title: str = ""
    text: str = ""

    @field_validator("title", "text")
    @classmethod
    def _right(cls, value: str) -> str:
        if value:
            try_out(value)
        return value

    @model_validator(mode="after")
    def _some(self) -> "Template":
        if not self.title and not self.text:
            raise ValueError("says nothing; write title, text or both")
        return self


def try_out(source: str) -> None:
    """Raises BadTemplate unless it renders for a message of every reason."""
    for reason in REASONS:
        message = sample(reason)
        if message.alerts:
            try:
                render(source, message, _MOST_TEXT)
            except BadTemplate as bad:
                raise BadTemplate(f"{bad} (tried with a message of reason {reason})") from None


def applied(template: Template, message: Message) -> Message:
    """With the template's title and text. Raises BadTemplate."""
    title = plain_line(render(template.title, message, _MOST_TITLE), _MOST_TITLE) if template.title else ""
    text = plain_block(render(template.text, message, _MOST_TEXT), _MOST_TEXT) if template.text else ""
    return replace(message, title=title or message.title, text=text or message.text, plain=True)


def render(source: str, message: Message, most: int) -> str:
    from jinja2 import TemplateError

    try:
        return _first(_compiled(source).generate(context(message)), most)
    except BadTemplate:
        raise
    except TemplateError as error:
        raise BadTemplate(_said(_line(error), error.message or type(error).__name__)) from None
    except Exception as error:  # noqa: BLE001 - whatever it does, it is the template's fault and told as such
        raise BadTemplate(_said(_line(error), f"{type(error).__name__}: {error}")) from None


def context(message: Message) -> dict[str, Any]:
    """What a template may name: plain values only. Every link is there, "" where the message has none."""
    alerts = [_of_alert(part) for part in message.alerts[:_MOST_ITEMS]]
    told = {each.name: getattr(message, each.name) for each in fields(message) if each.name not in ("alerts", "plain")}
    return {
        **told,
        "hours": list(message.hours),
        "links": _links(message.links),
        "alerts": alerts,
        "alert": alerts[0] if alerts else {},
        "number": len(message.alerts),
    }


def _of_alert(part: AlertPart) -> dict[str, Any]:
    found = asdict(part)
    del found["wire"]
    return {**found, "evidence": dict(part.evidence), "runs": list(found["runs"]), "links": _links(part.links)}


def _links(links: Mapping[str, str]) -> dict[str, str]:
    return {**dict.fromkeys(LINKS, ""), **links}


def _first(pieces: Iterable[str], most: int) -> str:
    """No more is rendered than is used."""
    found: list[str] = []
    left = most + 1
    for piece in pieces:
        found.append(piece[:left])
        left -= len(found[-1])
        if left <= 0:
            break
    return "".join(found)


@cache
def _environment() -> Any:
    from jinja2 import StrictUndefined  # slow: only where a channel has a template
    from jinja2.exceptions import SecurityError
    from jinja2.filters import FILTERS
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Environment(ImmutableSandboxedEnvironment):
        intercepted_binops = frozenset({"*", "%"})

        def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
            if not isinstance(left, int | float) or not isinstance(right, int | float):
                raise SecurityError(f"only numbers can stand beside {operator}")
            return super().call_binop(context, operator, left, right)

    found = Environment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=False)
    found.filters = {name: _cut(FILTERS[name]) for name in _FILTERS}
    found.filters.update(join=_join, few=_few)
    found.globals = {"range": range}
    return found


def _cut(filter_: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(filter_)
    def cut(*given: Any, **named: Any) -> Any:
        found = filter_(*given, **named)
        if isinstance(found, str):
            return found[:_MOST_TEXT]
        return found if isinstance(found, int | float | dict) or found is None else _bounded(found)

    return cut


def _bounded(found: Any) -> Any:
    return found[:_MOST_TEXT] if isinstance(found, list | tuple) else found


def _join(values: Iterable[Any], d: str = "", attribute: str | None = None) -> str:
    """Jinja2's own would build all of it first."""
    each = (str(value[attribute] if attribute else value) for value in values)
    return _first((piece for number, value in enumerate(each) for piece in (d if number else "", value)), _MOST_TEXT)


def _few(values: Iterable[Any], most: int) -> list[Any]:
    return list(islice(values, most))


@lru_cache(maxsize=100)
def _compiled(source: str) -> Any:
    from jinja2 import meta, nodes

    if len(source) > _MOST_SOURCE:
        raise BadTemplate(f"is longer than {_MOST_SOURCE:,} characters")
    environment = _environment()
    tree = environment.parse(source)
    if _work(tree) > _MOST_WORK:
        raise BadTemplate("is too much work; put less into its loops")
    known = set(context(sample()))
    unknown = meta.find_undeclared_variables(tree) - known - {"range"}
    for name in tree.find_all(nodes.Name):
        if name.name in unknown:
            raise BadTemplate(_said(name.lineno, f"there is no {name.name}; there are {', '.join(sorted(known))}"))
    code = environment.compile(tree, filename=_FILE)
    return environment.template_class.from_code(environment, code, environment.globals)


def _work(node: Any, turns: int = 1, loops: int = 0) -> int:
    """What it may cost. Raises BadTemplate where there is more in it than looking at the message."""
    kind = type(node).__name__
    if kind not in _NODES or getattr(node, "recursive", False):
        raise BadTemplate(_said(node.lineno, f"{kind.lower()} is not allowed in a template"))
    if kind == "Call" and not _may_call(node.node):
        callable_ = ", ".join(f".{name}()" for name in sorted(_METHODS))
        raise BadTemplate(_said(node.lineno, f"only range() and {callable_} can be called; use filters"))
    children = list(node.iter_child_nodes())
    if kind == "For":
        turns, loops = turns * _bound(node, loops), loops + 1
    return turns + sum(_work(child, turns, loops) for child in children)


def _bound(loop: Any, loops: int) -> int:
    """Let it go over few items, and say over how many."""
    from jinja2 import nodes

    if loops == len(_TURNS):
        raise BadTemplate(_said(loop.lineno, "loops stand in each other too deep; use two at most"))
    most = nodes.Const(_TURNS[loops], lineno=loop.lineno)
    loop.iter = nodes.Filter(loop.iter, "few", [most], [], None, None, lineno=loop.lineno)
    return _TURNS[loops]


def _may_call(called: Any) -> bool:
    kind = type(called).__name__
    return (kind == "Name" and called.name == "range") or (kind == "Getattr" and called.attr in _METHODS)


def _line(error: BaseException) -> int | None:
    """Jinja2 puts the template's own lines into the traceback."""
    line: int | None = getattr(error, "lineno", None)
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == _FILE:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _said(line: int | None, what: str) -> str:
    return plain_line(f"line {line}: {what}" if line else what, 300)
