"""What does one trace say, and what do two of them say beside each other? Spans in, answers out; pure, no frames."""
