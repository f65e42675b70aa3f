"""Messages owed → channels: at least once, in order per conversation, never held up by another channel."""
