"""storage remembers: the inbox, and what the worker made of it."""
