"""`xpert models`."""
