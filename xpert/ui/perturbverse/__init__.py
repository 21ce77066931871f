"""The Perturbverse page: a map of treatments, a map of the reader's cells, and what can be asked of a point or a group."""
