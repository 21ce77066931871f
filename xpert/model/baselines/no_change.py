"""No change: the answer that any claim of an effect has to beat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from xpert.model.baselines.profiles import check_every_gene_is_measured, check_kind, require_fitted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xpert.data.responses import Condition, Context, Floats, Responses


@dataclass(frozen=True, eq=False)
class NoChange:
    """Every gene stays as it is in control.

    Attributes
    ----------
    genes
        How many genes the training data have; None before `fit`.
    """

    genes: int | None = None

    @property
    def name(self) -> str:
        """Name as shown beside a score."""
        return "no change"

    def fit(self, responses: Responses) -> Self:
        """Take note of the genes."""
        check_every_gene_is_measured(responses)
        return type(self)(len(responses.genes))

    def predict(self, conditions: Sequence[Condition], contexts: Mapping[str, Context]) -> Floats:
        """Zeros, shape ``(conditions, genes)``."""
        return np.zeros((len(conditions), require_fitted(self.genes, self.name)))

    def config(self) -> dict[str, Any]:
        """Everything but arrays, as JSON."""
        return {"kind": "no_change", "genes": self.genes}

    def arrays(self) -> dict[str, Floats]:
        """Nothing is learned."""
        return {}

    @classmethod
    def restore(cls, config: Mapping[str, Any], arrays: Mapping[str, Floats]) -> Self:
        """Inverse of `config` and `arrays`."""
        check_kind(config, "no_change")
        return cls(config["genes"])
