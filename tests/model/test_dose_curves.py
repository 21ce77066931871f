from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from xpert.data.readout import Readout
from xpert.data.responses import Condition, Context, Responses
from xpert.model.baselines.dose_curves import CurveSettings, DoseCurves, LeftOut, strength_curves
from xpert.model.baselines.dose_kernel import HIGHEST, Strengths
from xpert.model.baselines.kernels import OneHot
from xpert.model.baselines.registry import base_predictor, restore
from xpert.model.baselines.routed import Routed
from xpert.model.question import Question
from xpert.perturbation import Treatment

GENES = tuple(f"G{i}" for i in range(12))
DOSES = (1.0, 5.0, 25.0)
HOURS = ("8 h", "24 h")


def screen(compounds: int = 10, noise: float = 0.3, *, seed: int = 0) -> Responses:
    """Every compound acts in its own direction, more at a higher dose and after a longer time."""
    draw = np.random.default_rng(seed)
    nothing = np.zeros(len(GENES))
    contexts = tuple(
        Context(f"liver, {time}", GENES, nothing, nothing + np.nan, covariates={"time": time})
        for time in HOURS
    )
    conditions, delta = [], []
    for number in range(compounds):
        own = 2 * draw.normal(size=len(GENES))
        for size, context in zip((0.5, 1.0), contexts, strict=True):
            for dose in DOSES:
                conditions.append(Condition(context.name, Treatment.parse(f"drug{number}@{dose:g}uM")))
                delta.append(size * own * dose / (dose + 10) + noise * draw.normal(size=len(GENES)))
    shape = (len(conditions), len(GENES))
    return Responses(
        readout=Readout.LOG2FC,
        genes=GENES,
        contexts=contexts,
        conditions=tuple(conditions),
        delta=np.array(delta, dtype=np.float32),
        spread=np.full(shape, np.nan, dtype=np.float32),
        cells=np.full(len(conditions), 2),
    )


def curves(way: LeftOut = LeftOut.STRENGTH) -> DoseCurves:
    return DoseCurves(CurveSettings({"common": 1.0, "identity": 1.0}, way), OneHot())


def shift(fitted: DoseCurves, responses: Responses, text: str, context: str = "liver, 24 h") -> np.ndarray:
    return fitted.predict([Condition(context, Treatment.parse(text))], responses.context)[0]


def test_a_middle_dose_is_told_better_than_by_copying_a_neighbour():
    responses = screen(20)
    middle = np.array(["@5uM" in str(c.treatment) for c in responses.conditions])
    asked = [responses.conditions[i] for i in np.flatnonzero(middle)]
    fitted = curves().fit(responses.take(np.flatnonzero(~middle)))
    truth = responses.delta[middle]
    missed = np.square(fitted.predict(asked, responses.context) - truth).mean()
    for neighbour in responses.delta[~middle].reshape(-1, 2, len(GENES)).swapaxes(0, 1):
        assert missed < np.square(neighbour - truth).mean()
    assert missed < np.square(truth).mean()


def test_no_dose_is_no_shift_and_small_doses_do_little():
    responses = screen()
    fitted = curves().fit(responses)
    assert not shift(fitted, responses, "drug1@0uM").any()
    assert not shift(fitted, responses, "control").any()
    sizes = [np.linalg.norm(shift(fitted, responses, f"drug1@{d}uM")) for d in ("0.001", "1", "25")]
    assert sizes[0] < 0.05 * sizes[2]
    assert sizes[1] < sizes[2]


def test_the_curve_is_flat_far_above_what_was_measured():
    responses = screen()
    fitted = curves().fit(responses)
    assert shift(fitted, responses, "drug1@1mM") == pytest.approx(shift(fitted, responses, "drug1@1M"))


def test_units_are_read_as_amounts():
    responses = screen()
    fitted = curves().fit(responses)
    assert shift(fitted, responses, "drug1@5000nM") == pytest.approx(shift(fitted, responses, "drug1@5uM"))


def test_an_answer_does_not_depend_on_what_else_is_asked():
    responses = screen()
    fitted = curves().fit(responses)
    together = fitted.predict(responses.conditions, responses.context)
    alone = fitted.predict(responses.conditions[3:4], responses.context)
    assert together[3] == pytest.approx(alone[0])


def test_an_unseen_compound_gets_what_compounds_have_in_common():
    responses = screen()
    same = 5 * np.linspace(-1, 1, len(GENES), dtype=np.float32)
    responses = replace(responses, delta=responses.delta + same)
    fitted = curves(LeftOut.TREATMENT).fit(responses)
    found = shift(fitted, responses, "novel@25uM")
    assert np.corrcoef(found, same)[0, 1] > 0.8
    assert not shift(fitted, responses, "novel@0uM").any()


def test_a_time_that_was_not_measured_borrows_from_the_others():
    responses = screen()
    fitted = curves().fit(responses)
    other = Context("liver, 2 h", GENES, np.zeros(12), np.full(12, np.nan), covariates={"time": "2 h"})
    asked = Condition(other.name, Treatment.parse("drug1@25uM"))
    found = fitted.predict([asked], {other.name: other})[0]
    assert np.corrcoef(found, shift(fitted, responses, "drug1@25uM"))[0, 1] > 0.9


def test_gaps_do_not_spoil_the_fit():
    responses = screen()
    delta = responses.delta.copy()
    delta[::7, 2] = np.nan
    fitted = curves().fit(replace(responses, delta=delta))
    whole = curves().fit(responses)
    found = fitted.predict(responses.conditions, responses.context)
    expected = whole.predict(responses.conditions, responses.context)
    assert np.isfinite(found).all()
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.95


def test_what_is_stored_answers_as_before():
    responses = screen()
    fitted = curves().fit(responses)
    again = restore(fitted.config(), fitted.arrays())
    asked = [
        Condition("liver, 24 h", Treatment.parse(t)) for t in ("drug1@3uM", "novel@2uM", "drug2:compound")
    ]
    assert again.predict(asked, responses.context) == pytest.approx(
        fitted.predict(asked, responses.context), rel=1e-6
    )


def test_strength_is_relative_to_the_strongest_of_the_same_compound():
    asked = [
        Condition("x", Treatment.parse(t)) for t in ("weak@400uM", "weak@80uM", "potent@1nM", "A:ko@0.5")
    ]
    strengths = Strengths.of(asked)
    relative = [strengths.relative(c.treatment) for c in asked]
    assert relative == pytest.approx([0, -np.log(5), 0, np.log(0.5)])
    assert strengths.relative(Treatment.parse("potent@1M")) == HIGHEST
    lower, upper = (strengths.relative(Treatment.parse(f"new@{d}uM")) for d in (1, 10))
    assert lower < upper


def test_data_in_fold_changes_are_answered_by_curves_where_a_dose_or_compound_is_new():
    routed = base_predictor(Readout.LOG2FC)
    assert isinstance(routed, Routed)
    assert routed.members[routed.routes[Question.NEW_DOSE]].name == strength_curves().name
    assert isinstance(routed.members[routed.routes[Question.UNSEEN_COMPOUND]], DoseCurves)
    assert Question.UNSEEN_GENE in routed.routes
