"""How probable it is that a shift goes the predicted way, told from intervals that covered held-out values.

An interval at one level says how often the error was smaller than its half width. Four levels and what they have in
common give the whole distribution of the error's size: between levels its tail falls exponentially, beyond the last one
as a power, as heavy as the last two levels say. With errors as likely upward as downward, a shift of size d has the
measured sign on its side with probability 1 − P(error > d) / 2.

That is too sure where errors lean to one side, so the log odds are shrunk, by as much as held-out conditions of several
data sets asked for (`LOG_ODDS_KEPT`).

A set's shift is the mean over its genes. How far its genes' errors go together is measured on the training
conditions, as what each is apart from the mean of the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from xpert.model.calibration import LEVELS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from xpert.data.responses import Condition, Floats

# On held-out conditions the probabilities were too sure of themselves: their log odds are multiplied by this, which
# `benchmarks/hypothesis_calibration.py` learns and checks on data sets that it has not learned from.
LOG_ODDS_KEPT = 0.6
# The tail beyond the last level falls by a power between these.
HEAVIEST, LIGHTEST = 2.0, 8.0
# Fewer conditions than this say too little of how errors of genes go together.
FEWEST_CONDITIONS = 8


@dataclass(frozen=True)
class Together:
    """How the errors of a set's genes go together.

    Attributes
    ----------
    correlation
        Mean correlation between two genes' errors, 0 to 1; 1 is the bound where it could not be measured.
    conditions
        How many measured conditions it was told from; 0 where it is the bound.
    """

    correlation: float
    conditions: int

    @property
    def sentence(self) -> str:
        """What to tell the reader."""
        if not self.conditions:
            return (
                "Too few conditions were measured to tell how far the genes' errors go together, so the interval of the "
                "set is the mean of its genes' intervals, the widest that is possible."
            )
        return (
            f"The interval of the set counts that its genes' errors go together: their mean correlation was "
            f"{self.correlation:.2f} over {self.conditions:,} measured conditions, one standard error added."
        )


def set_half_width(half: Floats, together: Together) -> Floats:
    """Half width of the mean over genes, shape ``(…,)``.

    Parameters
    ----------
    half
        Half widths of the genes, shape ``(…, genes)``.
    together
        How far their errors go together.
    """
    own, sum_of_all = (half**2).sum(axis=-1), half.sum(axis=-1) ** 2
    width: Floats = np.sqrt(own + together.correlation * (sum_of_all - own)) / half.shape[-1]
    return width


def errors_together(
    conditions: Sequence[Condition], delta: Floats, genes: npt.NDArray[np.intp], context: str
) -> Together:
    """How far the errors of some genes go together, told from measured conditions.

    A condition's error is what it is apart from the mean of the others of its context, in units of its own size, so that
    every condition counts alike.

    Parameters
    ----------
    conditions
        What was measured.
    delta
        Their shifts, NaN where not measured, shape ``(conditions, genes)``.
    genes
        Columns of the set.
    context
        Where the question stands; its own conditions alone are taken where they are enough.
    """
    if len(genes) < 2:
        return Together(1.0, 0)
    where = np.array([c.context for c in conditions])
    own = where == context
    chosen = own if own.sum() >= FEWEST_CONDITIONS else np.ones(len(where), dtype=bool)
    apart = np.concatenate([_apart(delta[chosen & (where == name)]) for name in np.unique(where[chosen])])
    size = np.sqrt(np.nanmean(apart**2, axis=1, keepdims=True)) if len(apart) else np.zeros((0, 1))
    error = (apart[:, genes] / np.where(size > 0, size, 1.0))[size[:, 0] > 0]
    error = error[np.isfinite(error).all(axis=1)]
    error = error[:, (error != 0).any(axis=0)]
    count, width = error.shape
    if count < FEWEST_CONDITIONS or width < 2:
        return Together(1.0, 0)
    scaled = error / np.sqrt(np.mean(error**2, axis=0))
    each = (scaled.sum(axis=1) ** 2 - (scaled**2).sum(axis=1)) / (width**2 - width)
    mean, uncertain = float(each.mean()), float(each.std(ddof=1) / np.sqrt(count))
    return Together(float(np.clip(mean + uncertain, 0.0, 1.0)), count)


def sign_probability(shift: Floats, half: Floats, *, kept: float = LOG_ODDS_KEPT) -> Floats:
    """Probability that a measured shift has the sign of the predicted one, 0.5 to 1, shape ``(…,)``.

    Parameters
    ----------
    shift
        Predicted shifts; exactly 0 gives 0.5.
    half
        Half widths at `xpert.model.calibration.LEVELS`, shape ``(levels, …)``.
    kept
        Factor on the log odds; 1 takes the intervals at their word.
    """
    size, widths = np.abs(np.asarray(shift, dtype=float)), np.asarray(half, dtype=float)
    tail = np.ones_like(size)
    low, beyond = np.zeros_like(size), 1.0
    for high, level in zip(widths, LEVELS, strict=True):
        share = (size - low) / np.where(high > low, high - low, np.inf)
        inside = (size > low) & (size <= high)
        tail = np.where(inside, beyond * ((1 - level) / beyond) ** np.clip(share, 0, 1), tail)
        low, beyond = np.maximum(low, high), 1 - level
    further = beyond * (low / np.where(size > 0, size, 1.0)) ** _power(widths)
    tail = np.where(size > low, np.where(low > 0, further, beyond), tail)
    right = np.clip(1 - tail / 2, 0.5, 1 - 1e-9)
    odds = (right / (1 - right)) ** kept
    probability: Floats = np.where(size > 0, odds / (1 + odds), 0.5)
    return probability


def _apart(rows: Floats) -> Floats:
    """Each condition apart from the mean of the others, NaN where not measured; no rows where it is alone."""
    rows = np.asarray(rows, dtype=float)
    known = np.isfinite(rows)
    others = known.sum(axis=0) - known
    total = np.where(known, rows, 0.0).sum(axis=0) - np.where(known, rows, 0.0)
    mean = np.divide(total, others, out=np.full(rows.shape, np.nan), where=others > 0)
    apart: Floats = (rows - mean)[(others > 0).any(axis=1)]
    return apart


def _power(widths: Floats) -> Floats:
    """How fast the tail falls beyond the last level: as it does between the last two."""
    ratio = np.where(widths[-2] > 0, widths[-1] / np.where(widths[-2] > 0, widths[-2], 1.0), np.inf)
    falls = np.log((1 - LEVELS[-2]) / (1 - LEVELS[-1])) / np.log(np.maximum(ratio, 1 + 1e-9))
    power: Floats = np.clip(falls, HEAVIEST, LIGHTEST)
    return power
