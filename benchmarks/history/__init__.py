"""Large histories, told in every way there is, of which it is known what a report should find."""
