"""`xpert predict`."""
