"""What `Factors` has learned, and how a condition that is asked is put together from what was measured."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from xpert.model.baselines.kernels import Mixture, mixed
from xpert.model.baselines.profiles import presence
from xpert.model.baselines.ridge import TWINS
from xpert.perturbation import Treatment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xpert.data.responses import Context, Floats
    from xpert.model.baselines.factors_fit import Covariances, Effects, Posterior
    from xpert.model.baselines.kernels import KernelSource

_ARRAYS = ("mean", "treatment", "context", "scores", "basis", "likeness", "inverse", "variances", "repeats")


@dataclass(frozen=True, eq=False)
class FactorsState:
    """Posterior means over measured treatments and contexts.

    Attributes
    ----------
    treatments
        Measured treatments.
    contexts
        Measured contexts by name, each with its covariates.
    mean
        Shape ``(genes,)``.
    treatment, context
        Effects, shapes ``(treatments, genes)`` and ``(contexts, genes)``.
    scores, basis
        Interactions as a product, shapes ``(treatments, contexts, rank)`` and ``(rank, genes)``.
    likeness
        Similarity of treatments by which they interact alike, mean diagonal 1, shape ``(treatments, treatments)``.
    inverse
        Inverse of the prior similarity of treatments plus ridge, same shape.
    variances
        Variance of a context's effect, of an interaction and of noise, shape ``(3,)``.
    repeats
        How much of the mean repeats in a context that was never measured, 0 to 1, shape ``()``.
    """

    treatments: tuple[Treatment, ...]
    contexts: Mapping[str, Mapping[str, str]]
    mean: Floats
    treatment: Floats
    context: Floats
    scores: Floats
    basis: Floats
    likeness: Floats
    inverse: Floats
    variances: Floats
    repeats: Floats

    @classmethod
    def of(
        cls,
        *,
        treatments: tuple[Treatment, ...],
        contexts: Sequence[Context],
        effects: Effects,
        found: Posterior,
        covariances: Covariances,
        prior: Mapping[str, Floats],
        mixture: Mixture,
        ridge: float,
    ) -> Self:
        """Keep what predictions need, in half precision where that is enough."""
        similar = mixed(prior, _present(mixture, prior))
        variances = [np.diagonal(covariances.context).mean(), np.diagonal(covariances.context_rest).mean()]
        return cls(
            treatments=treatments,
            contexts={c.name: dict(c.covariates) for c in contexts},
            mean=effects.mean.astype(np.float32),
            treatment=found.treatment.astype(np.float16),
            context=found.context.astype(np.float16),
            scores=found.scores.astype(np.float16),
            basis=found.basis.astype(np.float16),
            likeness=covariances.treatment_rest.astype(np.float32),
            inverse=np.linalg.inv(similar + ridge * np.eye(len(similar))).astype(np.float32),
            variances=np.array([*variances, covariances.noise]),
            repeats=np.array(effects.repeats),
        )

    def shift(self, presence: Floats, treatment: Floats, context: Floats) -> Floats:
        """Mean shift, shape ``(asked, genes)``.

        Parameters
        ----------
        presence
            How far each treatment is there at all, shape ``(asked,)``.
        treatment, context
            Weights over measured treatments and contexts, shapes ``(asked, treatments)`` and
            ``(asked, contexts)``.
        """
        shift = (presence * self._repeated(context))[:, None] * self.mean + treatment @ self._treatment
        return np.asarray(shift + self.added(presence, treatment, context), dtype=np.float64)

    def _repeated(self, context: Floats) -> Floats:
        """How much of the mean each asked condition gets: all of it where its context has a row of its own."""
        is_known = (context == 1).any(axis=1) & ((context != 0).sum(axis=1) == 1)
        return np.where(is_known, 1.0, float(self.repeats))

    def added(self, presence: Floats, treatment: Floats, context: Floats) -> Floats:
        """What contexts add to the mean and the treatments' effects, shape ``(asked, genes)``; see `shift`."""
        scores = np.zeros((len(treatment), self.scores.shape[2]), np.float32)
        # One product for all rows of a context: the rows of one are asked together as a rule.
        distinct, rows = np.unique(context, axis=0, return_inverse=True)
        for number, weights in enumerate(distinct):
            is_here = rows.ravel() == number
            own = np.tensordot(weights.astype(np.float32), self._scores, axes=(0, 1))
            scores[is_here] = treatment[is_here] @ own
        added: Floats = presence[:, None] * (context @ self._context) + scores @ self._basis
        return added

    def by_context(self, presence: Floats, treatment: Floats) -> Floats:
        """What each measured context would add, as `added` gives it for one at a time.

        Returns
        -------
        Shape ``(contexts, asked, genes)``.
        """
        own = np.tensordot(treatment, self._scores, axes=1).swapaxes(0, 1) @ self._basis
        added: Floats = own + presence[:, None] * self._context[:, None]
        return added

    def treatment_weights(
        self, asked: Sequence[Treatment], source: KernelSource, mixture: Mixture
    ) -> tuple[Floats, Floats]:
        """Presence of each treatment and its weights over measured ones.

        A measured treatment is itself. One that hits the same at another strength, or under another name of the
        same compound, is the mean of those, scaled by strength. Any other is found by prior similarity.

        Returns
        -------
        Shapes ``(asked,)`` and ``(asked, treatments)``.
        """
        place = {treatment: i for i, treatment in enumerate(self.treatments)}
        there = np.array([presence(t) for t in asked], dtype=np.float32)
        weights = np.zeros((len(asked), len(self.treatments)), dtype=np.float32)
        new = [row for row, treatment in enumerate(asked) if treatment not in place]
        for row, treatment in enumerate(asked):
            if treatment in place:
                weights[row, place[treatment]] = 1
                there[row] = 1
        if new:
            parts = source.parts([asked[row] for row in new], self.treatments)
            weights[new] = mixed(parts, _present(mixture, parts)) @ self.inverse
            for row, twins in zip(new, self._twins([asked[row] for row in new], parts), strict=True):
                if twins.size:
                    weights[row] = 0
                    weights[row, twins] = there[row] / self._presence[twins] / len(twins)
        return there, weights

    def _twins(self, asked: Sequence[Treatment], parts: Mapping[str, Floats]) -> list[Any]:
        """Measured treatments that hit the same as each asked one, whatever the strength."""
        part = "target" if "target" in parts else "identity"
        size = np.sqrt([sum(presence(Treatment.of(p)) ** 2 for p in t.perturbations) for t in asked])
        known = np.sqrt(
            [sum(presence(Treatment.of(p)) ** 2 for p in t.perturbations) for t in self.treatments]
        )
        same = parts[part] >= TWINS * np.maximum(np.outer(size, known), np.finfo(float).tiny)
        return [np.flatnonzero(row) for row in same]

    def context_weights(self, asked: Sequence[Context], ridge: float) -> Floats:
        """Weights over measured contexts, shape ``(asked, contexts)``; none where no covariate is shared."""
        place = {name: i for i, name in enumerate(self.contexts)}
        known = list(self.contexts.values())
        weights = np.zeros((len(asked), len(known)), dtype=np.float32)
        new = [row for row, context in enumerate(asked) if context.name not in place]
        for row, context in enumerate(asked):
            if context.name in place:
                weights[row, place[context.name]] = 1
        if new:
            gram = _alike(known, known) + ridge * np.eye(len(known))
            weights[new] = np.linalg.solve(gram, _alike(known, [asked[row].covariates for row in new])).T
        return weights

    @cached_property
    def _presence(self) -> Floats:
        return np.array([presence(t) for t in self.treatments])

    @cached_property
    def _treatment(self) -> Floats:
        return self.treatment.astype(np.float32)

    @cached_property
    def _context(self) -> Floats:
        return self.context.astype(np.float32)

    @cached_property
    def _scores(self) -> Floats:
        return self.scores.astype(np.float32)

    @cached_property
    def _basis(self) -> Floats:
        return self.basis.astype(np.float32)

    def config(self) -> dict[str, Any]:
        """Everything but arrays, as JSON."""
        contexts = {name: dict(covariates) for name, covariates in self.contexts.items()}
        return {"treatments": [str(t) for t in self.treatments], "contexts": contexts}

    def arrays(self) -> dict[str, Floats]:
        """Learned numbers by name."""
        return {name: getattr(self, name) for name in _ARRAYS}

    @classmethod
    def restore(cls, config: Mapping[str, Any], arrays: Mapping[str, Floats]) -> Self:
        """Inverse of `config` and `arrays`."""
        treatments = tuple(map(Treatment.parse, config["treatments"]))
        return cls(treatments, config["contexts"], *(arrays[name] for name in _ARRAYS))


def _present(mixture: Mixture, parts: Mapping[str, Floats]) -> Mixture:
    """The weights of those parts that the source has; of shared perturbations where it has none of them."""
    return {name: weight for name, weight in mixture.items() if name in parts} or {"identity": 1.0}


def _alike(a: Sequence[Mapping[str, str]], b: Sequence[Mapping[str, str]]) -> Floats:
    """Share of covariates that two contexts have in common, shape ``(a, b)``."""
    keys = sorted({key for covariates in (*a, *b) for key in covariates})
    total = np.zeros((len(a), len(b)))
    for key in keys:
        left, right = (np.array([c.get(key, "") for c in side], dtype=str) for side in (a, b))
        total += np.equal.outer(left, right) & (left != "")[:, None]
    return total / max(len(keys), 1)
