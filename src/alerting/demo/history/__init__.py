"""Runs like those of a real house, made up from a world of which everything that happens in it is known."""
