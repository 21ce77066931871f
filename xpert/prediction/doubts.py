"""Why a prediction may be wrong, each reason with what can be done about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from xpert.model.question import Question
from xpert.prediction.evidence import ERROR_METRIC
from xpert.prediction.sentences import FAR, NO_SIGNAL, WEAK_SIGNAL
from xpert.prediction.skill import HeldOut

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xpert.model.bundle import Bundle
    from xpert.prediction.prediction import Prediction

FEW_CELLS, FEW_CLEAR = 50, 0.02
# Of the error of saying that nothing changes, the share from which most of a response stays unpredicted.
_MUCH = 0.5
_NO_CHANGE = "no change"
_WEAK_CORRELATION = 0.2


@dataclass(frozen=True, slots=True)
class Doubt:
    """One reason.

    Attributes
    ----------
    reason
        What speaks against the prediction, in a sentence.
    advice
        What to do about it, in a sentence.
    is_serious
        Whether it alone is enough not to act on the prediction.
    """

    reason: str
    advice: str
    is_serious: bool = False


def doubts(prediction: Prediction, bundle: Bundle, *, control_cells: int | None = None) -> tuple[Doubt, ...]:
    """Every reason that the evidence gives, the serious ones first; none where nothing is done to the cells.

    Parameters
    ----------
    prediction
        What was predicted.
    bundle
        The model that predicted it.
    control_cells
        Control cells of the reader's own file, where the prediction started from them.
    """
    if prediction.treatment.active.is_control:
        return ()
    found = [
        *_of_treatment(prediction),
        *_of_knowledge(prediction, bundle),
        *_of_context(prediction, bundle, control_cells),
        *_of_skill(prediction, bundle),
        *_of_shift(prediction),
    ]
    return tuple(sorted(found, key=lambda doubt: not doubt.is_serious))


def _of_treatment(prediction: Prediction) -> Iterator[Doubt]:
    """How far it lies from what was measured."""
    match prediction.evidence.question:
        case Question.SEEN:
            yield Doubt(
                "This repeats a measurement that the model learned from; noise of that experiment is in it.",
                "Compare it with the observed values below, and with a second experiment where there is one.",
            )
        case Question.NEW_DOSE:
            yield Doubt(
                "It was measured at another strength only, and responses need not grow evenly with dose.",
                "Add the measured strength to the basket and see whether the two differ as you would expect.",
            )
        case Question.BOTH_SINGLES_SEEN:
            yield Doubt(
                "Its parts were measured alone and never together: synergy or buffering between them is not in the data.",
                "Add each part alone to the basket; genes where the pair differs from their sum are the risky ones.",
            )
        case Question.ONE_SINGLE_SEEN | Question.NO_SINGLE_SEEN | Question.UNSEEN_MIXED:
            yield Doubt(
                "It is a new combination, and not all of its parts were measured alone.",
                "Measure the missing parts alone first, and open that file on the Data page.",
                is_serious=True,
            )
        case Question.UNSEEN_GENE | Question.UNSEEN_COMPOUND:
            yield Doubt(
                "It was never perturbed in the data: whatever is said of it is inferred from targets that are known to be related.",
                "Take it as a ranking of what to test first, and test it beside its nearest measured treatment.",
                is_serious=True,
            )
        case _:  # another context: said of the context
            return


def _of_knowledge(prediction: Prediction, bundle: Bundle) -> Iterator[Doubt]:
    """What is known of its targets, and what was measured near it."""
    evidence = prediction.evidence
    active = prediction.treatment.active
    is_known = bundle.features.encode(active.ordered, bundle.targets).is_known
    unknown = [p.target for p, known in zip(active.ordered, is_known, strict=True) if not known]
    if unknown:
        yield Doubt(
            f"Nothing is known of {', '.join(unknown)} beyond the name: no pathway, regulon or structure.",
            "Check the spelling, or give a compound's structure as SMILES.",
            is_serious=True,
        )
    if evidence.treatment_seen:
        return
    if not evidence.nearest or evidence.nearest[0].distance >= FAR:
        yield Doubt(
            "No measured treatment resembles it, so the model extrapolates.",
            "Do not rely on single genes; look for a model that has measured something nearer.",
            is_serious=True,
        )


def _of_context(prediction: Prediction, bundle: Bundle, control_cells: int | None) -> Iterator[Doubt]:
    """The cells before treatment, and how well measurements repeat there."""
    evidence, context = prediction.evidence, prediction.context
    if not evidence.context_seen:
        measured = ", ".join(sorted({c.context for c in bundle.training.conditions})[:4])
        yield Doubt(
            f"No treatment was measured in {context}; the model knows {measured}, and cells differ in how they respond.",
            "Use conditions that you have measured in these cells, or predict in the most similar known context as well.",
            is_serious=True,
        )
    elif evidence.question is Question.NEW_PAIR:
        yield Doubt(
            f"It was measured in other cells than {context}, which may respond otherwise.",
            "Predict it in the contexts where it was measured, and see how much they differ.",
        )
    if evidence.reliability is not None and evidence.reliability < WEAK_SIGNAL:
        is_noise = evidence.reliability < NO_SIGNAL
        yield Doubt(
            f"Replicates of treatments in {context} agree {'no better than chance' if is_noise else 'poorly'} "
            f"(correlation {evidence.reliability:.2f}).",
            "Expect that an experiment of the same size would not repeat itself either; plan for more cells.",
            is_serious=is_noise,
        )
    if control_cells is not None and control_cells < FEW_CELLS:
        yield Doubt(
            f"Your control is the mean of {control_cells:,} cells only.",
            f"Add control cells; from {FEW_CELLS} on their mean is steadier.",
        )
    cells = _cells_of(prediction, bundle)
    if cells is not None and cells < FEW_CELLS:
        yield Doubt(
            f"The measurement that it repeats had {cells:,} cells only.",
            "Regard small shifts as noise.",
        )


def _cells_of(prediction: Prediction, bundle: Bundle) -> int | None:
    """Cells behind the measured condition itself; None where it was not measured, or not by cells."""
    if prediction.evidence.question is not Question.SEEN or prediction.readout.is_differential:
        return None
    asked = (prediction.context, prediction.treatment.active)
    training = bundle.training
    rows = [i for i, c in enumerate(training.conditions) if (c.context, c.treatment.active) == asked]
    return int(training.cells[rows[0]]) if rows else None


def _of_skill(prediction: Prediction, bundle: Bundle) -> Iterator[Doubt]:
    """The error that was measured on held-out treatments like this one, beside those of simple rules."""
    evidence = prediction.evidence
    if evidence.expected_error is None:
        yield Doubt(
            "No held-out measurement tells how well this model does on such a question.",
            "Test it on a few treatments of this kind that you have measured.",
            is_serious=True,
        )
        return
    if not prediction.delta.any():  # said of the shift
        return
    held_out = HeldOut(bundle.skill, bundle.baselines)
    still = held_out.score(evidence.question, prediction.context, _NO_CHANGE, ERROR_METRIC)
    if still is not None and evidence.predictor != _NO_CHANGE and evidence.expected_error >= still.value:
        yield Doubt(
            f"On held-out treatments like this one its error ({evidence.expected_error:.3g}) is no smaller than that of "
            f"saying “nothing changes” ({still.value:.3g}).",
            "Trust directions at most, not sizes.",
            is_serious=True,
        )
    elif still is not None and evidence.expected_error > _MUCH * still.value > 0:
        yield Doubt(
            f"On held-out treatments like this one its error is {evidence.expected_error / still.value:.0%} of that of "
            f"saying “nothing changes” ({evidence.expected_error:.3g} against {still.value:.3g}).",
            "Much of a response stays unpredicted; confirm the genes that your decision hangs on.",
        )
    if evidence.predictor in {*bundle.baselines} - {_NO_CHANGE} and evidence.question is not Question.SEEN:
        yield Doubt(
            f"A simple baseline (“{evidence.predictor}”) answers, since no network was shown to do better.",
            "Expect less that is particular to this treatment; genes that move under every treatment may lead the list.",
        )
    elif evidence.beats_baseline is False and evidence.question is not Question.SEEN:
        yield Doubt(
            f"It was not better than the best simple baseline (“{evidence.baseline_name}”) on held-out treatments.",
            "Compare with the baseline's answer before you trust what differs from it.",
        )
    if (
        evidence.expected_correlation is not None
        and evidence.expected_correlation < _WEAK_CORRELATION
        and evidence.predictor != _NO_CHANGE
    ):
        yield Doubt(
            f"Predicted and observed shifts correlated at {evidence.expected_correlation:.2f} only on such treatments.",
            "Regard the order of genes as a hint.",
        )


def _of_shift(prediction: Prediction) -> Iterator[Doubt]:
    """The shift beside its own interval."""
    if not prediction.delta.any():
        yield Doubt(
            "No shift is predicted, which means “unknown” and not “no effect”.",
            "Do not take it as a negative result.",
            is_serious=True,
        )
        return
    known = np.isfinite(prediction.lower) & np.isfinite(prediction.upper)
    if not known.any():
        yield Doubt(
            "No interval could be measured for this kind of question.",
            "The sizes are a model's word alone; treat all genes as uncertain.",
        )
        return
    clear = int(((prediction.lower > 0) | (prediction.upper < 0)).sum())
    if clear < FEW_CLEAR * len(prediction.genes):
        count = f"{clear:,} of {len(prediction.genes):,} genes" if clear else "no gene"
        yield Doubt(
            f"The 90 % interval covers zero nearly everywhere: it leaves zero out for {count}.",
            "Build on those genes, or on sets of genes that move together, rather than on the rest."
            if clear
            else "Do not build on any single gene; sets of genes that move together are steadier.",
        )
