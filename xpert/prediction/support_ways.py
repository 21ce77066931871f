"""How measured conditions enter a model's answers, and which way tells left-out ones best."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from xpert.model.factors_correction import MOST as MOST_FOR_FACTORS
from xpert.model.factors_correction import FactorsCorrection
from xpert.model.support import Correction, SupportSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from xpert.data.responses import Context, Floats
    from xpert.model.bundle import Bundle
    from xpert.model.elsewhere import Elsewhere
    from xpert.model.support import Support

    Way = Callable[[Support, Floats], Correction | FactorsCorrection]

# Fewer conditions left out than this cannot tell which of two ways is better.
FEWEST_TO_CHOOSE = 8
BY_LIKENESS, BY_FACTORS = "likeness", "factors"


def ways(model: Bundle, context: Context, measured: int, elsewhere: Elsewhere) -> dict[str, Way]:
    """Every way in which measured conditions can enter a model's answers; the first one always can."""

    def by_likeness(support: Support, predicted: Floats) -> Correction:
        return Correction.of(support, predicted, elsewhere, SupportSettings())

    factors = model.factors
    if factors is None or measured > MOST_FOR_FACTORS:
        return {BY_LIKENESS: by_likeness}

    def by_factors(support: Support, predicted: Floats) -> FactorsCorrection:
        return FactorsCorrection.of(factors, context, support, model.readout)

    return {BY_LIKENESS: by_likeness, BY_FACTORS: by_factors}


def best(after: Mapping[str, Floats], truth: Floats) -> str:
    """The way with the smallest error on conditions that were left out; the first where these are few."""
    if len(truth) < FEWEST_TO_CHOOSE:
        return next(iter(after))
    return min(after, key=lambda name: float(np.nanmean((after[name] - truth) ** 2)))


def left_out(rows: Sequence[int], used: Support, predicted: Floats, way: Way) -> Floats:
    """The corrected answer for each of some measured conditions from all others, shape ``(rows, genes)``."""
    after = np.array([_without(row, used, predicted, way) for row in rows])
    return after.reshape(len(rows), predicted.shape[1])


def _without(row: int, used: Support, predicted: Floats, way: Way) -> Floats:
    rest = [i for i in range(len(used)) if i != row]
    own = predicted[[row]].astype(float)
    if not rest:
        alone: Floats = own[0]
        return alone
    correction = way(used.take(rest), predicted[rest])
    answer: Floats = (own + correction.added([used.treatments[row]], own))[0]
    return answer
