"""A small shop whose jobs fail for real: the causes lie in what it is given, not in what it is told to raise."""
