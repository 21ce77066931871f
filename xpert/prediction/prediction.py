"""The answer to one question: every gene's predicted shift, with its interval and its evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from xpert.data.readout import Readout
    from xpert.data.responses import Floats
    from xpert.perturbation import Treatment
    from xpert.prediction.evidence import Evidence

COVERAGE = 0.9


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a model says of one treatment in one context.

    Attributes
    ----------
    treatment
        What is done to the cells.
    context
        Name of the cell state.
    model
        Name of the bundle.
    readout
        Unit of every value.
    genes
        Gene names, length ``genes``.
    control
        Mean of the control cells, shape ``(genes,)``; 0 where the readout is a difference to control.
    predicted
        Mean under treatment, ``control + delta``.
    delta
        Predicted shift of the mean.
    lower, upper
        Ends of the 90 % interval of `delta` (not of `predicted`): as wide as was needed to hold 90 % of
        the values measured on held-out treatments of the same kind. Both are 0 where the shift is known to be 0.
    spread
        Standard deviation over treated cells; NaN where the training data hold no cells.
    evidence
        What stands behind the prediction.
    """

    treatment: Treatment
    context: str
    model: str
    readout: Readout
    genes: tuple[str, ...]
    control: Floats
    predicted: Floats
    delta: Floats
    lower: Floats
    upper: Floats
    spread: Floats
    evidence: Evidence

    def __post_init__(self) -> None:
        for name in ("control", "predicted", "delta", "lower", "upper", "spread"):
            values = getattr(self, name)
            if values.shape != (len(self.genes),):
                raise ValueError(f"{name} has shape {values.shape}, not ({len(self.genes)},)")
        for name in ("control", "predicted", "delta"):
            if not np.isfinite(getattr(self, name)).all():
                raise ValueError(f"{name} of {self.treatment} in {self.context} is not finite")
        if (self.lower > self.delta).any() or (self.upper < self.delta).any():
            raise ValueError("a shift lies outside its own interval")

    @property
    def table(self) -> pd.DataFrame:
        """One row per gene: ``gene, control, predicted, delta, lower, upper, readout``.

        ``lower`` and ``upper`` bound ``delta``.
        """
        return pd.DataFrame(
            {
                "gene": list(self.genes),
                "control": self.control,
                "predicted": self.predicted,
                "delta": self.delta,
                "lower": self.lower,
                "upper": self.upper,
                "readout": self.readout.value,
            }
        )

    def __str__(self) -> str:
        return f"{self.treatment} in {self.context} by {self.model}"
