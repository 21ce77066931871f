"""How far off a model and its baselines were on held-out conditions, by kind of question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from xpert.model.choices import EVERYWHERE

if TYPE_CHECKING:
    from collections.abc import Collection

    import pandas as pd

    from xpert.model.question import Question


class Score(NamedTuple):
    """One predictor's mean over held-out conditions of one kind, with its bootstrap interval."""

    predictor: str
    context: str
    """Where they were held out; empty for all contexts together."""
    value: float
    lower: float
    upper: float
    conditions: int


@dataclass(frozen=True, eq=False)
class HeldOut:
    """The skill table of a bundle, ready for look-ups.

    Attributes
    ----------
    table
        Columns ``question, context, predictor, metric, value, lower, upper, conditions``; an empty context
        stands for all together.
    baselines
        Names of the predictors that are simple baselines.
    """

    table: pd.DataFrame
    baselines: Collection[str]

    def score(self, question: Question, context: str, predictor: str, metric: str) -> Score | None:
        """What `predictor` scored, or None where it was not measured."""
        return next((s for s in self._scores(question, context, metric) if s.predictor == predictor), None)

    def best_baseline(self, question: Question, context: str, metric: str) -> Score | None:
        """The baseline with the smallest error, or None where none was measured."""
        scores = [s for s in self._scores(question, context, metric) if s.predictor in self.baselines]
        return min(scores, key=lambda s: s.value, default=None)

    def best_network(self, question: Question, context: str, metric: str) -> Score | None:
        """The smallest error of what is no simple baseline, or None where none was measured."""
        scores = [s for s in self._scores(question, context, metric) if s.predictor not in self.baselines]
        return min(scores, key=lambda s: s.value, default=None)

    def _scores(self, question: Question, context: str, metric: str) -> list[Score]:
        """Of the context itself where it was measured there, else of all contexts together."""
        rows = self.table[(self.table["question"] == question.value) & (self.table["metric"] == metric)]
        rows = rows[np.isfinite(rows["value"].to_numpy(dtype=np.float64))]
        where = rows["context"].fillna(EVERYWHERE)
        counted = context if (where == context).any() else EVERYWHERE
        rows = rows[where == counted]
        values = rows[["value", "lower", "upper", "conditions"]].to_numpy(dtype=np.float64)
        names = rows["predictor"].astype(str)
        return [
            Score(name, counted, value, lower, upper, int(conditions))
            for name, (value, lower, upper, conditions) in zip(names, values.tolist(), strict=True)
        ]
