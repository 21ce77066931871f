"""Treatment and context effects as the reference fits them: additive, with a line's offset, with a low-rank part."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

from xpert.model.baselines.context_mean import ContextMean
from xpert.model.baselines.factors_fit import Effects, Grid
from xpert.model.metrics import pearson

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from xpert.data.responses import Condition, Context, Floats, Responses

    Rows = npt.NDArray[np.intp]

PASSES = 6
DAMPINGS, RANKS, PENALTIES = (0.1, 1.0), (10, 30, 45), (300.0, 3000.0, 10000.0)
# A fifth of the training rows chooses the setting.
HELD_OUT, DRAW = 0.2, 5


class Level(NamedTuple):
    """Names of treatments and contexts by their places; one that was never measured is the last place, without effect."""

    treatments: dict[str, int]
    contexts: dict[str, int]

    @classmethod
    def of(cls, conditions: Sequence[Condition]) -> Self:
        """Names in order."""
        names = (sorted({str(c.treatment) for c in conditions}), sorted({c.context for c in conditions}))
        return cls(*({name: i for i, name in enumerate(part)} for part in names))

    def places(self, conditions: Sequence[Condition]) -> tuple[Rows, Rows]:
        """Places of conditions."""
        treatment = [self.treatments.get(str(c.treatment), len(self.treatments)) for c in conditions]
        context = [self.contexts.get(c.context, len(self.contexts)) for c in conditions]
        return np.array(treatment, dtype=np.intp), np.array(context, dtype=np.intp)

    def grid(self, values: Floats, conditions: Sequence[Condition]) -> Grid:
        """Training rows in place."""
        return Grid(values, *self.places(conditions), (len(self.treatments) + 1, len(self.contexts) + 1))


@dataclass(frozen=True, eq=False)
class TwoWay:
    """Mean + treatment effect + context effect, by damped alternating means.

    Attributes
    ----------
    damping
        Rows without effect that each effect is averaged with.
    fitted
        Names and effects; None before `fit`.
    """

    damping: float = 1e-3
    fitted: tuple[Level, Effects] | None = None

    @property
    def name(self) -> str:
        """Name as shown beside a score."""
        return "additive"

    def fit(self, responses: Responses) -> Self:
        """Take the effects."""
        level = Level.of(responses.conditions)
        grid = level.grid(responses.delta, responses.conditions)
        return replace(self, fitted=(level, Effects.of(grid, self.damping, PASSES)))

    def predict(self, conditions: Sequence[Condition], contexts: Mapping[str, Context]) -> Floats:
        """Sum of the effects, shape ``(conditions, genes)``."""
        if self.fitted is None:
            raise ValueError(f"{self.name} was asked before it was fitted")
        level, effects = self.fitted
        treatment, context = level.places(conditions)
        return effects.mean + effects.treatment[treatment] + effects.context[context]


@dataclass(frozen=True, eq=False)
class LineOffset:
    """Mean of the treatment over contexts + mean of what a context's rows leave over from it.

    Attributes
    ----------
    means
        Fitted treatment means; None before `fit`.
    offsets
        By context.
    """

    means: ContextMean | None = None
    offsets: Mapping[str, Floats] | None = None

    @property
    def name(self) -> str:
        """Name as shown beside a score."""
        return "line offset"

    def fit(self, responses: Responses) -> Self:
        """Take the means and what is left of each context."""
        means = ContextMean().fit(responses)
        left = responses.delta - means.predict(responses.conditions, responses.context)
        where = np.array([c.context for c in responses.conditions])
        measured = np.isfinite(left)
        left = np.where(measured, left, 0)
        offsets = {
            name: left[where == name].sum(axis=0) / np.maximum(measured[where == name].sum(axis=0), 1)
            for name in dict.fromkeys(where.tolist())
        }
        return replace(self, means=means, offsets=offsets)

    def predict(self, conditions: Sequence[Condition], contexts: Mapping[str, Context]) -> Floats:
        """Treatment mean plus offset, shape ``(conditions, genes)``."""
        if self.means is None or self.offsets is None:
            raise ValueError(f"{self.name} was asked before it was fitted")
        shift = self.means.predict(conditions, contexts)
        none = np.zeros(shift.shape[1])
        shifted: Floats = shift + np.array([self.offsets.get(c.context, none) for c in conditions])
        return shifted


@dataclass(frozen=True, eq=False)
class LowRank:
    """Effects plus a ridge of what they leave on products of their principal components.

    Attributes
    ----------
    seed
        Of the rows that choose damping, rank and penalty.
    fitted
        Names, effects, components of treatments and contexts, and coefficients; None before `fit`.
    """

    seed: int = 0
    fitted: tuple[Level, Effects, tuple[Floats, Floats], Floats] | None = None

    @property
    def name(self) -> str:
        """Name as shown beside a score."""
        return "additive and low rank"

    def fit(self, responses: Responses) -> Self:
        """Choose the setting, then fit with it."""
        level = Level.of(responses.conditions)
        held_out = np.random.default_rng(self.seed + DRAW).random(len(responses)) < HELD_OUT
        inner, asked = responses.take(np.flatnonzero(~held_out)), responses.take(np.flatnonzero(held_out))
        places, truth = level.places(asked.conditions), np.nan_to_num(asked.delta)
        best, best_score = (1.0, RANKS[0], PENALTIES[0]), -np.inf
        for damping, rank in product(DAMPINGS, RANKS):
            effects, components, design = _design(level, inner, damping, rank)
            spectrum, vectors = np.linalg.eigh(design.T @ design)
            target = vectors.T @ (design.T @ effects.rest)
            sums = effects.mean + effects.treatment[places[0]] + effects.context[places[1]]
            towards = _products(components, places) @ vectors
            for penalty in PENALTIES:
                predicted = sums + towards @ (target / (spectrum + penalty)[:, None])
                score = float(np.mean(pearson(predicted, truth)))
                if score > best_score:
                    best, best_score = (damping, rank, penalty), score
        damping, rank, penalty = best
        effects, components, design = _design(level, responses, damping, rank)
        gram = design.T @ design + penalty * np.eye(design.shape[1])
        return replace(
            self, fitted=(level, effects, components, np.linalg.solve(gram, design.T @ effects.rest))
        )

    def predict(self, conditions: Sequence[Condition], contexts: Mapping[str, Context]) -> Floats:
        """Effects and low-rank part, shape ``(conditions, genes)``."""
        if self.fitted is None:
            raise ValueError(f"{self.name} was asked before it was fitted")
        level, effects, components, coefficients = self.fitted
        places = level.places(conditions)
        sums = effects.mean + effects.treatment[places[0]] + effects.context[places[1]]
        predicted: Floats = sums + _products(components, places) @ coefficients
        return predicted


def _design(
    level: Level, responses: Responses, damping: float, rank: int
) -> tuple[Effects, tuple[Floats, Floats], Floats]:
    grid = level.grid(responses.delta, responses.conditions)
    effects = Effects.of(grid, damping, PASSES)
    components = _components(effects.treatment[:-1], rank), _components(effects.context[:-1], rank)
    return effects, components, _products(components, (grid.treatment, grid.context))


def _components(effects: Floats, rank: int) -> Floats:
    """Scaled principal component scores, with a row of zeros for what was never measured."""
    left, size, _ = np.linalg.svd(effects - effects.mean(axis=0), full_matrices=False)
    scores = left[:, :rank] * size[:rank]
    scores = scores / np.maximum(scores.std(axis=0), 1e-6)
    return np.vstack([scores, np.zeros((1, scores.shape[1]), scores.dtype)])


def _products(components: tuple[Floats, Floats], places: tuple[Rows, Rows]) -> Floats:
    treatment, context = (part[place] for part, place in zip(components, places, strict=True))
    return (treatment[:, :, None] * context[:, None, :]).reshape(len(treatment), -1)
