"""From bytes to facts: pure, one adapter for each engine."""
