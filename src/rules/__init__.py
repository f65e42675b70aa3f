"""rules decide: what does this mean, and who should hear of it when?

Pure: no I/O, no clock, no randomness, no logging. Time comes in as an argument.
"""
