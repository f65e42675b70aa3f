"""What does every request handler need? One object, made by the wiring, found at ``request.app.state.context``."""

from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.requests import Request

from alerting.clock import Clock
from alerting.ingest.spans import SpanRecord
from alerting.storage.database import Store


@dataclass(slots=True)
class ApiContext:
    """``spans_of_run`` gives the scrubbed spans of a run id, oldest first, as far as they are still kept.

    ``act`` puts a person's action (``acknowledge`` or ``resolve``, alert id, who) into the inbox and gives its id."""

    store: Store
    clock: Clock
    public_url: str
    spans_of_run: Callable[[str], list[SpanRecord]]
    channels: Callable[[], list[dict[str, object]]] = field(default=list)
    rules: Callable[[], list[dict[str, object]]] = field(default=list)


def context_of(request: Request) -> ApiContext:
    context: ApiContext = request.app.state.context
    return context
