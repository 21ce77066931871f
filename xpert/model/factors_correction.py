"""What measured conditions of a context add, told by treatment and context factors themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from xpert.data.responses import Condition, Responses

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xpert.data.readout import Readout
    from xpert.data.responses import Context, Floats
    from xpert.model.baselines.factors import Factors
    from xpert.model.support import Support
    from xpert.perturbation import Treatment

# Every context's answer for every measured condition is held at once.
MOST = 100


@dataclass(frozen=True, eq=False)
class FactorsCorrection:
    """Factors that were told the measured conditions; stands beside `xpert.model.support.Correction`.

    Attributes
    ----------
    factors
        With the measured conditions.
    context
        The context that they stand in.
    """

    factors: Factors
    context: Context

    @classmethod
    def of(cls, factors: Factors, context: Context, support: Support, readout: Readout) -> Self:
        """Tell factors what was measured.

        Raises
        ------
        ValueError
            For more than `MOST` measured conditions.
        """
        if len(support) > MOST:
            raise ValueError(f"factors are told at most {MOST} measured conditions, not {len(support)}")
        conditions = tuple(Condition(context.name, t) for t in support.treatments)
        spread = np.full_like(support.delta, np.nan)
        told = Responses(readout, context.genes, (context,), conditions, support.delta, spread, support.cells)
        return cls(factors.with_support(told), context)

    def added(self, treatments: Sequence[Treatment], predicted: Floats) -> Floats:
        """What is added to a model's answers, so that these factors answer, shape ``(asked, genes)``."""
        asked = [Condition(self.context.name, treatment) for treatment in treatments]
        added: Floats = self.factors.predict(asked, {self.context.name: self.context}) - predicted
        return added

    def influence(self, treatments: Sequence[Treatment]) -> Floats:
        """How far each measured condition moves each answer, shape ``(asked, measured)``.

        The Euclidean size, over genes, of its term in the process.
        """
        asked = [Condition(self.context.name, treatment) for treatment in treatments]
        return self.factors.support_influence(asked, {self.context.name: self.context})
