"""Measured treatments of a context correct what a model says there, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from xpert.data.readout import Readout
from xpert.data.responses import Condition, Context, Responses
from xpert.model.baselines.context_mean import ContextMean
from xpert.model.baselines.kernels import OneHot
from xpert.model.elsewhere import Elsewhere
from xpert.model.support import Correction, Support, SupportSettings
from xpert.model.supported import Supported
from xpert.perturbation import CONTROL, Treatment

GENES = 40
LINES = ("A", "B", "C", "D")
DRUGS = tuple(Treatment.parse(f"d{i}@10uM") for i in range(24))


def world(seed=0, noise=0.3):
    """Drug effects of three families, offsets of lines, and a family's own interaction with each line."""
    rng = np.random.default_rng(seed)
    family = rng.normal(size=(3, GENES))
    offset, interaction = rng.normal(size=(5, GENES)), rng.normal(size=(5, 3, GENES))
    names = (*LINES, "new")
    conditions, rows = [], []
    for line, name in enumerate(names):
        for drug, treatment in enumerate(DRUGS):
            conditions.append(Condition(name, treatment))
            own = 2 * family[drug % 3] + offset[line] + interaction[line, drug % 3]
            rows.append(own + noise * rng.normal(size=GENES))
    delta = np.array(rows, dtype=np.float32)
    genes = tuple(f"g{i}" for i in range(GENES))
    contexts = tuple(Context(n, genes, np.zeros(GENES), np.ones(GENES)) for n in names)
    cells = np.full(len(delta), 50)
    return Responses(Readout.Z, genes, contexts, tuple(conditions), delta, np.ones_like(delta), cells)


def rows_in(responses, *names):
    return responses.take([i for i, c in enumerate(responses.conditions) if c.context in names])


@pytest.fixture(scope="module")
def responses():
    return world()


@pytest.fixture(scope="module")
def elsewhere(responses):
    full = rows_in(responses, *LINES)
    return Elsewhere(full.conditions, full.delta, OneHot(), {"identity": 1.0})


@pytest.fixture(scope="module")
def base(responses):
    return ContextMean().fit(rows_in(responses, *LINES))


def corrected(responses, base, elsewhere, count, settings=None):
    """Mean squared error on the last twelve drugs of the new line after `count` others were measured."""
    new = rows_in(responses, "new")
    support = Support("new", DRUGS[:count], new.delta[:count], new.cells[:count])
    predicted = base.predict(new.conditions, responses.context)
    correction = Correction.of(support, predicted[:count], elsewhere, settings or SupportSettings())
    answer = predicted[12:] + correction.added(DRUGS[12:], predicted[12:])
    return correction, float(((answer - new.delta[12:]) ** 2).mean())


def test_more_measured_treatments_bring_the_answer_nearer_to_the_truth(responses, base, elsewhere):
    new = rows_in(responses, "new")
    without = float(((base.predict(new.conditions, responses.context)[12:] - new.delta[12:]) ** 2).mean())
    errors = [without, *(corrected(responses, base, elsewhere, count)[1] for count in (1, 5, 12))]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 0.35 * errors[0]


def test_a_measured_treatment_gets_its_own_measurement_back_less_noise(responses, base, elsewhere):
    new = rows_in(responses, "new")
    predicted = base.predict(new.conditions, responses.context)
    correction, _ = corrected(responses, base, elsewhere, 6)
    answer = predicted[:6] + correction.added(DRUGS[:6], predicted[:6])
    before, after = (np.abs(values - new.delta[:6]).mean() for values in (predicted[:6], answer))
    assert after < 0.35 * before


def test_control_and_zero_strength_are_never_moved(responses, base, elsewhere):
    correction, _ = corrected(responses, base, elsewhere, 5)
    asked = [CONTROL, Treatment.parse("d20@0uM")]
    assert (correction.added(asked, np.zeros((2, GENES))) == 0).all()
    assert (correction.influence(asked) == 0).all()


def test_similar_treatments_correct_each_other_most(responses, base, elsewhere):
    correction, _ = corrected(responses, base, elsewhere, 6)
    influence = correction.influence([DRUGS[12]])[0]  # of the family of drugs 0, 3, 6 …
    assert set(np.argsort(-influence)[:2].tolist()) == {0, 3}


def test_a_gene_that_was_not_measured_stays_as_the_model_says(responses, base, elsewhere):
    new = rows_in(responses, "new")
    delta = new.delta[:5].copy()
    delta[:, 3] = np.nan
    predicted = base.predict(new.conditions, responses.context)
    # With a shrunken resemblance only the process is left, which goes gene by gene.
    settings = SupportSettings(gain=1e12, resemblance=1e12)
    support = Support("new", DRUGS[:5], delta, new.cells[:5])
    added = Correction.of(support, predicted[:5], elsewhere, settings).added(DRUGS[12:], predicted[12:])
    np.testing.assert_allclose(added[:, 3], 0, atol=1e-9)
    assert (np.abs(added[:, 4]) > 1e-6).all()


def test_one_missing_value_is_left_out_exactly(responses, base, elsewhere):
    new = rows_in(responses, "new")
    predicted = base.predict(new.conditions, responses.context)
    settings = SupportSettings(gain=1e12, resemblance=1e12, caution=1e9)
    delta = new.delta[:5].copy()
    delta[2, 7] = np.nan
    rest = [0, 1, 3, 4]
    with_hole = Correction.of(
        Support("new", DRUGS[:5], delta, new.cells[:5]), predicted[:5], elsewhere, settings
    )
    fewer = Support("new", DRUGS[:5], new.delta[:5], new.cells[:5]).take(rest)
    without = Correction.of(fewer, predicted[rest], elsewhere, settings)
    found = (c.added(DRUGS[12:], predicted[12:])[:, 7] for c in (with_hole, without))
    np.testing.assert_allclose(*found, atol=1e-6)


def test_a_condition_of_few_cells_counts_less(responses, base, elsewhere):
    new = rows_in(responses, "new")
    predicted = base.predict(new.conditions, responses.context)[:3]
    sizes = []
    for cells in (2, 200):
        counts = np.array([cells, 50, 50])
        correction = Correction.of(
            Support("new", DRUGS[:3], new.delta[:3], counts), predicted, elsewhere, SupportSettings()
        )
        residual = np.abs(predicted + correction.added(DRUGS[:3], predicted) - new.delta[:3])[0].mean()
        sizes.append(residual)
    assert sizes[0] > sizes[1]


def test_the_order_of_measured_treatments_does_not_matter(responses, base, elsewhere):
    new = rows_in(responses, "new")
    predicted = base.predict(new.conditions, responses.context)
    support = Support("new", DRUGS[:6], new.delta[:6], new.cells[:6])
    turned = [5, 3, 1, 0, 2, 4]
    found = [
        Correction.of(support.take(order), predicted[order], elsewhere, SupportSettings()).added(
            DRUGS[12:], predicted[12:]
        )
        for order in (list(range(6)), turned)
    ]
    np.testing.assert_allclose(*found, atol=1e-5)


def test_the_supports_own_context_is_no_other_context(responses):
    everything = Elsewhere(responses.conditions, responses.delta, OneHot(), {"identity": 1.0})
    assert everything.without("new").contexts == LINES


def test_treatments_that_act_alike_elsewhere_are_alike(elsewhere):
    like = elsewhere.measured(DRUGS[:6], DRUGS[:6])
    assert like[0, 3] > 0.5 > like[0, 1]
    assert (elsewhere.measured([Treatment.parse("unheard@1uM")], DRUGS[:3]) == 0).all()


def test_a_wrapped_predictor_is_corrected_in_sparse_contexts_alone(responses, base):
    sparse = [i for i, c in enumerate(responses.conditions) if c.context != "new" or c.treatment in DRUGS[:6]]
    fitted = Supported(ContextMean(), source=OneHot(), mixture={"identity": 1.0}).fit(responses.take(sparse))
    new, old = rows_in(responses, "new"), rows_in(responses, "A")
    np.testing.assert_allclose(
        fitted.predict(old.conditions, responses.context), base.predict(old.conditions, responses.context)
    )
    plain = base.predict(new.conditions, responses.context)[12:]
    answer = fitted.predict(new.conditions, responses.context)[12:]
    truth = new.delta[12:]
    assert ((answer - truth) ** 2).mean() < 0.7 * ((plain - truth) ** 2).mean()


def test_without_sparse_contexts_the_wrapped_predictor_is_the_base(responses):
    full = rows_in(responses, *LINES)
    fitted = Supported(ContextMean(), source=OneHot(), mixture={"identity": 1.0}).fit(full)
    asked = [Condition("new", DRUGS[0])]
    expected = ContextMean().fit(full).predict(asked, responses.context)
    assert (fitted.predict(asked, responses.context) == expected).all()


@pytest.mark.parametrize("treatments", [(DRUGS[0], DRUGS[0]), (DRUGS[0], CONTROL)])
def test_a_support_refuses_repeats_and_control(treatments):
    with pytest.raises(ValueError, match=r"twice|control"):
        Support("new", treatments, np.zeros((2, 3)), np.ones(2, dtype=int))


def test_without_other_contexts_the_measured_treatments_are_all_there_is(responses):
    new = rows_in(responses, "new")
    nothing = Elsewhere((), np.zeros((0, GENES)), OneHot(), {"identity": 1.0})
    support = Support("new", DRUGS[:6], new.delta[:6], new.cells[:6])
    added = Correction.of(support, np.zeros((6, GENES)), nothing, SupportSettings()).added(
        DRUGS[12:13], np.zeros((1, GENES))
    )
    assert np.corrcoef(added[0], new.delta[:6].mean(axis=0))[0, 1] > 0.95


def test_likeness_is_one_to_itself_and_less_for_a_combination_than_for_its_repeat(responses):
    both = Treatment.parse("KLF1:crispra + MAP2K6:crispra")
    parts = tuple(Treatment.parse(f"{t}:crispra") for t in ("KLF1", "MAP2K6", "JAK2"))
    nothing = Elsewhere((), np.zeros((0, 4)), OneHot(), {"identity": 1.0})
    support = Support("new", (both, *parts), np.ones((4, 4)), np.full(4, 50))
    correction = Correction.of(support, np.zeros((4, 4)), nothing, SupportSettings(caution=1e9))
    settings = correction.settings
    like = (correction.covariance(support.treatments) - settings.offset) / settings.kernel
    np.testing.assert_allclose(np.diagonal(like), 1)
    np.testing.assert_allclose(like[0], [1, np.sqrt(0.5), np.sqrt(0.5), 0], atol=1e-12)
    assert np.linalg.eigvalsh(like).min() > -1e-9
