"""ingest receives: bodies come in here, facts about runs come out."""
