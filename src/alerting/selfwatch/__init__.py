"""Tocsin's look at itself: what is ill, whom that is told beside worker and outbox, and the ping that says it lives."""
