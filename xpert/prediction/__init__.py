"""From a model and control cells to predicted expression, with what stands behind it."""
