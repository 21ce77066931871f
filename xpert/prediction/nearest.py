"""Which measured treatments lie nearest to the one that is asked about."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xpert.data.responses import Condition, Floats
    from xpert.features.treatments import TreatmentFeatures
    from xpert.perturbation import Treatment

_BLOCK = 64


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
        One minus the cosine of the two treatments' features (`TreatmentFeatures.kernel`): 0 for the
        same treatment, 1 for one that shares nothing known with it, more for one that does the opposite.
    """

    treatment: Treatment
    context: str
    distance: float


@dataclass(frozen=True, eq=False)
class MeasuredTreatments:
    """Every measured treatment once, ready to be compared with.

    Attributes
    ----------
    treatments
        Without repeats.
    contexts
        For each treatment, the contexts in which it was measured.
    length
        Norm of each treatment's features, shape ``(treatments,)``.
    features
        Gives the similarity.
    """

    treatments: tuple[Treatment, ...]
    contexts: tuple[tuple[str, ...], ...]
    length: Floats
    features: TreatmentFeatures

    @classmethod
    def of(cls, training: Sequence[Condition], features: TreatmentFeatures) -> MeasuredTreatments:
        """Collect the treatments of measured conditions."""
        where: dict[Treatment, list[str]] = {}
        for condition in training:
            where.setdefault(condition.treatment.active, []).append(condition.context)
        treatments = tuple(where)
        length = _kept_length(treatments, features)
        return cls(treatments, tuple(map(tuple, where.values())), length, features)

    @cached_property
    def _place(self) -> dict[Treatment, int]:
        return {treatment: i for i, treatment in enumerate(self.treatments)}

    def where(self, treatment: Treatment) -> tuple[str, ...]:
        """Contexts in which a treatment was measured, none where it was not."""
        place = self._place.get(treatment)
        return () if place is None else self.contexts[place]

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
        if not asked or not self.treatments:
            return [()] * len(asked)
        product = np.asarray(self.features.kernel(asked, self.treatments), dtype=np.float64)
        lengths = np.outer(_length(asked, self.features), self.length)
        cosine = np.divide(product, lengths, out=np.zeros_like(product), where=lengths > 0)
        distance = np.clip(1.0 - cosine, 0.0, None)
        order = np.argsort(distance, axis=1, kind="stable")[:, :count]
        return [
            tuple(self._neighbour(i, context, float(row[i])) for i in nearest)
            for row, nearest in zip(distance, order, strict=True)
        ]

    def _neighbour(self, place: int, context: str, distance: float) -> Neighbour:
        measured = self.contexts[place]
        shown = context if context in measured else measured[0]
        return Neighbour(self.treatments[place], shown, round(distance, 6))


@lru_cache(maxsize=8)
def _kept_length(treatments: tuple[Treatment, ...], features: TreatmentFeatures) -> Floats:
    """`_length` of a model's training treatments, which every prediction of that model needs."""
    length = _length(treatments, features)
    length.flags.writeable = False
    return length


def _length(treatments: Sequence[Treatment], features: TreatmentFeatures) -> Floats:
    """Norm of each treatment's features, in blocks: only the diagonal of the kernel is wanted."""
    blocks = [treatments[i : i + _BLOCK] for i in range(0, len(treatments), _BLOCK)]
    squares = [np.diagonal(np.asarray(features.kernel(b, b), dtype=np.float64)) for b in blocks]
    return np.sqrt(np.maximum(np.concatenate(squares), 0.0)) if squares else np.zeros(0)
