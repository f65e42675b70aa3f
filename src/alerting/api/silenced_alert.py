"""Which silence hides what is like this alert, and nothing else? As the rule tells its alerts apart."""

from alerting.api.context import ApiContext
from rules.matchers import exactly
from rules.state import AlertState
from rules.suppression import alert_fields

_USUALLY = ("workflow", "error_group")
_MATCHED = {
    "workflow": ("workflow",),
    "engine": ("engine",),
    "environment": ("environment",),
    "version": ("version",),
    "step": ("step",),
    "error_type": ("error.type",),
    "error_group": ("step", "error.type"),
    "cause": ("error.type",),
    "severity": (),  # it may get worse
}


def match_of(context: ApiContext, state: AlertState) -> dict[str, str]:
    by = next((rule.by for rule in context.active().configuration.rules if rule.name == state.rule), _USUALLY)
    fields = alert_fields(state)
    names = ["rule", *(field for name in by for field in _MATCHED.get(name, (name,)))]
    return {name: exactly(fields[name]) for name in names if fields.get(name)}
