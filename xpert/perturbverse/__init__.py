"""The Perturbverse: one space of genes and compounds, its neighbours and its map."""
