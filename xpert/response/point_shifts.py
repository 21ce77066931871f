"""The response of every point of a Perturbverse: what its map is coloured by and its groups are described with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from xpert.data.responses import Condition
from xpert.perturbation import Treatment

if TYPE_CHECKING:
    from xpert.data.responses import Floats
    from xpert.model.bundle import Bundle


def point_shifts(bundle: Bundle, context: str = "") -> Floats:
    """Shift of every gene by every treatment of the map, as the model gives it, shape ``(points, genes)``.

    For a measured condition the model's answer is the measurement, shrunk by how well it repeats.

    Parameters
    ----------
    bundle
        The model.
    context
        One of its contexts, whether or not a treatment was measured there; empty for the mean over the contexts in
        which each treatment was measured.
    """
    names = [str(name) for name in bundle.perturbverse["treatment"]]
    if context:
        wanted = [Condition(context, Treatment.parse(name)) for name in names]
        return bundle.mean_shift(wanted, bundle.contexts)
    place = {name: row for row, name in enumerate(names)}
    measured = [c for c in bundle.training.conditions if str(c.treatment.active) in place]
    rows = np.array([place[str(c.treatment.active)] for c in measured], dtype=np.intp)
    total = np.zeros((len(names), len(bundle.genes)), dtype=np.float32)
    np.add.at(total, rows, bundle.mean_shift(measured, bundle.contexts))
    count = np.bincount(rows, minlength=len(names))[:, None]
    return np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)
