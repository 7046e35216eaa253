"""The service: settings, wire messages, ingest dialects, session core, store, delivery, routes and the command line."""
