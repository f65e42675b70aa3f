"""What happened inside a run, and what did a good one do otherwise?"""
