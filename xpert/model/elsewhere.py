"""What was measured in other contexts: how alike treatments are there, and how contexts differ."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np

from xpert.model.baselines.kernels import mixed
from xpert.model.baselines.profiles import mean_measured

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xpert.data.responses import Condition, Floats
    from xpert.model.baselines.kernels import KernelSource, Mixture
    from xpert.perturbation import Treatment

# A response of this share of the median squared size counts half: what hardly moves a cell resembles nothing.
DAMPING = 0.5
# Treatments whose similarity to themselves is computed at once.
_BLOCK = 64


@dataclass(frozen=True, eq=False)
class Elsewhere:
    """Measured conditions, and prior knowledge of treatments.

    Attributes
    ----------
    conditions
        What was measured.
    delta
        Shape ``(conditions, genes)``; NaN where not measured.
    source, mixture
        Where prior similarities of treatments come from and how their parts are weighed.
    """

    conditions: tuple[Condition, ...]
    delta: Floats
    source: KernelSource
    mixture: Mixture

    def __post_init__(self) -> None:
        if len(self.conditions) != len(self.delta):
            raise ValueError(f"{len(self.conditions)} conditions, but {len(self.delta)} shifts")

    def without(self, context: str) -> Self:
        """The same without one context, which is then no other one."""
        rows = [i for i, c in enumerate(self.conditions) if c.context != context]
        if len(rows) == len(self.conditions):
            return self
        return type(self)(
            tuple(self.conditions[i] for i in rows), self.delta[rows], self.source, self.mixture
        )

    @cached_property
    def contexts(self) -> tuple[str, ...]:
        """Contexts in which something was measured, sorted."""
        return tuple(sorted({c.context for c in self.conditions}))

    def measured(self, a: Sequence[Treatment], b: Sequence[Treatment]) -> Floats:
        """Cosine of the responses of two lists of treatments, over and above what all treatments do.

        Returns
        -------
        Shape ``(a, b)``; 0 where one of the two was not measured, and drawn to 0 where responses are weak.
        """
        cosine: Floats = self._units(a) @ self._units(b).T
        return cosine

    def told(self, treatments: Sequence[Treatment]) -> Floats:
        """How much its responses tell of each treatment: `measured` with itself, shape ``(treatments,)``."""
        told: Floats = (self._units(treatments) ** 2).sum(axis=1)
        return told

    def prior(self, a: Sequence[Treatment], b: Sequence[Treatment]) -> Floats:
        """Cosine of what is known of treatments beforehand, shape ``(a, b)``."""
        kernel = mixed(self.source.parts(a, b), self.mixture)
        cosine: Floats = kernel / np.outer(self._sizes(a), self._sizes(b))
        return cosine

    def deviations(self, treatments: Sequence[Treatment]) -> Floats:
        """How each context differs from the mean over contexts, shape ``(contexts, treatments, genes)``.

        Where a treatment was not measured in a context, the mean difference of that context stands.
        """
        found = np.repeat(self._offsets[:, None], len(treatments), axis=1)
        for column, treatment in enumerate(treatments):
            rows = self._rows.get(treatment.active, [])
            if len(rows) < 2:
                continue
            centre = self._means[treatment.active]
            for row in rows:
                own = self.delta[row] - centre
                place = self._place[self.conditions[row].context]
                found[place, column] = np.where(np.isfinite(own), own, found[place, column])
        return found

    @cached_property
    def _place(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.contexts)}

    @cached_property
    def _rows(self) -> dict[Treatment, list[int]]:
        rows: dict[Treatment, list[int]] = {}
        for row, condition in enumerate(self.conditions):
            rows.setdefault(condition.treatment.active, []).append(row)
        return rows

    @cached_property
    def _means(self) -> dict[Treatment, Floats]:
        """Mean response over contexts of each treatment, shape ``(genes,)`` each."""
        return {treatment: mean_measured(self.delta[rows]) for treatment, rows in self._rows.items()}

    @cached_property
    def _offsets(self) -> Floats:
        """Mean difference of each context, shape ``(contexts, genes)``."""
        own = np.full(self.delta.shape, np.nan, dtype=np.float32)
        for treatment, rows in self._rows.items():
            if len(rows) > 1:
                own[rows] = self.delta[rows] - self._means[treatment]
        where = np.array([c.context for c in self.conditions])
        means = [np.nan_to_num(mean_measured(own[where == name])) for name in self.contexts]
        return np.array(means, dtype=np.float32).reshape(len(means), self.delta.shape[1])

    @cached_property
    def _centred(self) -> dict[Treatment, Floats]:
        """Response of each treatment over and above the mean of its contexts, shape ``(genes,)`` each."""
        where = np.array([c.context for c in self.conditions])
        centres = {name: mean_measured(self.delta[where == name]) for name in self.contexts}
        found = {}
        for treatment, rows in self._rows.items():
            own = np.array([self.delta[row] - centres[where[row]] for row in rows])
            found[treatment] = np.nan_to_num(mean_measured(own))
        return found

    @cached_property
    def _usual(self) -> float:
        """Median squared size of a response."""
        return float(np.median([(v**2).sum() for v in self._centred.values()])) if self.conditions else 1.0

    def _units(self, treatments: Sequence[Treatment]) -> Floats:
        """Responses at a length below 1, shape ``(treatments, genes)``; zero where not measured."""
        nothing = np.zeros(self.delta.shape[1])
        rows = np.array([self._centred.get(t.active, nothing) for t in treatments])
        rows = rows.reshape(len(treatments), self.delta.shape[1])
        size = np.sqrt((rows**2).sum(axis=1, keepdims=True) + DAMPING * self._usual + 1e-12)
        units: Floats = rows / size
        return units

    def _sizes(self, treatments: Sequence[Treatment]) -> Floats:
        own = [
            np.diagonal(mixed(self.source.parts(block, block), self.mixture))
            for block in (treatments[i : i + _BLOCK] for i in range(0, len(treatments), _BLOCK))
        ]
        sizes: Floats = np.sqrt(np.maximum(np.concatenate([np.zeros(0), *own]), np.finfo(float).tiny))
        return sizes
