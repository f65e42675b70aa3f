"""A day of small workflows, made up and then really sent, and what was before it: what a newcomer sees first."""
