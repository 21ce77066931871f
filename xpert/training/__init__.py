"""From a recipe to a bundle: rows, folds, network, skill."""
