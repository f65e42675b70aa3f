"""A history of runs like those of a real house, of which it is known what truly happened in it."""
