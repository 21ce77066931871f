"""What the combination baselines know: the shift of each perturbation alone, and the mean of all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from xpert.model.baselines.profiles import ContextMeans, Slopes, check_every_gene_is_measured, coalesce

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xpert.data.responses import Floats, Responses
    from xpert.model.question import Hit


@dataclass(frozen=True, eq=False)
class Singles:
    """Shift per unit of strength of single perturbations, with the mean of everything beside them.

    Attributes
    ----------
    slopes
        One line per single perturbation and context.
    means
        Mean shift of all training conditions of each context, combinations too.
    """

    slopes: Slopes
    means: ContextMeans

    @classmethod
    def of(cls, responses: Responses) -> Self:
        """Collect them from the training data."""
        check_every_gene_is_measured(responses)
        return cls(Slopes.of(responses, largest=1), ContextMeans.of(responses.conditions, responses.delta))

    def alone(self, hit: Hit, context: str) -> Floats:
        """The shift where it was measured alone in the context, else its mean over other contexts, else NaN."""
        return self.slopes.of_treatment(frozenset({hit}), context)

    def alone_or_mean_single(self, hit: Hit, context: str) -> Floats:
        """As `alone`; where it was measured nowhere, the mean of the context's singles stands in."""
        return coalesce(self.alone(hit, context), self.slopes.mean(context), self.mean(context))

    def alone_or_mean(self, hit: Hit, context: str) -> Floats:
        """As `alone`; where it was measured nowhere, the mean of all the context's conditions stands in."""
        return coalesce(self.alone(hit, context), self.mean(context))

    def mean(self, context: str) -> Floats:
        """Mean shift of all training conditions of the context, shape ``(genes,)``."""
        mean: Floats = self.means.rows([context])[0]
        return mean

    def config(self) -> dict[str, Any]:
        """Names of the rows, as JSON."""
        return {"contexts": list(self.means.contexts), "keys": self.slopes.config()}

    def arrays(self) -> dict[str, Floats]:
        """Learned numbers by name."""
        return {"means": self.means.values, "slopes": self.slopes.values}

    @classmethod
    def restore(cls, config: Mapping[str, Any], arrays: Mapping[str, Floats]) -> Self:
        """Inverse of `config` and `arrays`."""
        means = ContextMeans(tuple(config["contexts"]), arrays["means"])
        return cls(Slopes.restore(config["keys"], arrays["slopes"]), means)
