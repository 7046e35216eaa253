"""The tables of the first revision, by subject, as they were then: never changed afterwards."""
