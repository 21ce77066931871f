"""A few rows of one context, added to fitted factors without a refit.

What the fit leaves of these rows is explained in two steps: first by the other contexts (which of them does this
one resemble, in effects and interactions), by a ridge regression over all genes at once; then, per gene, by a
Gaussian process with an offset that all treatments share and a part for similar treatments.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xpert.data.responses import Floats
    from xpert.model.baselines.factors_state import FactorsState

_ARRAYS = ("weights", "presence", "treatments", "dual", "variances")


@dataclass(frozen=True)
class SupportSettings:
    """How much the added rows are trusted, on the scale of the variances that the fit found.

    Attributes
    ----------
    ridge
        Shrinkage of the resemblance to other contexts.
    offset, interaction, noise
        Factors on the variance of a context's effect, of an interaction, and of noise.
    """

    ridge: float = 1.0
    offset: float = 1.0
    interaction: float = 1.0
    noise: float = 1.0

    def __post_init__(self) -> None:
        if min(self.ridge, self.offset, self.interaction, self.noise) <= 0:
            raise ValueError("factors of a support set are positive")


@dataclass(frozen=True, eq=False)
class Correction:
    """What the added rows of one context say.

    Attributes
    ----------
    context
        Its name.
    weights
        Resemblance to every measured context, shape ``(contexts,)``.
    presence
        How far the treatment of each added row is there at all, shape ``(added,)``.
    treatments
        Weights of each added row over measured treatments, shape ``(added, treatments)``.
    dual
        Coefficients of the process, shape ``(added, genes)``.
    variances
        Variance of the context's own effect and of its own interactions, shape ``(2,)``.
    """

    context: str
    weights: Floats
    presence: Floats
    treatments: Floats
    dual: Floats
    variances: Floats

    @classmethod
    def of(
        cls,
        context: str,
        state: FactorsState,
        asked: tuple[Floats, Floats, Floats],
        delta: Floats,
        settings: SupportSettings,
    ) -> Self:
        """Fit to added rows.

        Parameters
        ----------
        context
            Its name.
        state
            What was learned.
        asked
            Presence and weights of the added rows, as `FactorsState.shift` takes them.
        delta
            Their measured shifts, NaN where not measured, shape ``(added, genes)``.
        settings
            How much they are trusted.
        """
        presence, treatments, _ = asked
        offset, interaction, noise = (float(v) for v in state.variances)
        variances = np.array([settings.offset * offset, settings.interaction * interaction])
        is_measured = np.isfinite(delta)
        left = np.nan_to_num(delta - state.shift(*asked))
        # What was not measured tells nothing of which contexts this one resembles.
        others = state.by_context(presence, treatments) * is_measured
        weights = _resemblance(others, left, settings.ridge * (interaction + noise) * len(others))
        left = left - np.tensordot(weights, others, axes=1)
        empty = cls(context, weights, presence, treatments, np.zeros((0, left.shape[1])), variances)
        kernel = empty.between(presence, treatments, state)
        kernel[np.diag_indices_from(kernel)] += settings.noise * noise
        return replace(empty, dual=np.linalg.solve(kernel, left).astype(np.float32))

    def between(self, presence: Floats, treatments: Floats, state: FactorsState) -> Floats:
        """Covariance of asked conditions with the added rows, shape ``(asked, added)``."""
        alike = treatments @ state.likeness @ self.treatments.T
        shared = np.outer(presence, self.presence)
        covariance: Floats = self.variances[0] * shared + self.variances[1] * alike
        return covariance

    def shift(self, state: FactorsState, presence: Floats, treatment: Floats) -> Floats:
        """What is added to the answers for this context, shape ``(asked, genes)``."""
        repeated = np.repeat(self.weights[None], len(presence), axis=0)
        others = state.added(presence, treatment, repeated)
        shift: Floats = others + self.between(presence, treatment, state) @ self.dual
        return shift

    def influence(self, state: FactorsState, presence: Floats, treatment: Floats) -> Floats:
        """Size over genes of the term of each added row, shape ``(asked, added)``."""
        sizes: Floats = np.linalg.norm(self.dual, axis=1)
        influence: Floats = np.abs(self.between(presence, treatment, state)) * sizes
        return influence

    def arrays(self) -> dict[str, Floats]:
        """Learned numbers by name."""
        return {name: getattr(self, name) for name in _ARRAYS}

    @classmethod
    def restore(cls, context: str, arrays: Mapping[str, Floats]) -> Self:
        """Inverse of `arrays`."""
        return cls(context, *(arrays[name] for name in _ARRAYS))


def _resemblance(others: Floats, left: Floats, ridge: float) -> Floats:
    """Ridge regression of what is left on the same rows in every other context, shape ``(contexts,)``."""
    design = others.reshape(len(others), -1).astype(float)
    gram = design @ design.T + ridge * np.eye(len(design))
    weights: Floats = np.linalg.solve(gram, design @ left.ravel())
    return weights
