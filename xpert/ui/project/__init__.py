"""A session as a file that reopens to the same state."""
