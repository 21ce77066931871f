"""Reference baselines of hepatocytes under low, middle and high doses; they know which level a concentration is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Self

import numpy as np

from xpert.evaluation.reference.tuned import RIDGES, Tuning, negative_error, ridge_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from xpert.data.responses import Condition, Context, Floats, Responses
    from xpert.evaluation.reference.drugs import Drug

    Rows = npt.NDArray[np.intp]

# Compound, hours and level of a condition.
Place = tuple[str, float, str]
LOW, MIDDLE, HIGH = "Low", "Middle", "High"


class Interpolation(StrEnum):
    """How the middle dose is made from the low and the high one."""

    BLEND = "learned blend of low and high"
    AVERAGE = "mean of low and high"
    OTHERS = "mean middle of other compounds"


@dataclass(frozen=True, eq=False)
class MiddleDose:
    """The middle dose from the low and high dose of the same compound and time.

    Attributes
    ----------
    way
        How.
    places
        What each condition is.
    learned
        What was learned from; None before `fit`.
    """

    way: Interpolation
    places: Mapping[Condition, Place]
    learned: Mapping[Place, Floats] | None = None

    @property
    def name(self) -> str:
        """Name as shown beside a score."""
        return self.way.value

    def fit(self, responses: Responses) -> Self:
        """Keep what was measured."""
        rows = responses.delta.astype(float)
        learned = {self.places[c]: row for c, row in zip(responses.conditions, rows, strict=True)}
        return replace(self, learned=learned)

    def predict(self, conditions: Sequence[Condition], contexts: Mapping[str, Context]) -> Floats:
        """Mean shift, shape ``(conditions, genes)``."""
        del contexts
        return np.array([self._middle(*self.places[c][:2]) for c in conditions])

    def _middle(self, compound: str, hours: float) -> Floats:
        learned = self.learned or {}
        others = [
            (learned[d, t, LOW], learned[d, t, HIGH], learned[d, t, MIDDLE])
            for d, t, level in learned
            if t == hours and level == MIDDLE and {(d, t, LOW), (d, t, HIGH)} <= learned.keys()
        ]
        if self.way is Interpolation.OTHERS:
            mean: Floats = np.mean([middle for *_, middle in others], axis=0)
            return mean
        pair = np.array([learned[compound, hours, LOW], learned[compound, hours, HIGH]])
        weights = np.full(2, 0.5)
        if self.way is Interpolation.BLEND:
            ends = np.array([np.ravel([row[side] for row in others]) for side in (0, 1)])
            middles = np.ravel([row[2] for row in others])
            weights = np.linalg.solve(ends @ ends.T, ends @ middles)
        blended: Floats = weights @ pair
        return blended


@dataclass(frozen=True, eq=False)
class ByLevel:
    """A compound that was never measured: one regression for each time and level.

    Attributes
    ----------
    title
        Name as shown beside a score.
    places
        What each condition is.
    drugs
        Every compound by name.
    kernels
        Similarities to choose from, each of shape ``(drugs, drugs)``; none gives the mean.
    seed
        Of the inner folds.
    learned
        What was learned from; None before `fit`.
    """

    title: str
    places: Mapping[Condition, Place]
    drugs: Mapping[str, Drug]
    kernels: Mapping[str, Floats]
    seed: int
    learned: Responses | None = None

    @property
    def name(self) -> str:
        """Name as shown beside a score."""
        return self.title

    def fit(self, responses: Responses) -> Self:
        """Keep what was measured."""
        return replace(self, learned=responses)

    def predict(self, conditions: Sequence[Condition], contexts: Mapping[str, Context]) -> Floats:
        """Mean shift, shape ``(conditions, genes)``."""
        del contexts
        if self.learned is None:
            raise ValueError(f"{self.name} was asked before it was fitted")
        shift = np.zeros((len(conditions), len(self.learned.genes)))
        asked = [self.places[c] for c in conditions]
        for slot in sorted({place[1:] for place in asked}):
            rows = [i for i, place in enumerate(asked) if place[1:] == slot]
            shift[rows] = self._slot(slot, [asked[i][0] for i in rows], self.learned)
        return shift

    def _slot(self, slot: tuple[float, str], asked: list[str], learned: Responses) -> Floats:
        places = [self.places[c] for c in learned.conditions]
        known = {place[0]: row for row, place in enumerate(places) if place[1:] == slot}
        mean = learned.delta[list(known.values())].astype(float).mean(axis=0)
        shift: Floats = np.repeat(mean[None], len(asked), axis=0)
        rows = [i for i, name in enumerate(asked) if self.drugs[name].smiles]
        if not rows or not self.kernels:
            return shift
        described = sorted({name for name in (*known, *asked) if self.drugs[name].smiles})
        values = np.zeros((len(described), len(mean)))
        for i, name in enumerate(described):
            if name in known:
                values[i] = learned.delta[known[name]]
        order, column = list(self.drugs), {name: i for i, name in enumerate(described)}
        place = np.array([order.index(name) for name in described])
        tuning = Tuning(
            ridge_path,
            RIDGES,
            [self.drugs[name].parent for name in described],
            self.seed + 1,
            score=negative_error,
        )
        training = np.array([column[name] for name in described if name in known], dtype=np.intp)
        shift[rows] = tuning.predict(
            {name: kernel[np.ix_(place, place)] for name, kernel in self.kernels.items()},
            values,
            training,
            np.array([column[asked[i]] for i in rows], dtype=np.intp),
        )
        return shift


def structure_kernel(drugs: Sequence[Drug]) -> Floats:
    """Tanimoto similarity of Morgan counts, 0 without a structure, shape ``(drugs, drugs)``."""
    from xpert.features.compound_views import structure_views

    views = structure_views([drug.smiles for drug in drugs])
    view = views["morgan"]
    return np.asarray(view.similarity(view.features, view.features), dtype=float)


def annotation_kernel(drugs: Sequence[Drug]) -> Floats:
    """Cosine of one-hot mechanisms and targets together, 0 without any, shape ``(drugs, drugs)``."""
    from xpert.features.compound_views import annotation_views

    labels = [[f"m:{m}" for m in d.mechanisms] + [f"t:{t}" for t in d.targets] for d in drugs]
    view = annotation_views(labels, [[] for _ in drugs])["target"]
    return np.asarray(view.similarity(view.features, view.features), dtype=float)
