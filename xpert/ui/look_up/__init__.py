"""The Look up page."""
