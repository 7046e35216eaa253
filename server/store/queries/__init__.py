"""What is read from and written to the tables besides the projection of events, by subject."""
