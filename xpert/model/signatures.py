"""What each measured treatment does, as one centred response, so that treatments of all contexts can be compared."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np

from xpert.model.baselines.profiles import family
from xpert.model.question import hits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from xpert.data.responses import Condition, Floats
    from xpert.perturbation import Treatment

FEWEST = 3


@dataclass(frozen=True, eq=False)
class Signatures:
    """One response per measured treatment: the mean over its contexts of what sets it apart there.

    Attributes
    ----------
    treatments
        Every measured treatment once, in the order of the conditions.
    values
        Mean over the contexts of a treatment of its shift minus that of the centre, shape ``(treatments, genes)``; 0
        where a gene was measured in none.
    centres
        Mean shift of all treatments of a kind (``compound``, ``crispra``, …) in a context, where there are at least
        three: what everything does there, such as stress.
    """

    treatments: tuple[Treatment, ...]
    values: Floats
    centres: Mapping[tuple[str, str], Floats]

    @classmethod
    def of(cls, conditions: Sequence[Condition], delta: Floats) -> Self:
        """Centre and average measured shifts, shape ``(conditions, genes)``, NaN where not measured."""
        groups: dict[tuple[str, str], list[int]] = {}
        for row, condition in enumerate(conditions):
            groups.setdefault((condition.context, kind(condition.treatment)), []).append(row)
        centres = {
            group: _mean(delta[rows]).astype(np.float32)
            for group, rows in groups.items()
            if len(rows) >= FEWEST
        }
        active = [c.treatment.active for c in conditions]
        treatments = tuple(dict.fromkeys(active))
        return cls(treatments, _averaged(active, treatments, _centred(conditions, delta, centres)), centres)

    @cached_property
    def places(self) -> Mapping[Treatment, int]:
        """Row of each treatment."""
        return {treatment: row for row, treatment in enumerate(self.treatments)}

    def of_shifts(
        self, conditions: Sequence[Condition], delta: Floats
    ) -> tuple[tuple[Treatment, ...], Floats]:
        """The same of other conditions: their treatments, each once, and their signatures ``(treatments, genes)``."""
        active = [c.treatment.active for c in conditions]
        treatments = tuple(dict.fromkeys(active))
        return treatments, _averaged(active, treatments, _centred(conditions, delta, self.centres))


def kind(treatment: Treatment) -> str:
    """The modalities of a treatment, each once."""
    return family(hits(treatment.active))


def _centred(
    conditions: Sequence[Condition], delta: Floats, centres: Mapping[tuple[str, str], Floats]
) -> Floats:
    nothing = np.zeros(delta.shape[1], dtype=np.float32)
    return np.stack(
        [
            row - centres.get((c.context, kind(c.treatment)), nothing)
            for c, row in zip(conditions, delta, strict=True)
        ]
    )


def _averaged(active: Sequence[Treatment], treatments: Sequence[Treatment], rows: Floats) -> Floats:
    place = {treatment: i for i, treatment in enumerate(treatments)}
    owner: npt.NDArray[np.integer] = np.array([place[treatment] for treatment in active])
    total = np.zeros((len(treatments), rows.shape[1]))
    count = np.zeros_like(total)
    measured = np.isfinite(rows)
    np.add.at(total, owner, np.where(measured, rows, 0.0))
    np.add.at(count, owner, measured)
    mean: Floats = (total / np.maximum(count, 1)).astype(np.float32)
    return mean


def _mean(rows: Floats) -> Floats:
    measured = np.isfinite(rows)
    mean: Floats = np.where(measured, rows, 0.0).sum(axis=0) / np.maximum(measured.sum(axis=0), 1)
    return mean
