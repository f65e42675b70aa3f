"""When is it due, and when is it quiet? Schedules, digests and mute timings, on the clocks of time zones.

Pure: the moment is an argument, and the zone is named, so the machine's own clock and zone play no part.
"""
