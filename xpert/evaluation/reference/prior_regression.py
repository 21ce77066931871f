"""Kernel ridge and nearest neighbours on compressed prior vectors of single genes, as the reference fits them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from xpert.evaluation.reference.prior_vectors import WIDTH, prior_vectors
from xpert.evaluation.reference.tuned import Tuning, negative_error, ridge_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from xpert.data.responses import Condition, Context, Floats, Responses
    from xpert.evaluation.reference.tuned import Path as SettingsPath


@dataclass(frozen=True, eq=False)
class PriorRegression:
    """One regression of single-gene shifts in one context.

    Attributes
    ----------
    genes
        Every target, in the order of `kernel`.
    kernel
        Similarity of targets, shape ``(targets, targets)``.
    tuning
        How its setting is chosen inside the training data.
    training
        What was learned from; None before `fit`.
    """

    genes: tuple[str, ...]
    kernel: Floats
    tuning: Tuning
    training: Responses | None = None

    @classmethod
    def of(
        cls, data: Path, responses: Responses, seed: int, path: SettingsPath, settings: Sequence[float]
    ) -> Self:
        """For the targets of a screen; ridge takes inner products, neighbours cosines that are not negative."""
        genes = tuple(sorted({next(iter(c.treatment.targets)) for c in responses.conditions}))
        vectors = prior_vectors(data, genes, seed)
        if path is ridge_path:
            kernel = vectors @ vectors.T / WIDTH
        else:
            unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
            kernel = np.maximum(unit @ unit.T, 0)
        return cls(genes, kernel, Tuning(path, settings, genes, seed, 5, negative_error))

    @property
    def name(self) -> str:
        """Name as shown beside a score."""
        return "regression on compressed priors"

    def fit(self, responses: Responses) -> Self:
        """Keep the training data; the setting is chosen when something is asked."""
        return replace(self, training=responses)

    def predict(self, conditions: Sequence[Condition], contexts: Mapping[str, Context]) -> Floats:
        """Mean shift, shape ``(conditions, genes)``."""
        if self.training is None:
            raise ValueError(f"{self.name} was asked before it was fitted")
        place = {gene: i for i, gene in enumerate(self.genes)}
        rows = np.array([place[next(iter(c.treatment.targets))] for c in self.training.conditions])
        values = np.zeros((len(self.genes), len(self.training.genes)))
        values[rows] = self.training.delta
        asked = np.array([place[next(iter(c.treatment.targets))] for c in conditions])
        return self.tuning.predict({"prior": self.kernel}, values, np.sort(rows), asked)
