"""What a reader measured in the context that is asked about, and what it adds to a model's answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np
import pandas as pd

from xpert.data.responses import Condition, Responses
from xpert.errors import InputError
from xpert.model.elsewhere import Elsewhere
from xpert.model.metrics import l2, pearson
from xpert.model.own_names import OwnNames
from xpert.model.question import Known, Question
from xpert.model.support import MOST, Support
from xpert.prediction.answerable import check_treatment
from xpert.prediction.controls import LEAST_SHARE, find_name, listed, match_genes
from xpert.prediction.support_ways import BY_FACTORS, best, left_out, ways

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xpert.data.dataset import PerturbationDataset
    from xpert.data.responses import Floats
    from xpert.model.bundle import Bundle
    from xpert.model.factors_correction import FactorsCorrection
    from xpert.model.predictor import Shift
    from xpert.model.support import Correction
    from xpert.perturbation import Treatment
    from xpert.prediction.controls import PlacedContext

# Fewer conditions left out than this say nothing of an interval, and this many weigh as much as the model's own.
FEWEST_FOR_INTERVALS = 5
# Each condition left out costs a fit; of more, as many are left out, evenly spread.
MOST_LEFT_OUT = 30
_LEVEL = 0.9


@dataclass(frozen=True, eq=False)
class SupportSet:
    """Measured treatments on a model's genes.

    Attributes
    ----------
    support
        What is used, in a context named as the prediction's.
    skipped
        Why a measured treatment is not used, by its text form.
    """

    support: Support
    skipped: Mapping[str, str]

    @property
    def context(self) -> str:
        """Name of the context."""
        return self.support.context

    @property
    def treatments(self) -> tuple[Treatment, ...]:
        """What was measured and is used."""
        return self.support.treatments


class Influence(NamedTuple):
    """A measured treatment and its share in what all of them did to an answer, from 0 to 1."""

    treatment: Treatment
    share: float


@dataclass(frozen=True, eq=False)
class Supporting:
    """How measured conditions entered an answer; says nothing of how good the answer is.

    Attributes
    ----------
    measured
        How many measured conditions were used.
    corrected_by
        Those that moved the answer most, the strongest first.
    is_measured
        Whether the condition itself is one of them.
    width
        Factor on the model's interval.
    left_out
        How many conditions were left out in turn to find `width`; 0 where the model's interval was kept.
    way
        How they entered: by the ``likeness`` of treatments, or by the model's own ``factors``.
    """

    measured: int
    corrected_by: tuple[Influence, ...]
    is_measured: bool
    width: float
    left_out: int
    way: str

    def to_dict(self) -> dict[str, object]:
        """The same as plain values, ready for JSON."""
        return {
            "measured": self.measured,
            "corrected_by": [
                {"treatment": str(i.treatment), "share": round(i.share, 4)} for i in self.corrected_by
            ],
            "is_measured": self.is_measured,
            "interval_width": round(self.width, 4),
            "left_out": self.left_out,
            "way": self.way,
        }


def support_from(
    measured: Responses | PerturbationDataset, model: Bundle, context: str, *, shown_as: str | None = None
) -> SupportSet:
    """The treatments that were measured in one context, as a support set of a model.

    Parameters
    ----------
    measured
        Responses, or a file's cells, of which responses are taken against the control cells of the context.
    model
        The bundle that will be asked.
    context
        Name in `measured`, regardless of case.
    shown_as
        Name of the context in the prediction, where it differs.

    Raises
    ------
    InputError
        Where the readout or organism is another one, there are no control cells, fewer than half of the
        model's genes were measured, or no measured treatment can be used.
    """
    responses = _responses(measured, model, context)
    name = find_name(context, responses.context)
    rows = [i for i, c in enumerate(responses.conditions) if c.context == name]
    if not rows:
        raise InputError(
            f"No treatment was measured in {context!r}; there are measured treatments in: "
            f"{listed(sorted({c.context for c in responses.conditions})) or 'none'}."
        )
    shown = shown_as or context
    return _aligned(responses.take(rows), model, find_name(shown, model.contexts) or shown)


def _responses(measured: Responses | PerturbationDataset, model: Bundle, context: str) -> Responses:
    if measured.readout is not model.readout:
        raise InputError(
            f"The measured treatments are in {measured.readout.label} and {model.name} works on "
            f"{model.readout.label}. Give raw counts, or values in that unit."
        )
    if isinstance(measured, Responses):
        return measured
    if measured.organism not in {model.organism, "unknown"}:
        raise InputError(
            f"The file's genes are {measured.organism} and {model.name} is a model of {model.organism} cells."
        )
    found = find_name(context, measured.contexts)
    if found is None:
        raise InputError(
            f"{measured.table.name} has no context {context!r}; it has: {listed(measured.contexts)}."
        )
    return measured.responses(contexts=[found])


def _aligned(responses: Responses, model: Bundle, context: str) -> SupportSet:
    places = match_genes(responses.genes, model.genes)
    shared = int((places >= 0).sum())
    if shared < LEAST_SHARE * len(model.genes):
        raise InputError(
            f"Only {shared:,} of the {len(model.genes):,} genes of {model.name} were measured with the treatments; "
            f"at least half are needed. It looks for {listed(model.genes, most=5)}."
        )
    kept, skipped = _usable(responses, model)
    if not kept:
        reasons = "; ".join(f"{text}: {why}" for text, why in list(skipped.items())[:3])
        raise InputError(f"None of the measured treatments can be used by {model.name}. {reasons}")
    if len(kept) > MOST:
        raise InputError(
            f"{len(kept):,} measured treatments are more than a support set holds ({MOST:,}); "
            "train a model on them with `xpert train`."
        )
    rows = list(kept.values())
    delta = np.where(places >= 0, responses.delta[rows][:, places], np.nan)
    return SupportSet(Support(context, tuple(kept), delta, responses.cells[rows]), skipped)


def _usable(responses: Responses, model: Bundle) -> tuple[dict[Treatment, int], dict[str, str]]:
    """Rows that a model can use, by the model's name of their treatment, and why others are skipped."""
    names = OwnNames.of(model)
    kept: dict[Treatment, int] = {}
    skipped: dict[str, str] = {}
    for row, condition in enumerate(responses.conditions):
        treatment = condition.treatment.active
        if treatment.is_control or not np.isfinite(responses.delta[row]).any():
            skipped[str(condition.treatment)] = "it is of zero strength or has no values"
            continue
        try:
            own = check_treatment(model, treatment, names)
        except InputError as error:
            skipped[str(treatment)] = str(error)
            continue
        if own in kept:
            skipped[str(treatment)] = f"it is {own}, which was measured already"
            continue
        kept[own] = row
    return kept, skipped


@dataclass(frozen=True, eq=False)
class Corrector:
    """A model's answers in one context, corrected by what was measured there.

    Attributes
    ----------
    model
        The bundle.
    place
        The context on the model's genes.
    used
        The measured treatments.
    own
        What the model says of them.
    way
        How they enter; of several ways the one that told the conditions best that were left out.
    correction
        What they add.
    left_out
        Rows that were left out in turn; rows that the model has learned from are not among them.
    after
        The corrected answers for these, each by all others, shape ``(left out, genes)``.
    """

    model: Bundle
    place: PlacedContext
    used: Support
    own: Shift
    way: str
    correction: Correction | FactorsCorrection
    left_out: tuple[int, ...]
    after: Floats

    @classmethod
    def of(cls, model: Bundle, place: PlacedContext, measured: SupportSet) -> Self:
        """Learn from the measured treatments, and leave each out in turn."""
        used, name = measured.support, place.context.name
        conditions = [Condition(name, t) for t in used.treatments]
        own = model.shift(conditions, {name: place.context})
        training = model.training
        elsewhere = Elsewhere(
            training.conditions, training.delta, model.novelty.source, model.novelty.mixture
        ).without(name)
        known = Known.of(training.conditions)
        fresh = [i for i, c in enumerate(conditions) if known.classify(c) is not Question.SEEN]
        spread = np.linspace(0, len(fresh) - 1, min(len(fresh), MOST_LEFT_OUT)).round().astype(int)
        rows = tuple(fresh[i] for i in spread)
        offered = ways(model, place.context, len(used), elsewhere)
        after = {name: left_out(rows, used, own.mean, way) for name, way in offered.items()}
        chosen = best(after, used.delta[list(rows)])
        return cls(model, place, used, own, chosen, offered[chosen](used, own.mean), rows, after[chosen])

    def shift(self, asked: Sequence[Treatment], answered: Shift) -> Shift:
        """The model's answer, corrected; the interval is rescaled by `width`."""
        mean = (answered.mean + self.correction.added(asked, answered.mean)).astype(np.float32)
        wide = np.float32(self.width)
        # Factors that are told the measured conditions do not correct an answer but give their own.
        said = (self.model.base,) * len(asked) if self.way == BY_FACTORS else answered.predictor
        return replace(
            answered,
            mean=mean,
            error=answered.error * wide,
            half_width=answered.half_width * wide,
            predictor=said,
        )

    @property
    def width(self) -> float:
        """Factor on the interval: what held the measured treatments that were left out, drawn to 1."""
        if len(self.left_out) < FEWEST_FOR_INTERVALS:
            return 1.0
        rows = list(self.left_out)
        half = np.maximum(self.own.half_width[rows], 1e-9)
        ratio = np.abs(self.after - self.used.delta[rows]) / half
        needed = float(np.nanquantile(ratio, _LEVEL))
        return (len(rows) * needed + FEWEST_FOR_INTERVALS) / (len(rows) + FEWEST_FOR_INTERVALS)

    def supporting(self, treatments: Sequence[Treatment], *, most: int = 3) -> list[Supporting]:
        """How the measured treatments entered each answer."""
        influence = self.correction.influence(treatments)
        left_out = len(self.left_out) if len(self.left_out) >= FEWEST_FOR_INTERVALS else 0
        told = []
        for treatment, row in zip(treatments, influence, strict=True):
            share = row / max(float(row.sum()), 1e-12)
            order = np.argsort(-share, kind="stable")[:most].tolist()
            strongest = tuple(Influence(self.used.treatments[i], float(share[i])) for i in order)
            seen = treatment.active in self.used.treatments
            told.append(Supporting(len(self.used), strongest, seen, self.width, left_out, self.way))
        return told

    def skill(self) -> pd.DataFrame:
        """Agreement with each measured treatment that was left out; see `support_skill`."""
        rows = list(self.left_out)
        truth, before = self.used.delta[rows], self.own.mean[rows]
        genes = np.isfinite(truth).all(axis=0)
        truth, before, after = truth[:, genes], before[:, genes], self.after[:, genes]
        return pd.DataFrame(
            {
                "treatment": [str(self.used.treatments[i]) for i in rows],
                "cells": self.used.cells[rows],
                "l2_before": l2(before, truth),
                "l2_after": l2(after, truth),
                "pearson_before": pearson(before, truth),
                "pearson_after": pearson(after, truth),
            }
        )


def support_skill(model: Bundle, place: PlacedContext, measured: SupportSet) -> pd.DataFrame:
    """How much measured treatments help to predict one another: each is left out in turn.

    Returns
    -------
    DataFrame
        One row for each treatment that was left out: ``treatment``, ``cells``, ``l2_before`` and ``l2_after``
        (distance to the measured shift without and with the other measured treatments; lower is better),
        ``pearson_before`` and ``pearson_after``. Treatments that the model has learned from in this very context
        are not among them, nor more than `MOST_LEFT_OUT`.
    """
    return Corrector.of(model, place, measured).skill()
