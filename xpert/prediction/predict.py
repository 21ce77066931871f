"""Ask a model what treatments do in cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from xpert.data.readout import Readout
from xpert.data.responses import Condition
from xpert.errors import InputError
from xpert.prediction.controls import listed, placed
from xpert.prediction.evidence import Answer, Witness
from xpert.prediction.prediction import Prediction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xpert.data.responses import Context, Floats
    from xpert.model.bundle import Bundle
    from xpert.model.predictor import Shift
    from xpert.perturbation import Treatment
    from xpert.prediction.controls import PlacedContext
    from xpert.prediction.evidence import Evidence

_CONTROL = Answer("control", moves=False)
_NEVER_NEGATIVE = frozenset({Readout.COUNTS, Readout.CP10K, Readout.LOG1P})


def predict(
    model: Bundle, contexts: Sequence[str | Context], treatments: Sequence[Treatment]
) -> list[Prediction]:
    """Predict every treatment in every context.

    Parameters
    ----------
    model
        The bundle that answers.
    contexts
        Names of the bundle's own contexts (regardless of case), or contexts measured by the reader, from
        `context_from_dataset`. Genes meet by name; those that a context lacks are left out of its predictions.
    treatments
        What is done. Control and zero strength give exactly no shift.

    Returns
    -------
    ``len(contexts) × len(treatments)`` predictions, all treatments of the first context first. Where the
    readout cannot be negative, no predicted mean is: a shift goes down to zero expression at most.

    Raises
    ------
    UnknownTargetError
        For a target of which nothing is known, with the nearest names.
    InputError
        For a kind of perturbation that the model has never seen, or a context that it cannot take.
    """
    for treatment in treatments:
        check_treatment(model, treatment)
    places = [placed(context, model) for context in contexts]
    witness = Witness.of(model)
    return [p for place in places for p in _in_context(model, witness, place, treatments)]


def check_treatment(model: Bundle, treatment: Treatment) -> None:
    """Raise where a model cannot answer for a treatment.

    Raises
    ------
    UnknownTargetError
        For a target of which nothing is known, with the nearest names.
    InputError
        For a kind of perturbation that the model has never seen.
    """
    unseen = sorted({p.modality for p in treatment.perturbations} - set(model.modalities))
    if unseen:
        from xpert.model.bundle import list_bundles

        others = [
            b.name for b in list_bundles() if {m.value for m in unseen} <= {str(m) for m in b.modalities}
        ]
        instead = f" Models that have: {', '.join(others)}." if others else ""
        raise InputError(
            f"{model.name} has never seen a {listed(m.label for m in unseen)}; it was trained on "
            f"{listed(m.label for m in model.modalities)}.{instead}"
        )
    model.features.check(treatment, model.targets)


def _in_context(
    model: Bundle, witness: Witness, place: PlacedContext, treatments: Sequence[Treatment]
) -> list[Prediction]:
    """Predictions of every treatment in one context."""
    active = [t.active for t in treatments]
    asked = list(dict.fromkeys(t for t in active if not t.is_control))
    name = place.context.name
    shift = model.shift([Condition(name, t) for t in asked], {name: place.context})
    row = {treatment: i for i, treatment in enumerate(asked)}
    answers = {t: Answer(shift.predictor[i], bool(shift.mean[i].any())) for t, i in row.items()}
    evidence = witness.testify(active, place, [answers.get(t, _CONTROL) for t in active])
    return [
        _prediction(model, place, treatment, _rows(shift, row.get(treatment.active), place), found)
        for treatment, found in zip(treatments, evidence, strict=True)
    ]


def _rows(shift: Shift, row: int | None, place: PlacedContext) -> tuple[Floats, Floats, Floats]:
    """Mean, spread and half width of one condition; of control where `row` is None."""
    if row is None:
        nothing = np.zeros(len(place.context.genes))
        return nothing, place.context.spread, nothing
    return shift.mean[row], shift.spread[row], shift.half_width[row]


def _prediction(
    model: Bundle,
    place: PlacedContext,
    treatment: Treatment,
    rows: tuple[Floats, Floats, Floats],
    evidence: Evidence,
) -> Prediction:
    """One condition, on the genes that were measured."""
    kept = place.is_measured
    mean, spread, half_width = (np.asarray(values, dtype=np.float64)[kept] for values in rows)
    control = np.asarray(place.context.control, dtype=np.float64)[kept]
    floor = -control if model.readout in _NEVER_NEGATIVE else np.full_like(control, -np.inf)
    delta = np.maximum(mean, floor) + 0.0  # no negative zeros
    return Prediction(
        treatment=treatment,
        context=place.context.name,
        model=model.name,
        readout=model.readout,
        genes=tuple(g for g, is_kept in zip(place.context.genes, kept, strict=True) if is_kept),
        control=control,
        predicted=control + delta,
        delta=delta,
        lower=np.maximum(delta - half_width, floor) + 0.0,
        upper=delta + half_width,
        spread=spread,
        evidence=evidence,
    )
