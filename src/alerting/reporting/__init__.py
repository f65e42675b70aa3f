"""From the store to a report. The report's own packages are large: they are imported when one is asked for."""

from alerting.reporting.asking import Wanted as Wanted
from alerting.reporting.asking import render as render
from alerting.reporting.reading import frames_from as frames_from
