"""The HTTP side: ingest doors, the reading API, health and metrics."""
