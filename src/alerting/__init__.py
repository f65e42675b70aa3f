"""alerting receives and remembers: ingest, storage, consumer, dispatcher, pages and command line."""
