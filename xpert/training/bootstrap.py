"""Intervals of a mean over conditions, by drawing treatments anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xpert.data.responses import Floats

DRAWS = 2000
LEVEL = 0.9


def interval(
    values: Floats, clusters: Sequence[Any], *, level: float = LEVEL, seed: int = 0
) -> tuple[float, float]:
    """Percentile bootstrap interval of the mean of `values`.

    Conditions of one treatment are drawn together, since they are not independent of each other.

    Parameters
    ----------
    values
        One per condition, NaN where it could not be scored, shape ``(conditions,)``.
    clusters
        What each condition is drawn with.
    level
        Probability mass between the two ends.
    seed
        Of the draws.

    Returns
    -------
    Lower and upper end; NaN where fewer than two clusters are scored.
    """
    scored = np.isfinite(values)
    place: dict[Any, int] = {}
    group = np.array(
        [place.setdefault(c, len(place)) for c, s in zip(clusters, scored, strict=True) if s], dtype=np.intp
    )
    if len(place) < 2:
        return float("nan"), float("nan")
    total = np.bincount(group, weights=values[scored])
    size = np.bincount(group)
    drawn = np.random.default_rng(seed).multinomial(
        len(place), np.full(len(place), 1 / len(place)), size=DRAWS
    )
    means = (drawn @ total) / (drawn @ size)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
