"""Of two ways in which measured conditions enter an answer, the one that tells left-out ones better is taken."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from xpert.data.readout import Readout
from xpert.data.responses import Condition, Context, Responses
from xpert.model.baselines.factors import Factors
from xpert.model.baselines.kernels import OneHot
from xpert.model.elsewhere import Elsewhere
from xpert.model.factors_correction import MOST, FactorsCorrection
from xpert.model.support import Support
from xpert.perturbation import CONTROL, Treatment
from xpert.prediction.support_ways import BY_FACTORS, BY_LIKENESS, FEWEST_TO_CHOOSE, best, left_out, ways

GENES = tuple(f"g{i}" for i in range(200))
DRUGS = tuple(Treatment.parse(f"drug {i}:compound") for i in range(30))
LINES = tuple("abcdefgh")
NEW = Context("h", GENES, np.zeros(200), np.full(200, np.nan))


@pytest.fixture(scope="module")
def world():
    """Effects of drugs and lines with an interaction of low rank; drugs × lines × genes."""
    draw = np.random.default_rng(0)
    drug, line = draw.normal(size=(30, 1, 200)), draw.normal(size=(1, 8, 200))
    loads = draw.normal(size=(30, 1, 2)) * draw.normal(size=(1, 8, 2))
    return drug + line + loads @ draw.normal(size=(2, 200))


@pytest.fixture(scope="module")
def factors(world):
    contexts = tuple(Context(n, GENES, np.zeros(200), np.full(200, np.nan)) for n in LINES[:7])
    pairs = [(i, j) for i in range(30) for j in range(7)]
    delta = np.array([world[i, j] for i, j in pairs], dtype=np.float32)
    responses = Responses(
        readout=Readout.Z,
        genes=GENES,
        contexts=contexts,
        conditions=tuple(Condition(LINES[j], DRUGS[i]) for i, j in pairs),
        delta=delta,
        spread=np.full_like(delta, np.nan),
        cells=np.ones(len(delta), dtype=int),
    )
    return Factors(source=OneHot()).fit(responses), responses


def support(world, size, noise=0.0):
    delta = world[:size, 7] + noise * np.random.default_rng(1).normal(size=(size, 200))
    return Support("h", DRUGS[:size], delta, np.ones(size, dtype=int))


def offered(factors, size):
    fitted, responses = factors
    model = SimpleNamespace(factors=fitted, readout=Readout.Z)
    elsewhere = Elsewhere(responses.conditions, responses.delta, OneHot(), {"identity": 1.0})
    return ways(model, NEW, size, elsewhere)


def told(fitted, treatments):
    return np.asarray(fitted.predict([Condition("h", t) for t in treatments], {"h": NEW}))


def test_factors_that_are_told_measured_conditions_answer_better_for_others(factors, world):
    used = support(world, 12)
    own = told(factors[0], DRUGS)
    correction = FactorsCorrection.of(factors[0], NEW, used, Readout.Z)
    after = own + correction.added(DRUGS, own)
    before_error, after_error = (((x[12:] - world[12:, 7]) ** 2).mean() for x in (own, after))
    assert after_error < 0.5 * before_error


def test_control_is_not_moved(factors, world):
    correction = FactorsCorrection.of(factors[0], NEW, support(world, 12), Readout.Z)
    assert not correction.added([CONTROL], np.zeros((1, 200))).any()


def test_influence_is_the_size_of_each_term_and_none_on_control(factors, world):
    correction = FactorsCorrection.of(factors[0], NEW, support(world, 12), Readout.Z)
    influence = correction.influence(DRUGS)
    assert influence.shape == (30, 12)
    # Without what other contexts tell, the terms are all that is added.
    (told,) = correction.factors.corrections
    state = correction.factors.state
    weights = correction.factors._weights([Condition("h", DRUGS[0])], {"h": NEW})
    terms = told.between(weights[0], weights[1], state)[0][:, None] * told.dual
    assert influence[0] == pytest.approx(np.linalg.norm(terms, axis=1), rel=1e-5)
    assert not correction.influence([CONTROL]).any()


def test_the_way_that_tells_left_out_conditions_better_is_taken(factors, world):
    used = support(world, 12)
    own = told(factors[0], used.treatments)
    after = {name: left_out(range(12), used, own, way) for name, way in offered(factors, 12).items()}
    assert set(after) == {BY_LIKENESS, BY_FACTORS}
    assert best(after, used.delta) == BY_FACTORS
    assert best({**after, BY_FACTORS: after[BY_FACTORS] + 10}, used.delta) == BY_LIKENESS


def test_too_few_conditions_cannot_tell_and_leave_it_at_likeness():
    truth = np.zeros((FEWEST_TO_CHOOSE - 1, 2))
    assert best({BY_LIKENESS: truth + 5, BY_FACTORS: truth}, truth) == BY_LIKENESS


def test_factors_are_offered_only_where_the_model_has_them_and_they_can_hold_the_conditions(factors):
    assert set(offered(factors, MOST + 1)) == {BY_LIKENESS}
    assert set(offered((None, factors[1]), 12)) == {BY_LIKENESS}


def test_more_conditions_than_factors_can_hold_are_refused(factors):
    many = tuple(Treatment.parse(f"other {i}:compound") for i in range(MOST + 1))
    with pytest.raises(ValueError, match="at most"):
        FactorsCorrection.of(
            factors[0], NEW, Support("h", many, np.zeros((MOST + 1, 200)), np.ones(MOST + 1)), Readout.Z
        )
