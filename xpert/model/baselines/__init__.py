"""Simple models that every network has to beat, each a frozen predictor; see `registry`."""
