"""A weighted average of predictors: their errors differ, so the average is often better than each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np

from xpert.model.baselines.profiles import check_kind, require_fitted
from xpert.model.baselines.targets import relative_noise
from xpert.model.predictor import Predictor
from xpert.model.question import hits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from xpert.data.responses import Condition, Context, Floats, Responses


class StoredPredictor(Predictor, Protocol):
    """A predictor whose fitted state is JSON and arrays."""

    def config(self) -> dict[str, Any]:
        """Everything but arrays, as JSON; ``kind`` names the class in `registry.BASELINES`."""
        ...

    def arrays(self) -> dict[str, Floats]:
        """Learned numbers by name."""
        ...


class Weighting(StrEnum):
    """How the members of a blend are weighed."""

    EQUAL = "equal"
    STACKED = "stacked"


@dataclass(frozen=True, eq=False)
class Blend:
    """Weighted average of predictors.

    Equal weights need no data. Stacked weights (Breiman 1996) are the non-negative least-squares weights of
    the members' predictions for treatments that were left out, each row weighted by its noise.

    Attributes
    ----------
    members
        The predictors.
    weighting
        How they are weighed.
    title
        Name as shown beside a score.
    folds
        Parts into which training treatments are cut to find stacked weights.
    weights
        One per member; None before `fit`.
    """

    members: tuple[StoredPredictor, ...]
    weighting: Weighting = Weighting.EQUAL
    title: str = "blend"
    folds: int = 5
    weights: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        if not self.members:
            raise ValueError("a blend needs at least one member")
        if self.weights is not None and len(self.weights) != len(self.members):
            raise ValueError(f"{len(self.members)} members, but {len(self.weights)} weights")

    @property
    def name(self) -> str:
        """Name as shown beside a score."""
        return self.title

    def fit(self, responses: Responses) -> Self:
        """Fit every member, and find the weights."""
        weights = self._equal() if self.weighting is Weighting.EQUAL else self._stacked(responses)
        return replace(self, members=tuple(m.fit(responses) for m in self.members), weights=weights)

    def predict(self, conditions: Sequence[Condition], contexts: Mapping[str, Context]) -> Floats:
        """Weighted mean shift, shape ``(conditions, genes)``."""
        weights = require_fitted(self.weights, self.name)
        parts = [w * m.predict(conditions, contexts) for w, m in zip(weights, self.members, strict=True)]
        total: Floats = np.sum(parts, axis=0)
        return total

    def config(self) -> dict[str, Any]:
        """Everything but arrays, as JSON."""
        return {
            "kind": "blend",
            "title": self.title,
            "weighting": self.weighting.value,
            "folds": self.folds,
            "weights": list(require_fitted(self.weights, self.name)),
            "members": [member.config() for member in self.members],
        }

    def arrays(self) -> dict[str, Floats]:
        """Learned numbers by name; a member's stand under its number."""
        return {
            f"{number}.{name}": values
            for number, member in enumerate(self.members)
            for name, values in member.arrays().items()
        }

    @classmethod
    def restore(cls, config: Mapping[str, Any], arrays: Mapping[str, Floats]) -> Self:
        """Inverse of `config` and `arrays`."""
        from xpert.model.baselines.registry import restore_members

        check_kind(config, "blend")
        members = restore_members(config["members"], arrays)
        weighting, weights = Weighting(config["weighting"]), tuple(config["weights"])
        return cls(members, weighting, config["title"], config["folds"], weights)

    def _equal(self) -> tuple[float, ...]:
        return (1 / len(self.members),) * len(self.members)

    def _stacked(self, responses: Responses) -> tuple[float, ...]:
        from scipy.optimize import nnls

        fold = _folds(responses.conditions, self.folds)
        if fold.max(initial=0) < 1:
            return self._equal()
        left_out = np.zeros((len(self.members), *responses.delta.shape))
        for number in range(fold.max() + 1):
            train, test = responses.take(np.flatnonzero(fold != number)), np.flatnonzero(fold == number)
            asked = [responses.conditions[i] for i in test]
            for row, member in enumerate(self.members):
                left_out[row, test] = member.fit(train).predict(asked, responses.context)
        measured = np.isfinite(responses.delta)
        weight = np.broadcast_to(1 / np.sqrt(relative_noise(responses))[:, None], measured.shape)[measured]
        design = left_out[:, measured] * weight
        # The normal equations hold all that the weights need, whatever the number of genes.
        gram, target = design @ design.T, design @ (responses.delta[measured] * weight)
        factor = np.linalg.cholesky(gram + 1e-9 * np.trace(gram) * np.eye(len(gram)))
        weights, _ = nnls(factor.T, np.linalg.solve(factor, target))
        return tuple(float(w) for w in weights)


def _folds(conditions: Sequence[Condition], count: int) -> npt.NDArray[np.intp]:
    """Fold of each condition; a treatment stays whole, and the order of conditions does not matter."""
    names = ["|".join(sorted(f"{t}:{m}" for t, m in hits(c.treatment.active))) for c in conditions]
    distinct, group = np.unique(names, return_inverse=True)
    order = np.random.default_rng(0).permutation(len(distinct))
    folds: npt.NDArray[np.intp] = order[group] % max(1, min(count, len(distinct)))
    return folds
