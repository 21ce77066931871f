"""A combination beside the sum of its parts: what they do together that they do not do alone.

For each gene the interaction is the shift of the combination less the sum of the shifts of its parts. Its interval
is made from theirs: each end lies as far from the interaction as the root of the summed squares of the distances
that count towards it (Zou & Donner 2008, "Construction of confidence limits about effect measures"), as if the
errors of the combination and of its parts were independent.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from xpert.data.readout import Readout
from xpert.data.responses import Condition
from xpert.errors import InputError
from xpert.model.own_names import OwnNames
from xpert.model.question import Question
from xpert.perturbation import Treatment
from xpert.prediction.predict import predict

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    import pandas as pd

    from xpert.data.responses import Context, Floats
    from xpert.model.bundle import Bundle
    from xpert.prediction.prediction import Prediction

MOST_PARTS = 4
# Answers of a kind of question for which no part was measured alone say nothing of the part.
_TELLING = {Question.SEEN, Question.NEW_DOSE, Question.NEW_PAIR}


class Kind(StrEnum):
    """What a combination does to one gene, beside the sum of its parts."""

    SYNERGY = "synergy"
    """Further than the sum, in its direction."""
    BUFFERING = "buffering"
    """Less far than the sum, in its direction."""
    OPPOSITE = "opposite"
    """Against the direction of the sum, with an interval of its own that leaves zero out."""
    NEW = "new"
    """Moved together, where the interval of the sum holds zero."""
    ADDITIVE = "additive"
    """The interval of the interaction holds zero: no departure from the sum can be told."""

    @property
    def label(self) -> str:
        """In words for a person."""
        return _LABELS[self]


_LABELS = {
    Kind.SYNERGY: "synergy: further than the sum",
    Kind.BUFFERING: "buffering: less than the sum",
    Kind.OPPOSITE: "opposite: against the sum",
    Kind.NEW: "new: moved only together",
    Kind.ADDITIVE: "additive: no departure can be told",
}


class Estimate(NamedTuple):
    """A number with the ends of its 90 % interval."""

    value: float
    lower: float
    upper: float


@dataclass(frozen=True, eq=False)
class Combination:
    """A predicted combination, its predicted parts, and what was measured of them.

    Attributes
    ----------
    whole
        The combination.
    parts
        Each of its perturbations alone, in printed order.
    measured
        The measured shift of the combination on the same genes, or None.
    measured_parts
        The measured shift of each part, or None where a part was not measured alone in this context.
    responses
        Measured responses of the model on the same genes, shape ``(conditions, genes)``: how far the errors of
        genes go together is read from them. None takes all errors to go the same way, which is the widest.
    known_combinations
        How many combinations the model has measured at all.
    """

    whole: Prediction
    parts: tuple[Prediction, ...]
    measured: Floats | None = None
    measured_parts: tuple[Floats | None, ...] = ()
    responses: Floats | None = None
    known_combinations: int = 1

    def __post_init__(self) -> None:
        if not 2 <= len(self.parts) <= MOST_PARTS:
            raise InputError(
                f"A combination has from 2 to {MOST_PARTS} parts; write them with a plus, for example "
                "KLF1:crispra + MAP2K6:crispra."
            )
        if any(p.genes != self.whole.genes for p in self.parts):
            raise ValueError("the combination and its parts stand on different genes")

    @property
    def readout(self) -> Readout:
        """Unit of every shift."""
        return self.whole.readout

    @cached_property
    def additive(self) -> Floats:
        """Sum of the shifts of the parts, shape ``(genes,)``."""
        total: Floats = np.sum([p.delta for p in self.parts], axis=0)
        return total

    @cached_property
    def additive_interval(self) -> tuple[Floats, Floats]:
        """Ends of the 90 % interval of `additive`."""
        below, above = (_root(self.parts, side) for side in (-1, 1))
        return self.additive - below, self.additive + above

    @cached_property
    def interaction(self) -> Floats:
        """Shift of the combination less `additive`."""
        return self.whole.delta - self.additive

    @cached_property
    def interaction_interval(self) -> tuple[Floats, Floats]:
        """Ends of the 90 % interval of `interaction`: what lowers it is a low combination or high parts."""
        own = self.whole
        below = np.hypot(own.delta - own.lower, _root(self.parts, 1))
        above = np.hypot(own.upper - own.delta, _root(self.parts, -1))
        return self.interaction - below, self.interaction + above

    @cached_property
    def kinds(self) -> npt.NDArray[np.str_]:
        """`Kind` of each gene."""
        lower, upper = self.interaction_interval
        sum_lower, sum_upper = self.additive_interval
        departs = (lower > 0) | (upper < 0)
        sum_moves = (sum_lower > 0) | (sum_upper < 0)
        whole_moves = (self.whole.lower > 0) | (self.whole.upper < 0)
        against = np.sign(self.whole.delta) * np.sign(self.additive) < 0
        further = np.sign(self.interaction) == np.sign(self.additive)
        return np.select(
            [~departs, ~sum_moves & whole_moves, against & whole_moves, further],
            [Kind.ADDITIVE, Kind.NEW, Kind.OPPOSITE, Kind.SYNERGY],
            Kind.BUFFERING,
        ).astype(str)

    @property
    def measured_additive(self) -> Floats | None:
        """Sum of the measured parts; None unless every part was measured alone."""
        if not self.measured_parts or any(p is None for p in self.measured_parts):
            return None
        total: Floats = np.sum([p for p in self.measured_parts if p is not None], axis=0)
        return total

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per gene: those that depart from the sum first, then the largest interaction first.

        Columns ``gene``, one for each part, ``additive`` and ``predicted`` (the combination), ``interaction``,
        ``lower`` and ``upper`` (its 90 % interval), ``kind``, and where it was measured ``measured`` and
        ``measured_interaction``.
        """
        import pandas as pd

        lower, upper = self.interaction_interval
        table = pd.DataFrame({"gene": list(self.whole.genes)})
        for part in self.parts:
            table[str(part.treatment)] = part.delta
        table = table.assign(
            additive=self.additive, predicted=self.whole.delta, interaction=self.interaction, lower=lower
        ).assign(upper=upper, kind=self.kinds)
        if self.measured is not None:
            table["measured"] = self.measured
            if self.measured_additive is not None:
                table["measured_interaction"] = self.measured - self.measured_additive
        ranked = table.assign(size=table["interaction"].abs(), departs=table["kind"] != Kind.ADDITIVE.value)
        order = ranked.sort_values(["departs", "size"], ascending=False, kind="stable").index
        return table.loc[order].reset_index(drop=True)

    @property
    def shares(self) -> dict[Kind, float]:
        """Share of the genes of each kind."""
        return {kind: float((self.kinds == kind.value).mean()) for kind in Kind}

    @property
    def coefficient(self) -> Estimate | None:
        """Slope through the origin of the combination on the sum of its parts over all genes; 1 is additive.

        Below 1 the parts buffer each other, above 1 they add to each other. None where the parts move nothing.
        """
        size = float(self.additive @ self.additive)
        if size == 0:
            return None
        lower, upper = self.interaction_interval
        weight = self.additive / size
        half = _together(weight * np.nan_to_num((upper - lower) / 2, nan=np.inf), self.responses)
        value = float(weight @ self.whole.delta)
        return Estimate(value, value - half, value + half)

    @property
    def part_coefficients(self) -> tuple[float, ...] | None:
        """Least-squares weight of each part in the combination, without an intercept; None where it has no answer."""
        sides = np.array([p.delta for p in self.parts]).T
        if np.linalg.matrix_rank(sides) < len(self.parts):
            return None
        return tuple(np.linalg.lstsq(sides, self.whole.delta, rcond=None)[0].tolist())

    @property
    def magnitude(self) -> float | None:
        """Size of the combination over the size of the sum (Euclidean over genes); None where the sum is nothing."""
        size = float(np.linalg.norm(self.additive))
        return float(np.linalg.norm(self.whole.delta)) / size if size else None

    @property
    def correlation(self) -> float | None:
        """Pearson correlation over genes of combination and sum; None where one of them is the same everywhere."""
        if not np.ptp(self.additive) or not np.ptp(self.whole.delta):
            return None
        return float(np.corrcoef(self.additive, self.whole.delta)[0, 1])

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know before believing the interaction."""
        said = []
        if not self.known_combinations:
            said.append(
                "This model was trained on no combination at all: how its parts act together is an assumption of the "
                "model, and its intervals were measured on single treatments. Take what follows for no finding."
            )
        if self.readout is Readout.SIGNED_RANK:
            said.append(
                "Signed ranks end at −1 and 1 and do not add up: a combination below the sum of its parts is expected."
            )
        silent = [str(p.treatment) for p in self.parts if p.evidence.question not in _TELLING]
        if silent:
            said.append(
                f"{', '.join(silent)} was never measured alone here, so the sum rests on a prediction of it "
                f"(by {', '.join(sorted({p.evidence.predictor for p in self.parts if str(p.treatment) in silent}))})."
            )
        if still := [str(p.treatment) for p in self.parts if not p.delta.any()]:
            said.append(
                f"The model's answer for {', '.join(still)} alone is no change at all: what looks like an interaction "
                "may be its own effect."
            )
        if np.allclose(self.interaction, 0, atol=1e-6):
            said.append(
                "The model answers this combination with the sum of its parts: it tells no interaction."
            )
        elif np.allclose(self.whole.delta * len(self.parts), self.additive, atol=1e-6):
            said.append(
                "The model answers with the mean of the parts: the buffering is an assumption, not a finding."
            )
        if self.whole.evidence.question is Question.SEEN and self.measured is not None:
            said.append(
                "The model has learned from this very combination: its interaction is a recalled measurement, "
                "and agreement with the measured one is no test."
            )
        return tuple(said)


def combine(model: Bundle, context: str | Context, treatment: Treatment) -> Combination:
    """Predict a combination and each of its parts, and look up what was measured.

    Parameters
    ----------
    model
        The bundle that answers.
    context
        One of its contexts by name, or one of the reader's own.
    treatment
        Two to four perturbations.

    Raises
    ------
    InputError
        For another number of perturbations, or what `predict` cannot take.
    """
    return combination_of(model, predict(model, [context], asked(treatment)))


def asked(treatment: Treatment) -> list[Treatment]:
    """What to predict for a combination: itself, then each part.

    Raises
    ------
    InputError
        Where it has too few parts or too many.
    """
    if not 2 <= len(treatment.active) <= MOST_PARTS:
        raise InputError(
            f"A combination has from 2 to {MOST_PARTS} parts; write them with a plus, for example "
            "KLF1:crispra + MAP2K6:crispra."
        )
    return [treatment, *(Treatment.of(p) for p in treatment.active.ordered)]


def combination_of(model: Bundle, predictions: Sequence[Prediction]) -> Combination:
    """A combination from its predictions, as `asked` orders them, beside what the model has measured of it."""
    whole, *parts = predictions
    place = {gene: i for i, gene in enumerate(model.genes)}
    columns = np.array([place[gene] for gene in whole.genes], dtype=np.intp)
    names = OwnNames.of(model)
    rows = {c: i for i, c in enumerate(model.training.conditions)}

    def measured(prediction: Prediction) -> Floats | None:
        own = names.treatment(prediction.treatment.active)
        row = rows.get(Condition(prediction.context, own))
        return None if row is None else np.asarray(model.training.delta[row][columns], dtype=float)

    return Combination(
        whole,
        tuple(parts),
        measured(whole),
        tuple(measured(p) for p in parts),
        np.asarray(model.training.delta, dtype=float)[:, columns],
        sum(len(c.treatment.active) > 1 for c in model.training.conditions),
    )


def _root(parts: Sequence[Prediction], side: int) -> Floats:
    """Root of the summed squares of the distances from each part's shift to its lower (−1) or upper (1) end."""
    far = [(p.upper - p.delta) if side > 0 else (p.delta - p.lower) for p in parts]
    root: Floats = np.sqrt(np.sum(np.square(far), axis=0))
    return root


def _together(parts: Floats, responses: Floats | None) -> float:
    """Half width of a sum over genes, whose errors go together as their measured responses do."""
    if responses is None or len(responses) < 2:
        return float(np.abs(parts).sum())
    centred = np.nan_to_num(responses - np.nanmean(responses, axis=0))
    length = np.linalg.norm(centred, axis=0)
    scaled = np.divide(centred, length, out=np.zeros_like(centred), where=length > 0)
    alone = float(np.square(parts[length == 0]).sum())
    return float(np.sqrt(np.square(scaled @ parts).sum() + alone))
