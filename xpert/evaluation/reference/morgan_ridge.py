"""Kernel ridge over drugs on Morgan fingerprints and annotations, all contexts of a drug at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from xpert.model.baselines.mean_shift import MeanShift

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xpert.data.responses import Condition, Context, Floats, Responses
    from xpert.evaluation.reference.tuned import Tuning


@dataclass(frozen=True, eq=False)
class MorganRidge:
    """One regression for all contexts: a drug's responses in each of them stand side by side.

    A drug without a structure gets the mean of its context.

    Attributes
    ----------
    kernels
        Similarities between all drugs by name, each of shape ``(drugs, drugs)``; one is chosen.
    place
        Row of each treatment's target in the kernels; targets without a structure are not in it.
    tuning
        How kernel and penalty are chosen inside the training data.
    unit_norm
        Whether every training response is scaled to the median length first.
    training
        What was learned from, and the mean of each context; None before `fit`.
    """

    kernels: Mapping[str, Floats]
    place: Mapping[str, int]
    tuning: Tuning
    unit_norm: bool = False
    training: tuple[Responses, MeanShift] | None = None

    @property
    def name(self) -> str:
        """Name as shown beside a score."""
        return "kernel ridge on Morgan and annotation"

    def fit(self, responses: Responses) -> Self:
        """Keep the training data; settings are chosen when something is asked."""
        if self.unit_norm:
            responses = replace(responses, delta=_same_length(responses.delta))
        return replace(self, training=(responses, MeanShift().fit(responses)))

    def predict(self, conditions: Sequence[Condition], contexts: Mapping[str, Context]) -> Floats:
        """Mean shift, shape ``(conditions, genes)``."""
        if self.training is None:
            raise ValueError(f"{self.name} was asked before it was fitted")
        responses, means = self.training
        shift = means.predict(conditions, contexts)
        where = list(dict.fromkeys(c.context for c in responses.conditions))
        rows: dict[int, dict[str, int]] = {}
        for row, condition in enumerate(responses.conditions):
            if condition.treatment.targets[0] in self.place:
                drug = self.place[condition.treatment.targets[0]]
                rows.setdefault(drug, {})[condition.context] = row
        training = np.array(sorted(drug for drug, found in rows.items() if len(found) == len(where)))
        count, genes = len(next(iter(self.kernels.values()))), responses.delta.shape[1]
        values = np.zeros((count, len(where) * genes), dtype=np.float32)
        for drug in training.tolist():
            values[drug] = np.concatenate([responses.delta[rows[drug][context]] for context in where])
        known = [i for i, c in enumerate(conditions) if c.treatment.targets[0] in self.place]
        asked = np.array(sorted({self.place[conditions[i].treatment.targets[0]] for i in known}))
        if len(asked):
            predicted = self.tuning.predict(self.kernels, values, training, asked)
            for i in known:
                row = predicted[np.searchsorted(asked, self.place[conditions[i].treatment.targets[0]])]
                shift[i] = row.reshape(len(where), genes)[where.index(conditions[i].context)]
        return shift


def _same_length(delta: Floats) -> Floats:
    """Every row at the median length of a drug's response."""
    lengths = np.linalg.norm(delta, axis=1, keepdims=True)
    scaled: Floats = delta / lengths * np.median(lengths)
    return scaled
