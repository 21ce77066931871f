"""`xpert check`."""
