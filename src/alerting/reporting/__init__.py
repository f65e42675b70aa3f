"""From the store to a report. The report's own packages are large: they are imported when one is asked for."""
