"""Did it really fail? A run with this label is a drill: made to see whether word of it arrives, and never counted."""

from collections.abc import Mapping

LABEL = "tocsin.drill"


def is_drill(labels: Mapping[str, str]) -> bool:
    return labels.get(LABEL) == "true"
