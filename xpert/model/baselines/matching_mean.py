"""The matching mean: a combination looks like the average of its parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from xpert.model.baselines.profiles import check_kind, require_fitted, shifts, strength_of
from xpert.model.baselines.singles import Singles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xpert.data.responses import Condition, Context, Floats, Responses


@dataclass(frozen=True, eq=False)
class MatchingMean:
    """Mean of the shifts of the parts, each times its strength.

    A part that was never measured alone counts as the mean of all conditions of the context
    (the matching mean of Viñas Torné et al. 2025).

    Attributes
    ----------
    singles
        What was learned; None before `fit`.
    """

    singles: Singles | None = None

    @property
    def name(self) -> str:
        """Name as shown beside a score."""
        return "matching mean"

    def fit(self, responses: Responses) -> Self:
        """Collect what each perturbation does alone."""
        return type(self)(Singles.of(responses))

    def predict(self, conditions: Sequence[Condition], contexts: Mapping[str, Context]) -> Floats:
        """Mean of the parts, shape ``(conditions, genes)``."""
        singles = require_fitted(self.singles, self.name)
        return shifts(conditions, singles.means.genes, lambda c: _average(singles, c))

    def config(self) -> dict[str, Any]:
        """Everything but arrays, as JSON."""
        return {"kind": "matching_mean", **require_fitted(self.singles, self.name).config()}

    def arrays(self) -> dict[str, Floats]:
        """Learned numbers by name."""
        return require_fitted(self.singles, self.name).arrays()

    @classmethod
    def restore(cls, config: Mapping[str, Any], arrays: Mapping[str, Floats]) -> Self:
        """Inverse of `config` and `arrays`."""
        check_kind(config, "matching_mean")
        return cls(Singles.restore(config, arrays))


def _average(singles: Singles, condition: Condition) -> Floats:
    parts = [strength_of(p) * singles.alone_or_mean(p, condition) for p in condition.treatment.active.ordered]
    mean: Floats = np.mean(parts, axis=0)
    return mean
