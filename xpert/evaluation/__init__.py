"""Measured skill: tasks on public data with fixed splits, every model beside its baselines and the ceiling."""
