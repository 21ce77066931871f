"""Baselines as the published reference fits them, so that its numbers can be checked; nothing ships with them."""
