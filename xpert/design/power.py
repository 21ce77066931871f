"""How many cells would show an effect: a two-sided test of two means, from the spread over cells.

Cells per arm n = (z₁₋α/₂ + z₀.₈)² (σ²control + σ²treated) / δ² + z²₁₋α/₂ / 4, the usual formula with the correction
for small samples (Guenther 1981). It counts cells as independent; cells of one well or animal are not, so it is the least
that is needed, spread over several of these. Where the data hold arrays and no cells, arrays are counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from xpert.data.readout import Readout
    from xpert.data.responses import Floats
    from xpert.prediction.prediction import Prediction

ALPHA, POWER = 0.05, 0.8
# Fewer cells or arrays than this are no sample of which a mean can be tested, and more cells than this nobody sorts.
FEWEST = {"cells": 10, "arrays": 3}
MOST = 1_000_000


@dataclass(frozen=True)
class Cells:
    """How many cells per arm show an effect.

    Attributes
    ----------
    effect
        The shift that is to be shown, in the readout.
    alpha
        Two-sided error of the test.
    fewest, most
        Cells per arm, equal for one gene; for a set, `fewest` where its genes vary independently between cells and
        `most` where they vary together. None where no number of cells would do, or none can be told.
    reason
        Why there is no number; empty where there is one.
    unit
        ``cells``, or ``arrays`` where the data hold no cells.
    """

    effect: float
    alpha: float
    fewest: int | None
    most: int | None
    reason: str = ""
    unit: str = "cells"

    @property
    def label(self) -> str:
        """The number in words."""
        if self.fewest is None or self.most is None:
            return self.reason
        if self.fewest > MOST:
            return f"more than a million {self.unit} per arm: not reachable in practice"
        if self.fewest == self.most:
            return f"{self.most:,} {self.unit} per arm"
        last = f"{self.most:,}" if self.most <= MOST else "over a million"
        return f"{self.fewest:,} to {last} {self.unit} per arm"


@dataclass(frozen=True)
class Power:
    """Cells that are needed for 80 % power at α = 0.05.

    Attributes
    ----------
    expected, cautious
        For the predicted shift, and for that end of its interval that is nearer to nothing.
    expected_corrected, cautious_corrected
        The same where every measured gene is tested, by Bonferroni's rule.
    tests
        How many genes that is.
    """

    expected: Cells
    cautious: Cells
    expected_corrected: Cells
    cautious_corrected: Cells
    tests: int

    @property
    def sentence(self) -> str:
        """What to tell the reader first."""
        if self.expected.fewest is None:
            return f"{self.expected.reason[:1].upper()}{self.expected.reason[1:]}."
        return (
            f"To show the predicted shift with {round(100 * POWER)} % power (two-sided α = {ALPHA:g}): {self.expected.label}; "
            f"for the end of its interval nearest to nothing: {self.cautious.label}."
        )


def unit_of(readout: Readout) -> str:
    """What the spread of a readout is over: ``cells``, or ``arrays`` where values are differences to control."""
    return "arrays" if readout.is_differential else "cells"


def needed(
    effect: float, spread: tuple[Floats, Floats], *, alpha: float = ALPHA, unit: str = "cells"
) -> Cells:
    """Cells per arm that show an effect on one gene, or on the mean of several.

    Parameters
    ----------
    effect
        Shift of the mean.
    spread
        Standard deviation of each gene over control and over treated cells, each of shape ``(genes,)``; NaN where the
        data hold no cells.
    alpha
        Two-sided error.
    unit
        What is counted.
    """
    variance = sum(np.asarray(part, dtype=float) ** 2 for part in spread)
    assert isinstance(variance, np.ndarray)
    if not np.isfinite(variance).all():
        return Cells(
            effect,
            alpha,
            None,
            None,
            "it cannot be told: this model's data hold neither single cells nor single replicates",
        )
    if effect == 0 or not np.isfinite(effect):
        return Cells(effect, alpha, None, None, "not reachable: there is no shift to be shown")
    if not variance.any():
        return Cells(effect, alpha, None, None, "it cannot be told: no cell shows these genes")
    apart = float(variance.sum()) / len(variance) ** 2
    together = float(np.sqrt(variance).mean() ** 2)
    fewest, most = (max(_count(v, effect, alpha), FEWEST[unit]) for v in (apart, together))
    return Cells(effect, alpha, fewest, most, unit=unit)


def power(shift: float, lower: float, upper: float, spread: tuple[Floats, Floats], made: Prediction) -> Power:
    """Cells needed for a shift and for the cautious end of its interval.

    Parameters
    ----------
    shift, lower, upper
        Predicted, with the ends of its interval.
    spread
        Standard deviation over control and over treated cells, each of shape ``(genes,)``.
    made
        The prediction: its genes are the tests that are corrected for.
    """
    least = 0.0 if lower <= 0 <= upper else (lower if lower > 0 else upper)
    tests, unit = len(made.genes), unit_of(made.readout)
    found = [
        _cautious(needed(effect, spread, alpha=alpha, unit=unit), shift, lower, upper)
        for alpha in (ALPHA, ALPHA / max(tests, 1))
        for effect in (shift, least)
    ]
    return Power(found[0], found[1], found[2], found[3], tests)


def _cautious(cells: Cells, shift: float, lower: float, upper: float) -> Cells:
    """Say it better where the interval holds nothing at all."""
    if cells.effect == 0 and shift != 0 and lower <= 0 <= upper and cells.reason.startswith("not reachable"):
        return Cells(0.0, cells.alpha, None, None, "not reachable: the interval includes no change")
    if shift == 0 and cells.reason.startswith("not reachable"):
        return Cells(0.0, cells.alpha, None, None, "not reachable: the model expects no change")
    return cells


def _count(variance: float, effect: float, alpha: float) -> int:
    from scipy.stats import norm

    certain = norm.ppf(1 - alpha / 2)
    wanted = (certain + norm.ppf(POWER)) ** 2 * variance / effect**2 + certain**2 / 4
    return int(np.ceil(min(wanted, 10.0 * MOST)))
