"""The mean over contexts: a treatment does here what it does elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from xpert.model.baselines.profiles import (
    GroupMeans,
    Slopes,
    check_every_gene_is_measured,
    check_kind,
    coalesce,
    mean_measured,
    presence,
    require_fitted,
    shifts,
)
from xpert.model.question import hits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xpert.data.responses import Condition, Context, Floats, Responses


@dataclass(frozen=True, eq=False)
class ContextMean:
    """Mean over the contexts of the treatment's own shift, times its strength.

    A treatment that was measured nowhere gets the mean of all conditions of the context, which is
    `MeanShift`. Elsewhere the two are known as the perturbation mean and the context mean.

    Attributes
    ----------
    slopes
        One line per treatment, its mean over contexts; None before `fit`.
    means
        Mean shift of each context; None before `fit`.
    """

    slopes: Slopes | None = None
    means: GroupMeans | None = None

    @property
    def name(self) -> str:
        """Name as shown beside a score."""
        return "mean over contexts"

    def fit(self, responses: Responses) -> Self:
        """Average what each treatment does over the contexts where it was measured."""
        check_every_gene_is_measured(responses)
        return type(self)(
            Slopes.of(responses).averaged(), GroupMeans.of(responses.conditions, responses.delta)
        )

    def predict(self, conditions: Sequence[Condition], contexts: Mapping[str, Context]) -> Floats:
        """Mean of the treatment over contexts, shape ``(conditions, genes)``."""
        slopes = require_fitted(self.slopes, self.name)
        means = require_fitted(self.means, self.name)

        def shift(condition: Condition) -> Floats:
            measured = slopes.everywhere(hits(condition.treatment.active))
            profile = coalesce(mean_measured(measured), means.rows([condition])[0])
            return presence(condition.treatment) * profile

        return shifts(conditions, means.genes, shift)

    def config(self) -> dict[str, Any]:
        """Everything but arrays, as JSON."""
        slopes, means = require_fitted(self.slopes, self.name), require_fitted(self.means, self.name)
        return {"kind": "context_mean", "groups": means.config(), "keys": slopes.config()}

    def arrays(self) -> dict[str, Floats]:
        """Learned numbers by name."""
        slopes, means = require_fitted(self.slopes, self.name), require_fitted(self.means, self.name)
        return {"means": means.values, "slopes": slopes.values}

    @classmethod
    def restore(cls, config: Mapping[str, Any], arrays: Mapping[str, Floats]) -> Self:
        """Inverse of `config` and `arrays`."""
        check_kind(config, "context_mean")
        slopes = Slopes.restore(config["keys"], arrays["slopes"])
        return cls(slopes, GroupMeans.restore(config["groups"], arrays["means"]))
