"""The mean shift: what all training treatments of a context have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from xpert.model.baselines.profiles import (
    GroupMeans,
    check_every_gene_is_measured,
    check_kind,
    presence,
    require_fitted,
    shifts,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xpert.data.responses import Condition, Context, Floats, Responses


@dataclass(frozen=True, eq=False)
class MeanShift:
    """Mean of the training shifts of the context, or of all where it has none, times the strength.

    Only treatments of the same modality count, where there are any: see `GroupMeans`.

    Attributes
    ----------
    means
        What was learned; None before `fit`.
    """

    means: GroupMeans | None = None

    @property
    def name(self) -> str:
        """Name as shown beside a score."""
        return "mean shift"

    def fit(self, responses: Responses) -> Self:
        """Average the training shifts, leaving out what was not measured."""
        check_every_gene_is_measured(responses)
        return type(self)(GroupMeans.of(responses.conditions, responses.delta))

    def predict(self, conditions: Sequence[Condition], contexts: Mapping[str, Context]) -> Floats:
        """Mean shift of each condition's context, shape ``(conditions, genes)``."""
        means = require_fitted(self.means, self.name)
        return shifts(conditions, means.genes, lambda c: presence(c.treatment) * means.rows([c])[0])

    def config(self) -> dict[str, Any]:
        """Everything but arrays, as JSON."""
        return {"kind": "mean_shift", "groups": require_fitted(self.means, self.name).config()}

    def arrays(self) -> dict[str, Floats]:
        """Learned numbers by name."""
        return {"means": require_fitted(self.means, self.name).values}

    @classmethod
    def restore(cls, config: Mapping[str, Any], arrays: Mapping[str, Floats]) -> Self:
        """Inverse of `config` and `arrays`."""
        check_kind(config, "mean_shift")
        return cls(GroupMeans.restore(config["groups"], arrays["means"]))
