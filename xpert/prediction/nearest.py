"""Which measured treatments lie nearest to the one that is asked about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xpert.data.responses import Condition
    from xpert.model.novelty import Novelty
    from xpert.perturbation import Treatment


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A measured treatment and how far it lies from the one that is asked about.

    Attributes
    ----------
    treatment
        What was measured.
    context
        Where: the context that is asked about if it was measured there, else the first one.
    distance
        One minus the cosine of what is known of the two treatments (`Novelty.cosine`): 0 for the same targets,
        1 for two that share nothing known, more for one that does the opposite.
    """

    treatment: Treatment
    context: str
    distance: float


@dataclass(frozen=True, eq=False)
class MeasuredTreatments:
    """Every measured treatment, ready to be compared with.

    Attributes
    ----------
    contexts
        For each treatment, the contexts in which it was measured.
    novelty
        Gives the similarity.
    """

    contexts: Mapping[Treatment, Sequence[str]]
    novelty: Novelty

    @classmethod
    def of(cls, training: Sequence[Condition], novelty: Novelty) -> MeasuredTreatments:
        """Collect the treatments of measured conditions."""
        where: dict[Treatment, list[str]] = {}
        for condition in training:
            where.setdefault(condition.treatment.active, []).append(condition.context)
        return cls(where, novelty)

    def where(self, treatment: Treatment) -> Sequence[str]:
        """Contexts in which a treatment was measured, none where it was not."""
        return self.contexts.get(treatment, ())

    def nearest(
        self, asked: Sequence[Treatment], context: str, *, count: int = 5
    ) -> list[tuple[Neighbour, ...]]:
        """The nearest measured treatments of each treatment that is asked about, nearest first.

        Parameters
        ----------
        asked
            Without control, which is near to nothing.
        context
            Name of the context that is asked about.
        count
            How many to give for each.
        """
        if not asked:
            return []
        distance = np.maximum(1.0 - self.novelty.cosine(asked), 0.0)
        order = np.argsort(distance, axis=1, kind="stable")[:, :count]
        return [
            tuple(self._neighbour(i, context, float(row[i])) for i in nearest)
            for row, nearest in zip(distance, order, strict=True)
        ]

    def _neighbour(self, place: int, context: str, distance: float) -> Neighbour:
        treatment = self.novelty.treatments[place]
        measured = self.contexts[treatment]
        return Neighbour(treatment, context if context in measured else measured[0], round(distance, 6))
