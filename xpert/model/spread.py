"""Spread over cells before anything is learned: a gene's own spread in control, moved along the context's trend.

In single-cell data a gene's standard deviation follows from its mean. A gene that a treatment turns up therefore
also spreads more, and a constant spread would make every shift look more certain than it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from xpert.data.responses import Context, Floats

BINS = 20
LARGEST_RATIO = 2.0


def expected_spread(context: Context, shift: Floats) -> Floats:
    """Standard deviation over treated cells, if the gene moves along the context's mean–spread trend.

    Parameters
    ----------
    context
        Control mean and spread per gene.
    shift
        Shift of the mean, shape ``(conditions, genes)``.

    Returns
    -------
    Floats
        Shape ``(conditions, genes)``; NaN where the context's spread is not known. A shift of exactly zero
        gives exactly the control's spread.
    """
    if not np.isfinite(context.spread).any():
        return np.full(shift.shape, np.nan, dtype=np.float32)
    trend = _Trend.of(context)
    before, after = trend.at(context.control), trend.at(context.control + shift)
    ratio = np.divide(after, before, out=np.ones_like(after), where=np.broadcast_to(before > 0, after.shape))
    moved = context.spread * np.clip(ratio, 1 / LARGEST_RATIO, LARGEST_RATIO)
    # A gene that no control cell shows has no spread of its own to move; it gets what its new mean is worth.
    silent = (context.spread == 0) & (shift != 0)
    return np.where(silent, np.where(shift > 0, after, 0), moved).astype(np.float32)


class _Trend:
    """Median spread as a function of the mean, over the genes of one context."""

    def __init__(self, mean: Floats, spread: Floats) -> None:
        self.mean, self.spread = mean, spread

    @classmethod
    def of(cls, context: Context) -> _Trend:
        """Medians within bins of equally many genes."""
        known = np.isfinite(context.spread)
        mean, spread = context.control[known], context.spread[known]
        groups = np.array_split(np.argsort(mean, kind="stable"), min(BINS, len(mean)))
        centres = np.array([np.median(mean[group]) for group in groups])
        middles = np.array([np.median(spread[group]) for group in groups])
        distinct, first = np.unique(centres, return_index=True)
        return cls(distinct, middles[first])

    def at(self, mean: Floats) -> Floats:
        """Interpolated between bins, constant beyond the ends."""
        return np.interp(mean, self.mean, self.spread)
