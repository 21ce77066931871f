"""Guarded reading: what is done so that a data file from anywhere can only ever be read, or refused."""
