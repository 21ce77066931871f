"""A context from a few treatments measured there: its own mean plus a share of what treatments do elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from xpert.model.metrics import pearson

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xpert.data.responses import Condition, Context, Floats, Responses

SHARES = (0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, eq=False)
class ShrunkAdditive:
    """The reference's strongest baseline for a cell type with a support set.

    The share is the one that predicts the measured treatments of the context best, each left out in turn.

    Attributes
    ----------
    training
        What was learned from; None before `fit`.
    """

    training: Responses | None = None

    @property
    def name(self) -> str:
        """Name as shown beside a score."""
        return "shrunk additive"

    def fit(self, responses: Responses) -> Self:
        """Keep what was measured."""
        return replace(self, training=responses)

    def predict(self, conditions: Sequence[Condition], contexts: Mapping[str, Context]) -> Floats:
        """Mean shift, shape ``(conditions, genes)``; of a context without rows, the mean over the others."""
        if self.training is None:
            raise ValueError(f"{self.name} was asked before it was fitted")
        learned = self.training
        shift = np.zeros((len(conditions), len(learned.genes)))
        for context in dict.fromkeys(c.context for c in conditions):
            elsewhere = _means_elsewhere(learned, context)
            support = [i for i, c in enumerate(learned.conditions) if c.context == context]
            asked = [i for i, c in enumerate(conditions) if c.context == context]
            there = np.array([elsewhere[conditions[i].treatment.targets[0]] for i in asked])
            if not support:
                shift[asked] = there
                continue
            own = learned.delta[support].astype(float)
            other = np.array([elsewhere[learned.conditions[i].treatment.targets[0]] for i in support])
            shift[asked] = own.mean(axis=0) + _best_share(own, other) * (there - other.mean(axis=0))
        return shift


def _means_elsewhere(learned: Responses, context: str) -> dict[str, Floats]:
    rows: dict[str, list[int]] = {}
    for row, condition in enumerate(learned.conditions):
        if condition.context != context:
            rows.setdefault(condition.treatment.targets[0], []).append(row)
    return {target: learned.delta[found].mean(axis=0, dtype=float) for target, found in rows.items()}


def _best_share(own: Floats, other: Floats) -> float:
    rest = len(own) - 1
    own_mean, other_mean = (own.sum(axis=0) - own) / rest, (other.sum(axis=0) - other) / rest
    scores = [float(pearson(own_mean + share * (other - other_mean), own).mean()) for share in SHARES]
    return SHARES[int(np.argmax(scores))]
