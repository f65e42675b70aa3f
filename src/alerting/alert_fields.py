"""What do matchers see of an alert? Its rule and severity, and its latest failure; pure."""

from rules.state import AlertState, Example


def alert_fields(state: AlertState) -> dict[str, str]:
    """Of ``rules.matchers.FIELDS`` those that an alert remembers; one that is absent counts as empty."""
    example = state.examples[0] if state.examples else Example()
    return {
        "workflow": example.workflow,
        "engine": example.engine,
        "environment": example.environment,
        "version": example.version,
        "run_id": example.run_id,
        "step": example.step,
        "outcome": example.outcome,
        "url": example.url,
        "severity": state.severity.value,
        "rule": state.rule,
        "error.type": example.error_type,
        "error.message": example.error_message,
    }
