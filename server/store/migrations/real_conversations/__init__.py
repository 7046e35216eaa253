"""The second schema, by subject."""
