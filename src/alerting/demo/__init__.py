"""A day of small workflows, made up and then really sent: what a newcomer sees first."""
