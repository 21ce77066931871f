"""From the file's unit to the unit that is worked in: each step named, none taken silently."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from xpert.data.matrix import is_sparse
from xpert.data.readout import Readout

if TYPE_CHECKING:
    from xpert.data.detect_readout import ReadoutGuess
    from xpert.data.matrix import Cells

TARGET_SUM = 10_000.0


@dataclass(frozen=True)
class Normalisation:
    """What is done to the values of a file.

    Attributes
    ----------
    source, readout
        Unit of the file's values and of the result.
    target_sum
        Total that each cell's counts are scaled to; None where they are not scaled.
    takes_log
        Whether ln(1 + x) is taken.
    factor
        What values are multiplied with last: ln 2 turns log2(1 + x) into ln(1 + x).
    """

    source: Readout
    readout: Readout
    target_sum: float | None = None
    takes_log: bool = False
    factor: float = 1.0

    @classmethod
    def of(cls, guess: ReadoutGuess) -> Self:
        """The usual way to work in: counts and CP10k become ln(1 + CP10k), all else stays as it is."""
        if guess.readout is Readout.COUNTS:
            return cls(Readout.COUNTS, Readout.LOG1P, target_sum=TARGET_SUM, takes_log=True)
        if guess.readout is Readout.CP10K:
            return cls(Readout.CP10K, Readout.LOG1P, takes_log=True)
        if guess.readout is Readout.LOG1P and guess.log_base is not None:
            return cls(Readout.LOG1P, Readout.LOG1P, factor=float(np.log(guess.log_base)))
        return cls(guess.readout, guess.readout)

    @classmethod
    def none(cls, readout: Readout) -> Self:
        """Values as they are in the file."""
        return cls(readout, readout)

    @property
    def steps(self) -> tuple[str, ...]:
        """What is done, in words, in order; empty where nothing is."""
        steps = []
        if self.target_sum is not None:
            steps.append(
                f"counts of each cell scaled to a total of {self.target_sum:,.0f} over the file's genes"
            )
        if self.takes_log:
            steps.append("ln(1 + x)")
        if self.factor != 1:
            steps.append(
                f"multiplied by {self.factor:.6g}, from log{np.exp(self.factor):.6g} to the natural logarithm"
            )
        return tuple(steps)

    def apply(self, values: Cells) -> Cells:
        """Normalise some cells, each by itself; a cell without counts stays zero.

        Parameters
        ----------
        values
            CSR matrix or array, shape ``(cells, genes)``, all genes of the file.

        Returns
        -------
        csr_matrix or ndarray
            float32, or float64 where that came in; the input where nothing is to do.
        """
        if not self.steps:
            return values
        values = values.astype(np.float64 if values.dtype == np.float64 else np.float32, copy=True)
        if self.target_sum is not None:
            values = _scaled(values, self.target_sum)
        data = values.data if is_sparse(values) else values
        if self.takes_log:
            np.log1p(data, out=data)
        if self.factor != 1:
            np.multiply(data, self.factor, out=data)
        return values


def _scaled(values: Cells, target_sum: float) -> Cells:
    totals = np.asarray(values.sum(axis=1, dtype=np.float64)).ravel()
    scale = np.divide(target_sum, totals, out=np.zeros_like(totals), where=totals > 0)
    if is_sparse(values):
        per_value = np.repeat(scale, np.diff(values.indptr)).astype(values.dtype)
        values.data *= per_value
        return values
    return values * scale[:, None].astype(values.dtype)
