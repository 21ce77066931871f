"""What was measured of a gene or a set: under the treatment itself, and under the treatments nearest to it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from xpert.model.own_names import OwnNames
from xpert.model.question import hits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

    from xpert.data.responses import Condition, Floats
    from xpert.model.bundle import Bundle
    from xpert.perturbation import Treatment
    from xpert.prediction.prediction import Prediction

# Half width of a 90 % interval of a mean in standard errors.
WIDTH = 1.6449
# How many conditions are given in all, and of one relation.
MOST, MOST_OF_ONE = 14, 5


class Relation(StrEnum):
    """How a measured condition stands to the one that is asked about."""

    SAME = "this treatment in these cells"
    ELSEWHERE = "this treatment in other cells"
    STRENGTH = "this treatment at another strength"
    PART = "one part of it alone"
    WITH_OTHERS = "this treatment with others"
    NEAR = "a near treatment"


@dataclass(frozen=True)
class MeasuredShift:
    """A measured condition and what it did to the genes of a hypothesis.

    Attributes
    ----------
    treatment
        What was measured.
    context
        Where.
    relation
        How it stands to the question.
    distance
        From 0 (same targets) to 1 (nothing known in common).
    shift
        Mean measured shift of the genes, in the readout.
    half_width
        Half of the 90 % interval of that mean by the spread over cells, as if the genes went together; NaN where
        the data hold no spread.
    cells
        Cells or arrays behind it.
    beyond
        Share of the other treatments measured in the same cells that moved the genes less far in this direction; NaN
        where it is the only one.
    """

    treatment: Treatment
    context: str
    relation: Relation
    distance: float
    shift: float
    half_width: float
    cells: int
    beyond: float

    @property
    def label(self) -> str:
        """The treatment and where it was measured."""
        return f"{self.treatment} in {self.context}"


def measured_shifts(
    bundle: Bundle, prediction: Prediction, genes: Sequence[str], *, most: int = MOST
) -> tuple[MeasuredShift, ...]:
    """What was measured of some genes under a treatment and under those nearest to it, the closest first.

    Parameters
    ----------
    bundle
        Holds the measurements.
    prediction
        Its treatment and context are asked about; its evidence names the nearest measured treatments.
    genes
        As the bundle calls them.
    most
        How many to give.
    """
    place = {gene: i for i, gene in enumerate(bundle.genes)}
    board = _Board(bundle, np.array([place[g] for g in genes], dtype=np.intp))
    asked = OwnNames.of(bundle).treatment(prediction.treatment).active
    conditions, cells = bundle.training.conditions, bundle.training.cells
    near = {(n.treatment, n.context): n.distance for n in prediction.evidence.nearest}
    found = list(_related(conditions, asked, prediction.context, near))
    ranks = list(Relation)
    found.sort(
        key=lambda f: (
            ranks.index(f[1]),
            f[2],
            conditions[f[0]].context != prediction.context,
            -int(cells[f[0]]),
        )
    )
    taken = Counter[Relation]()
    shifts = []
    for row, relation, distance in found:
        shift = board.shift(row, relation, distance)
        if np.isfinite(shift.shift) and taken[relation] < MOST_OF_ONE:
            taken[relation] += 1
            shifts.append(shift)
    return tuple(shifts[:most])


@dataclass(frozen=True, eq=False)
class _Board:
    """A bundle's measurements of some genes."""

    bundle: Bundle
    genes: npt.NDArray[np.intp]

    def means(self, rows: npt.NDArray[np.intp]) -> Floats:
        """Mean shift of the genes in each row, NaN where none was measured."""
        values = np.asarray(self.bundle.training.delta[np.ix_(rows, self.genes)], dtype=float)
        known = np.isfinite(values)
        total = np.where(known, values, 0.0).sum(axis=1)
        means: Floats = np.where(known.any(axis=1), total / np.maximum(known.sum(axis=1), 1), np.nan)
        return means

    def shift(self, row: int, relation: Relation, distance: float) -> MeasuredShift:
        training = self.bundle.training
        condition, cells = training.conditions[row], int(training.cells[row])
        mean = float(self.means(np.array([row]))[0])
        here = [i for i, c in enumerate(training.conditions) if c.context == condition.context and i != row]
        others = self.means(np.array(here, dtype=np.intp))
        others = others[np.isfinite(others)] * (np.sign(mean) or 1.0)
        beyond = float((others < abs(mean)).mean()) if len(others) else float("nan")
        return MeasuredShift(
            condition.treatment, condition.context, relation, distance, mean, self._half(condition, cells), cells, beyond
        )  # fmt: skip

    def _half(self, condition: Condition, cells: int) -> float:
        context = self.bundle.contexts[condition.context]
        spread = float(np.mean(context.spread[self.genes]))
        if not np.isfinite(spread) or cells < 1 or context.cells < 1:
            return float("nan")
        return WIDTH * spread * float(np.sqrt(1 / cells + 1 / context.cells))


def _related(
    conditions: Sequence[Condition],
    asked: Treatment,
    context: str,
    near: Mapping[tuple[Treatment, str], float],
) -> Iterator[tuple[int, Relation, float]]:
    """Rows that say something of the question."""
    own = hits(asked)
    for row, condition in enumerate(conditions):
        treatment = condition.treatment.active
        own_here = hits(treatment)
        if treatment == asked:
            relation = Relation.SAME if condition.context == context else Relation.ELSEWHERE
            yield row, relation, 0.0
        elif own_here == own:
            yield row, Relation.STRENGTH, 0.0
        elif own_here < own:
            yield row, Relation.PART, near.get((treatment, condition.context), 1 - len(own_here) / len(own))
        elif own < own_here:
            yield (
                row,
                Relation.WITH_OTHERS,
                near.get((treatment, condition.context), 1 - len(own) / len(own_here)),
            )
        elif (treatment, condition.context) in near:
            yield row, Relation.NEAR, near[treatment, condition.context]
