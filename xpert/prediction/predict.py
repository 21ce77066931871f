"""Ask a model what treatments do in cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from xpert.data.readout import Readout
from xpert.data.responses import Condition, Context, Responses
from xpert.errors import InputError
from xpert.model.own_names import OwnNames
from xpert.prediction.answerable import check_treatment
from xpert.prediction.controls import find_name, listed, placed
from xpert.prediction.evidence import Answer, Witness
from xpert.prediction.prediction import Prediction
from xpert.prediction.support import Corrector, SupportSet, support_from

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xpert.data.dataset import PerturbationDataset
    from xpert.data.responses import Floats
    from xpert.model.bundle import Bundle
    from xpert.model.predictor import Shift
    from xpert.perturbation import Treatment
    from xpert.prediction.controls import PlacedContext
    from xpert.prediction.evidence import Evidence
    from xpert.prediction.support import Supporting

__all__ = ["check_treatment", "predict"]

_CONTROL = Answer("control", moves=False)
_NEVER_NEGATIVE = frozenset({Readout.COUNTS, Readout.CP10K, Readout.LOG1P})


def predict(
    model: Bundle,
    contexts: Sequence[str | Context],
    treatments: Sequence[Treatment],
    support: Responses | PerturbationDataset | SupportSet | None = None,
) -> list[Prediction]:
    """Predict every treatment in every context.

    Parameters
    ----------
    model
        The bundle that answers.
    contexts
        Names of the bundle's own contexts (regardless of case), or contexts measured by the reader, from
        `context_from_dataset`. Genes meet by name; those that a context lacks are left out of its predictions.
        A model of differences to control, such as ranks or z scores, also takes the name of a new context in which
        the support was measured.
    treatments
        What is done. Control and zero strength give exactly no shift. Aliases of genes and other names of compounds
        mean the model's own target, which the evidence names.
    support
        Treatments that were measured in these contexts, by name of the context: they correct the answers there.
        Contexts in which nothing was measured are answered as without it. `support_from` makes a `SupportSet`
        that says which measured treatments are skipped.

    Returns
    -------
    ``len(contexts) × len(treatments)`` predictions, all treatments of the first context first. Where the
    readout cannot be negative, no predicted mean is: a shift goes down to zero expression at most. Signed ranks stay
    from −1 to 1.

    Raises
    ------
    UnknownTargetError
        For a target of which nothing is known, with the nearest names.
    InputError
        For a kind of perturbation that the model has never seen, a context that it cannot take, or a support
        that holds nothing usable in any of the contexts.
    """
    names = OwnNames.of(model)
    for treatment in treatments:
        check_treatment(model, treatment, names)
    places = [placed(known_context(context, model, support), model) for context in contexts]
    witness = Witness.of(model)
    correctors = _correctors(model, places, support)
    return [
        p
        for place, corrector in zip(places, correctors, strict=True)
        for p in _in_context(_Asked(model, witness, names, place, corrector), treatments)
    ]


def known_context(
    context: str | Context, model: Bundle, support: Responses | PerturbationDataset | SupportSet | None
) -> str | Context:
    """A context of the model by name, or else one of the support where no control cells are needed."""
    if (
        not isinstance(context, str)
        or not model.readout.is_differential
        or find_name(context, model.contexts)
    ):
        return context
    if isinstance(support, SupportSet) and find_name(context, [support.context]):
        nothing = np.zeros(len(model.genes), dtype=np.float32)
        return Context(support.context, model.genes, nothing, np.full_like(nothing, np.nan))
    if isinstance(support, Responses) and (own := find_name(context, support.context)):
        return support.context[own]
    return context


@dataclass(frozen=True, eq=False)
class _Asked:
    """A model in one context, with what was measured there."""

    model: Bundle
    witness: Witness
    names: OwnNames
    place: PlacedContext
    corrector: Corrector | None


def _correctors(
    model: Bundle,
    places: Sequence[PlacedContext],
    support: Responses | PerturbationDataset | SupportSet | None,
) -> list[Corrector | None]:
    """What corrects the answers in each context."""
    if support is None:
        return [None] * len(places)
    held = (
        [support.context]
        if isinstance(support, SupportSet)
        else list(dict.fromkeys(c.context for c in support.conditions))
    )
    names = [find_name(place.context.name, held) for place in places]
    if not any(names):
        raise InputError(
            f"No treatment was measured in {listed(p.context.name for p in places)}; there are measured treatments "
            f"in: {listed(held) or 'none'}."
        )
    return [
        None if name is None else Corrector.of(model, place, _support_in(support, model, name, place))
        for place, name in zip(places, names, strict=True)
    ]


def _support_in(
    support: Responses | PerturbationDataset | SupportSet, model: Bundle, name: str, place: PlacedContext
) -> SupportSet:
    if isinstance(support, SupportSet):
        return support
    return support_from(support, model, name, shown_as=place.context.name)


def _in_context(asked: _Asked, treatments: Sequence[Treatment]) -> list[Prediction]:
    """Predictions of every treatment in one context."""
    model, place, corrector = asked.model, asked.place, asked.corrector
    active = [asked.names.treatment(t.active) for t in treatments]
    moving = list(dict.fromkeys(t for t in active if not t.is_control))
    name = place.context.name
    shift = model.shift([Condition(name, t) for t in moving], {name: place.context})
    supporting: dict[Treatment, Supporting] = {}
    if corrector is not None and moving:
        shift = corrector.shift(moving, shift)
        supporting = dict(zip(moving, corrector.supporting(moving), strict=True))
    row = {treatment: i for i, treatment in enumerate(moving)}
    answers = {
        t: Answer(shift.predictor[i], bool(shift.mean[i].any()), supporting.get(t)) for t, i in row.items()
    }
    evidence = asked.witness.testify(active, place, [answers.get(t, _CONTROL) for t in active])
    return [
        _prediction(model, place, treatment, _rows(shift, row.get(own), place), found)
        for treatment, own, found in zip(treatments, active, evidence, strict=True)
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
    floor, ceiling = _ends(model.readout, control)
    delta = np.clip(mean, floor, ceiling) + 0.0  # no negative zeros
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
        upper=np.minimum(delta + half_width, ceiling) + 0.0,
        spread=spread,
        evidence=evidence,
    )


def _ends(readout: Readout, control: Floats) -> tuple[Floats, Floats]:
    """The lowest and the highest shift that a readout can have: down to no expression, and ranks from −1 to 1."""
    if readout is Readout.SIGNED_RANK:
        return np.full_like(control, -1.0), np.full_like(control, 1.0)
    floor = -control if readout in _NEVER_NEGATIVE else np.full_like(control, -np.inf)
    return floor, np.full_like(control, np.inf)
