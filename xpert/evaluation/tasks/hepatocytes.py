"""What the two tasks on Open TG-GATEs share: which condition is which level, how answers are scored, who is shipped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from xpert.evaluation.response_contest import scored
from xpert.evaluation.task import Metric
from xpert.model.metrics import partial_pearson, pearson, rmse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from xpert.data.collections.tggates import Arrays
    from xpert.data.responses import Condition, Floats, Responses
    from xpert.evaluation.reference.dose_levels import Place
    from xpert.evaluation.response_contest import Ask

RMSE = Metric("rmse", "RMSE, log2", higher_is_better=False)
PEARSON = Metric("pearson_delta", "Pearson Δ")
PARTIAL = Metric("pearson_partial", "Pearson beyond the mean of the level and time")
MIDDLE = "Middle"
FOLDS = 5


def arrays(data: Path) -> Arrays:
    """The arrays of the collection."""
    from xpert.data.collections.tggates import read_arrays

    return read_arrays(data)


def places_of(found: Arrays) -> dict[Condition, Place]:
    """Compound, hours and level of every condition."""
    return {condition: key for key, condition in found.conditions.items()}


def parents(data: Path, names: Sequence[str]) -> list[str]:
    """Parent compound of each name."""
    from xpert.evaluation.reference.drugs import named_drugs

    return [drug.parent for drug in named_drugs(data, names)]


@dataclass(frozen=True, eq=False)
class LevelScorer:
    """Scores answers; the mean of the same level and time over the counted training rows is projected out.

    Attributes
    ----------
    observed
        What answers are compared with.
    places
        What each condition is.
    counted
        Whether a training condition counts in that mean.
    subsets
        Further subsets by compound.
    """

    observed: Responses
    places: Mapping[Condition, Place]
    counted: Callable[[Place], bool]
    subsets: Mapping[str, tuple[str, ...]]

    def __call__(self, ask: Ask, predicted: Floats) -> pd.DataFrame:
        """Score the answers to one refit."""
        truth = self.observed.delta[ask.test]
        scores = {
            RMSE.name: rmse(predicted, truth),
            PEARSON.name: pearson(predicted, truth),
            PARTIAL.name: partial_pearson(predicted, truth, self.means(ask)),
        }
        return scored(self.observed, ask, scores, lambda c: self.subsets.get(self.places[c][0], ()))

    def means(self, ask: Ask) -> Floats:
        """Mean training response of the level and time of each asked row, shape ``(test, genes)``."""
        slots: dict[tuple[float, str], list[int]] = {}
        for row in ask.train.tolist():
            place = self.places[self.observed.conditions[row]]
            if self.counted(place):
                slots.setdefault(place[1:], []).append(row)
        asked = [self.places[self.observed.conditions[i]][1:] for i in ask.test]
        return np.array([self.observed.delta[slots[slot]].mean(axis=0, dtype=float) for slot in asked])
