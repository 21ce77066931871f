"""What the combination baselines know: the shift of each perturbation alone, and the mean of all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from xpert.model.baselines.profiles import GroupMeans, Slopes, check_every_gene_is_measured, coalesce

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xpert.data.responses import Condition, Floats, Responses
    from xpert.perturbation import Perturbation


@dataclass(frozen=True, eq=False)
class Singles:
    """Shift per unit of strength of single perturbations, with the mean of everything beside them.

    Attributes
    ----------
    slopes
        One line per single perturbation and context.
    means
        Mean shift of all training conditions of each context and family, combinations too.
    """

    slopes: Slopes
    means: GroupMeans

    @classmethod
    def of(cls, responses: Responses) -> Self:
        """Collect them from the training data."""
        check_every_gene_is_measured(responses)
        return cls(Slopes.of(responses, largest=1), GroupMeans.of(responses.conditions, responses.delta))

    def alone_or_mean_single(self, perturbation: Perturbation, condition: Condition) -> Floats:
        """What a part of the condition does alone, per unit of strength, shape ``(genes,)``.

        Where it was measured alone in the context, that; else its mean over other contexts; else the mean of
        the context's singles of its modality; else the mean of all the context's conditions.
        """
        kind = perturbation.modality.value
        return coalesce(
            self._alone(perturbation, condition),
            self.slopes.mean(condition.context, kind),
            self.mean(condition),
        )

    def alone_or_mean(self, perturbation: Perturbation, condition: Condition) -> Floats:
        """As `alone_or_mean_single`, but what was never measured alone is the mean of all conditions."""
        return coalesce(self._alone(perturbation, condition), self.mean(condition))

    def mean(self, condition: Condition) -> Floats:
        """Mean shift of all training conditions like this one, shape ``(genes,)``; see `GroupMeans.rows`."""
        mean: Floats = self.means.rows([condition])[0]
        return mean

    def _alone(self, perturbation: Perturbation, condition: Condition) -> Floats:
        hit = frozenset({(perturbation.target, perturbation.modality)})
        return self.slopes.of_treatment(hit, condition.context)

    def config(self) -> dict[str, Any]:
        """Names of the rows, as JSON."""
        return {"groups": self.means.config(), "keys": self.slopes.config()}

    def arrays(self) -> dict[str, Floats]:
        """Learned numbers by name."""
        return {"means": self.means.values, "slopes": self.slopes.values}

    @classmethod
    def restore(cls, config: Mapping[str, Any], arrays: Mapping[str, Floats]) -> Self:
        """Inverse of `config` and `arrays`."""
        means = GroupMeans.restore(config["groups"], arrays["means"])
        return cls(Slopes.restore(config["keys"], arrays["slopes"]), means)
