"""What does a person see? Server-rendered pages that work without scripts."""
