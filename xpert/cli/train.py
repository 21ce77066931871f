"""`xpert train`."""
