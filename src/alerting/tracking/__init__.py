"""Which facts belong to one run, and what do they say of it together? Facts in, run records out; pure."""
