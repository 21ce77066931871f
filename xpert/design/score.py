"""How well a shift meets an objective, how sure that is, and how often chance does as well.

The score of a treatment is

    mean over genes wanted up of (shift / usual shift)  −  mean over genes wanted down of (shift / usual shift)

with weighted means where weights are given. The usual shift of a gene is the root mean square of its shift over every
measured condition of the model, and at least a quarter of the median over genes, so that a gene which hardly ever moves
does not decide. A score of 1 therefore means: as far as perturbations usually move these genes, all in the wanted way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from xpert.data.readout import Readout
from xpert.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from xpert.data.responses import Context, Floats
    from xpert.design.objective import PlacedObjective
    from xpert.model.bundle import Bundle, Measured

LEAST_OF_MEDIAN = 0.25
# Fewer measured conditions than this say too little of how errors of genes go together.
FEWEST_PATTERNS = 8
DRAWS, MORE_DRAWS = 1_000, 20_000
# With fewer random sets than this beyond a score the p value is too coarse, and more are drawn.
FEW_BEYOND = 10
_AT_ONCE = 1_000
_NEVER_NEGATIVE = frozenset({Readout.COUNTS, Readout.CP10K, Readout.LOG1P})


def usual_shift(measured: Measured) -> Floats:
    """Root mean square of each gene's measured shift, shape ``(genes,)``; see the module.

    Raises
    ------
    InputError
        When no measured gene ever moved.
    """
    squared = np.asarray(measured.delta, dtype=np.float64) ** 2
    counted = np.isfinite(squared).sum(axis=0)
    size = np.sqrt(np.nansum(squared, axis=0) / np.maximum(counted, 1))
    moving = size[size > 0]
    if not len(moving):
        raise InputError("No gene moved in any measured condition of this model, so nothing can be scored.")
    usual: Floats = np.maximum(size, LEAST_OF_MEDIAN * float(np.median(moving)))
    return usual


def possible(mean: Floats, context: Context, readout: Readout) -> Floats:
    """Shifts as `predict` states them: where the readout cannot be negative, down to zero expression at most."""
    if readout not in _NEVER_NEGATIVE:
        return mean
    floored: Floats = np.maximum(mean, -np.asarray(context.control, dtype=mean.dtype))
    return floored


@dataclass(frozen=True, eq=False)
class Scorer:
    """Scores shifts on a model's genes.

    Attributes
    ----------
    objective
        On the model's genes.
    usual
        Usual shift of each gene, shape ``(genes,)``.
    """

    objective: PlacedObjective
    usual: Floats

    @classmethod
    def of(cls, bundle: Bundle, objective: PlacedObjective) -> Self:
        """The scorer of a model."""
        return cls(objective, usual_shift(bundle.training))

    @property
    def loading(self) -> Floats:
        """Score of one unit of each gene's shift, shape ``(genes,)``."""
        scaled: Floats = self.objective.loading / self.usual
        return scaled

    def predicted(self, shift: Floats) -> Floats:
        """Score of each row of complete shifts, shape ``(conditions,)``."""
        scores: Floats = np.asarray(shift, dtype=np.float64) @ self.loading
        return scores

    def measured(self, shift: Floats) -> Floats:
        """Score of measured shifts, which may lack genes: the others of the same side count for them, shape ``(conditions,)``.

        NaN where no gene of a side was measured.
        """
        known = np.isfinite(shift)
        values = np.where(known, shift, 0.0) / self.usual
        total = np.zeros(len(shift))
        for side in (np.maximum(self.objective.loading, 0), np.minimum(self.objective.loading, 0)):
            if side.any():
                weight = known @ np.abs(side)
                sums = values @ side
                total += np.divide(sums, weight, out=np.full(len(shift), np.nan), where=weight > 0)
        return total

    def half_width(self, half: Floats, patterns: Floats) -> Floats:
        """Half width of the scores' 90 % interval, shape ``(conditions,)``.

        Parameters
        ----------
        half
            Half widths of the genes' intervals, shape ``(conditions, genes)``.
        patterns
            What errors look like, from `error_patterns`: they say how far the errors of genes go together or cancel.
        """
        loaded = np.asarray(half, dtype=np.float64) * self.loading
        if len(patterns) < FEWEST_PATTERNS:
            bound: Floats = np.abs(loaded).sum(axis=1)
            return bound
        used = np.flatnonzero(self.loading)
        summed = loaded[:, used] @ patterns[:, used].T
        width: Floats = np.sqrt(np.mean(summed**2, axis=1))
        return width


def error_patterns(measured: Measured, context: str) -> Floats:
    """What errors of genes look like together, shape ``(patterns, genes)``, each gene with mean square 1.

    A measured condition apart from the mean of the others of its context, in units of its own size, so that every
    condition counts alike. The context's own are taken where they are enough, else those of all contexts. A gene that
    none of them tells of is 1 in all: its error then adds to the others'.
    """
    where = np.array([c.context for c in measured.conditions])
    own = where == context
    names = [context] if own.sum() >= FEWEST_PATTERNS else list(dict.fromkeys(where.tolist()))
    delta = np.nan_to_num(np.asarray(measured.delta, dtype=np.float64))
    apart = []
    for name in names:
        rows = delta[where == name]
        if len(rows) > 1:
            apart.append(rows - (rows.sum(axis=0) - rows) / (len(rows) - 1))
    if not apart:
        return np.zeros((0, delta.shape[1]))
    found = np.concatenate(apart)
    size = np.sqrt(np.mean(found**2, axis=1, keepdims=True))
    found = (found / np.maximum(size, 1e-12))[size[:, 0] > 0]
    spread = np.sqrt(np.mean(found**2, axis=0)) if len(found) else np.zeros(delta.shape[1])
    patterns: Floats = np.where(spread > 0, found / np.where(spread > 0, spread, 1.0), 1.0)
    return patterns


@dataclass(frozen=True, eq=False)
class Chance:
    """Random sets of genes of the same sizes, carrying the same weights, drawn once with a fixed seed.

    Attributes
    ----------
    places
        Genes of each draw, in the order of `weights`, shape ``(draws, genes of the objective)``.
    weights
        What each counts, shape ``(genes of the objective,)``.
    genes
        Number of the model's genes.
    """

    places: npt.NDArray[np.int32]
    weights: Floats
    genes: int

    @classmethod
    def of(cls, objective: PlacedObjective, *, seed: int = 0) -> Self:
        """Draw the sets of an objective."""
        weights = objective.loading[np.flatnonzero(objective.loading)]
        rng = np.random.default_rng(seed)
        genes, blocks = len(objective.loading), (DRAWS + MORE_DRAWS) // _AT_ONCE
        drawn = [_drawn(rng, genes, len(weights)) for _ in range(blocks)]
        return cls(np.concatenate(drawn), weights.astype(np.float32), genes)

    def p_values(self, standard: Floats, scores: Floats) -> Floats:
        """One-sided p value of each row, shape ``(conditions,)``: how often a random set scores at least as high.

        (1 + draws at least as high) / (1 + draws), with `DRAWS` draws, and `MORE_DRAWS` more for rows that few of those
        reach.

        Parameters
        ----------
        standard
            Shift over usual shift, shape ``(conditions, genes)``.
        scores
            Of the objective itself, shape ``(conditions,)``.
        """
        values = np.asarray(standard, dtype=np.float32)
        # The same set drawn again must not fall short by a rounding.
        bar = np.asarray(scores, dtype=np.float32) - 1e-5 * np.abs(values).max(axis=1, initial=0.0)
        beyond = self._beyond(values, bar, 0, DRAWS)
        p = (1.0 + beyond) / (1.0 + DRAWS)
        rare = np.flatnonzero(beyond < FEW_BEYOND)
        if len(rare):
            more = beyond[rare] + self._beyond(values[rare], bar[rare], DRAWS, DRAWS + MORE_DRAWS)
            p[rare] = (1.0 + more) / (1.0 + DRAWS + MORE_DRAWS)
        return np.asarray(p)

    def _beyond(self, values: Floats, bar: Floats, first: int, last: int) -> npt.NDArray[np.int64]:
        """How many of some draws score at least as high as each row's bar."""
        count = np.zeros(len(values), dtype=np.int64)
        for loading in self._loadings(first, last):
            count += (values @ loading >= bar[:, None]).sum(axis=1)
        return count

    def _loadings(self, first: int, last: int) -> Iterator[Floats]:
        """Draws as loadings, shape ``(genes, draws at once)``."""
        for begin in range(first, last, _AT_ONCE):
            places = self.places[begin : begin + _AT_ONCE]
            loading = np.zeros((self.genes, len(places)), dtype=np.float32)
            loading[places.T, np.arange(len(places))] = self.weights[:, None]
            yield loading


def _drawn(rng: np.random.Generator, genes: int, size: int) -> npt.NDArray[np.int32]:
    """Sets of `size` of the genes, each in random order, shape ``(draws at once, size)``."""
    key = rng.random((_AT_ONCE, genes), dtype=np.float32)
    chosen = np.argpartition(key, size - 1, axis=1)[:, :size]
    order = np.argsort(np.take_along_axis(key, chosen, axis=1), axis=1)
    return np.take_along_axis(chosen, order, axis=1).astype(np.int32)
