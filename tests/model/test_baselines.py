from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xpert.data.readout import Readout
from xpert.data.responses import Condition, Context, Responses
from xpert.errors import InputError
from xpert.model.baselines.additive import Additive
from xpert.model.baselines.bilinear_ridge import BilinearRidge
from xpert.model.baselines.context_mean import ContextMean
from xpert.model.baselines.dual import filled, left_out, precision
from xpert.model.baselines.kernel_ridge import KernelRidge
from xpert.model.baselines.kernels import OneHot, PriorKnowledge, mixed
from xpert.model.baselines.matching_mean import MatchingMean
from xpert.model.baselines.mean_shift import MeanShift
from xpert.model.baselines.no_change import NoChange
from xpert.model.baselines.registry import BASELINES, base_predictor, baselines, restore
from xpert.model.baselines.ridge import Problem, RidgeSettings
from xpert.model.baselines.targets import Targets, relative_noise
from xpert.perturbation import CONTROL, Treatment

NAN = np.nan
SIMPLE = (NoChange(), MeanShift(), ContextMean(), MatchingMean(), Additive(), BilinearRidge(), KernelRidge())
EVERY = {f"{p.name} ({r})": p for r in (Readout.LOG1P, Readout.Z) for p in baselines(r)}
EVERY["bilinear on gene sets"] = BilinearRidge(
    PriorKnowledge(), replace(BilinearRidge().settings, mixtures=({"gene_prior": 1.0, "structure": 1.0},))
)


def condition(text: str, context: str = "K562") -> Condition:
    return Condition(context, Treatment.parse(text))


def responses(shifts: dict[str, list[float]], **changes) -> Responses:
    """Build responses from ``"context | treatment"`` (K562 where none is named) and shifts."""
    named = [text.split(" | ") if " | " in text else ("K562", text) for text in shifts]
    conditions = tuple(condition(text, context) for context, text in named)
    delta = np.array(list(shifts.values()), dtype=float)
    genes = tuple(f"g{i}" for i in range(delta.shape[1]))
    parts = {
        "readout": Readout.LOG1P,
        "genes": genes,
        "contexts": tuple(
            Context(name, genes, np.zeros(len(genes)), np.full(len(genes), NAN))
            for name in dict.fromkeys(c.context for c in conditions)
        ),
        "conditions": conditions,
        "delta": delta,
        "spread": np.full(delta.shape, NAN),
        "cells": np.full(len(delta), 50),
    }
    return Responses(**(parts | changes))


def ask(predictor, training: Responses, *texts: str, context: str = "K562") -> np.ndarray:
    return predictor.fit(training).predict([condition(t, context) for t in texts], training.context)


SCREEN = {
    "KLF1:crispra": [1.0, 0.0, 2.0, 0.0],
    "MAP2K6:crispra": [0.0, 2.0, 0.0, 1.0],
    "JAK2:crispra": [0.5, 0.5, 0.0, -1.0],
    "KLF1:crispra + MAP2K6:crispra": [1.5, 1.5, 2.5, 0.5],
    "JAK2:crispra + STAT1:crispra": [0.0, 1.0, 1.0, -2.0],
    "A172 | KLF1:crispra": [0.9, 0.1, 1.0, 0.2],
    "vorinostat@1uM": [-1.0, -2.0, 0.3, 0.0],
    "tozasertib@1uM": [-2.0, -1.0, 0.0, 0.3],
}


@pytest.mark.parametrize("predictor", EVERY.values(), ids=EVERY.keys())
def test_control_and_zero_strength_give_exactly_no_shift(predictor):
    asked = [Condition("K562", CONTROL), condition("KLF1:crispra@0"), condition("vorinostat@0uM")]
    asked += [condition("KLF1:crispra@0 + vorinostat@0nM", "A172")]
    predicted = predictor.fit(responses(SCREEN)).predict(asked, {})
    assert predicted.shape == (4, 4)
    assert not predicted.any()


@pytest.mark.parametrize("predictor", EVERY.values(), ids=EVERY.keys())
def test_order_of_perturbations_and_company_do_not_matter(predictor):
    fitted = predictor.fit(responses(SCREEN))
    texts = ["KLF1:crispra + JAK2:crispra", "JAK2:crispra + KLF1:crispra", "MAP2K6:crispra", "vorinostat@3uM"]
    together = fitted.predict([condition(t) for t in texts], {})
    assert np.array_equal(together[0], together[1])
    for text, shift in zip(texts, together, strict=True):
        np.testing.assert_allclose(fitted.predict([condition(text)], {})[0], shift, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("predictor", EVERY.values(), ids=EVERY.keys())
def test_order_of_training_conditions_does_not_matter(predictor):
    texts = ["KLF1:crispra + JAK2:crispra", "TP53:crispra", "vorinostat@1uM"]
    training = responses(SCREEN)
    shuffled = training.take([3, 0, 7, 5, 1, 6, 4, 2])
    expected = ask(predictor, training, *texts)
    np.testing.assert_allclose(ask(predictor, shuffled, *texts), expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("predictor", EVERY.values(), ids=EVERY.keys())
def test_a_stored_predictor_says_the_same_as_before(predictor):
    fitted = predictor.fit(responses(SCREEN))
    config = json.loads(json.dumps(fitted.config()))
    arrays = {name: np.array(values) for name, values in fitted.arrays().items()}
    assert all(values.dtype.kind == "f" for values in arrays.values())
    again = restore(config, arrays)
    asked = [
        condition("KLF1:crispra + JAK2:crispra"),
        condition("TP53:crispra@0.5"),
        condition("KLF1:crispra", "HL60"),
    ]
    assert np.array_equal(again.predict(asked, {}), fitted.predict(asked, {}))
    assert again.name == predictor.name


@pytest.mark.parametrize("predictor", EVERY.values(), ids=EVERY.keys())
def test_fitting_leaves_the_original_and_the_data_alone(predictor):
    training = responses(SCREEN)
    before = training.delta.copy()
    predictor.fit(training)
    assert np.array_equal(training.delta, before)
    with pytest.raises(ValueError, match="before it was fitted"):
        predictor.predict([condition("KLF1:crispra")], {})


@pytest.mark.parametrize("predictor", EVERY.values(), ids=EVERY.keys())
def test_unmeasured_values_are_left_out_and_never_spread(predictor):
    training = responses(SCREEN)
    delta = training.delta.copy()
    delta[[0, 2, 5, 6], [0, 1, 2, 3]] = NAN
    predicted = ask(predictor, replace(training, delta=delta), "KLF1:crispra + JAK2:crispra", "TP53:crispra")
    assert np.isfinite(predicted).all()


@pytest.mark.parametrize("predictor", EVERY.values(), ids=EVERY.keys())
def test_a_gene_that_was_never_measured_is_an_error_that_names_it(predictor):
    training = responses(SCREEN)
    delta = training.delta.copy()
    delta[:, 2] = NAN
    with pytest.raises(InputError, match="g2"):
        predictor.fit(replace(training, delta=delta))
    with pytest.raises(InputError, match="no measured condition"):
        predictor.fit(training.take([]))


@pytest.mark.parametrize("predictor", SIMPLE, ids=lambda p: p.name)
@given(efficacy=st.floats(0.01, 1.0))
@settings(max_examples=10, deadline=None)
def test_the_shift_of_one_perturbation_is_proportional_to_its_strength(predictor, efficacy):
    full, part = ask(predictor, responses(SCREEN), "KLF1:crispra", f"KLF1:crispra@{efficacy}")
    np.testing.assert_allclose(part, efficacy * full, rtol=1e-6, atol=1e-9)


def test_mean_shift_is_the_mean_of_the_same_context_and_modality_else_of_a_wider_group():
    training = responses(
        {"A:ko": [1.0, NAN], "B:ko": [3.0, 4.0], "A172 | A:ko": [10.0, 0.0], "A172 | drug@1uM": [0.0, 6.0]}
    )
    assert ask(MeanShift(), training, "C:ko") == pytest.approx(np.array([[2.0, 4.0]]))
    assert ask(MeanShift(), training, "C:ko", context="A172") == pytest.approx(np.array([[10.0, 0.0]]))
    # No compound in K562: the compounds elsewhere. An unknown context: everything of that modality.
    assert ask(MeanShift(), training, "other:compound") == pytest.approx(np.array([[0.0, 6.0]]))
    assert ask(MeanShift(), training, "C:ko", context="HL60") == pytest.approx(np.array([[14 / 3, 2.0]]))


def test_additive_sums_the_parts_and_takes_the_mean_single_for_an_unknown_one():
    training = responses({"A:ko": [1.0, 0.0], "B:ko": [0.0, 2.0], "C:ko + D:ko": [9.0, 9.0]})
    assert ask(Additive(), training, "A:ko + B:ko") == pytest.approx(np.array([[1.0, 2.0]]))
    assert ask(Additive(), training, "A:ko + D:ko") == pytest.approx(np.array([[1.5, 1.0]]))
    assert ask(Additive(), training, "A:ko@0.5 + B:ko") == pytest.approx(np.array([[0.5, 2.0]]))


def test_matching_mean_averages_the_parts_and_takes_the_mean_of_all_for_an_unknown_one():
    training = responses({"A:ko": [1.0, 0.0], "B:ko": [0.0, 2.0], "C:ko + D:ko": [2.0, 4.0]})
    assert ask(MatchingMean(), training, "A:ko + B:ko") == pytest.approx(np.array([[0.5, 1.0]]))
    assert ask(MatchingMean(), training, "A:ko + D:ko") == pytest.approx(np.array([[1.0, 1.0]]))


def test_a_part_that_was_measured_elsewhere_is_taken_from_there():
    training = responses({"A:ko": [1.0, 0.0], "A172 | B:ko": [0.0, 2.0], "HL60 | B:ko": [0.0, 4.0]})
    assert ask(Additive(), training, "A:ko + B:ko") == pytest.approx(np.array([[1.0, 3.0]]))


def test_mean_over_contexts_averages_the_treatment_and_falls_to_the_mean_shift():
    training = responses({"A:ko": [1.0, 0.0], "A172 | A:ko": [3.0, 2.0], "B:ko": [0.0, 6.0]})
    assert ask(ContextMean(), training, "A:ko", context="HL60") == pytest.approx(np.array([[2.0, 1.0]]))
    assert ask(ContextMean(), training, "C:ko") == pytest.approx(np.array([[0.5, 3.0]]))


def test_several_strengths_of_one_treatment_become_one_line_through_zero():
    # 1 uM acts with strength 1/2, 3 uM with 3/4: slope (1/2·1 + 3/4·2) / (1/4 + 9/16).
    training = responses({"drug@1uM": [1.0], "drug@3uM": [2.0]})
    slope = 2.0 / (0.25 + 0.5625)
    assert ask(Additive(), training, "drug@1uM", "drug:compound") == pytest.approx(
        np.array([[slope / 2], [slope]])
    )


def test_kernel_ridge_is_ridge_regression_on_one_hot_vectors():
    training = responses({k: v for k, v in SCREEN.items() if "A172" not in k and "uM" not in k})
    exact = RidgeSettings(({"identity": 1.0},), (0.5,), rank=None)
    features = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [1, 1, 0, 0], [0, 0, 1, 1]], dtype=float)
    weights = np.linalg.solve(features.T @ features + 0.5 * np.eye(4), features.T @ training.delta)
    predicted = ask(KernelRidge(settings=exact), training, "KLF1:crispra + STAT1:crispra")
    np.testing.assert_allclose(predicted[0], weights[0] + weights[3], atol=1e-10)


def test_an_unknown_treatment_does_nothing_in_zero_mean_kernel_ridge():
    assert not ask(KernelRidge(), responses(SCREEN), "TP53:crispra", "KLF1:crispri").any()


def test_bilinear_ridge_is_the_published_formula():
    training = responses({k: v for k, v in SCREEN.items() if "A172" not in k and "uM" not in k})
    y, ridge, inner = training.delta, 0.3, 0.1
    p = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [1, 1, 0, 0], [0, 0, 1, 1]], dtype=float)
    b = y.mean(axis=0)
    _, size, vectors = np.linalg.svd(y - b, full_matrices=False)
    g = (vectors[:2].T * size[:2]) / np.sqrt(len(y))
    w = np.linalg.solve(g.T @ g + inner * np.eye(2), g.T @ (y - b).T @ p) @ np.linalg.inv(
        p.T @ p + ridge * np.eye(4)
    )
    settings = replace(BilinearRidge().settings, ridges=(ridge,), rank=2)
    predicted = ask(BilinearRidge(settings=settings), training, "KLF1:crispra + STAT1:crispra")
    np.testing.assert_allclose(predicted[0], g @ w @ np.array([1, 0, 0, 1]) + b, atol=1e-10)


def test_another_context_counts_by_its_chosen_share():
    training = responses({"A172 | A:ko": [2.0, 0.0], "A172 | B:ko": [0.0, 2.0], "C:ko": [1.0, 1.0]})
    share = RidgeSettings(({"identity": 1.0},), (1.0,), context_shares=(0.25,))
    here, there = (ask(KernelRidge(settings=share), training, "A:ko", context=c) for c in ("K562", "A172"))
    np.testing.assert_allclose(here, 0.25 * there)
    assert there == pytest.approx(np.array([[1.0, 0.0]]))


def test_the_context_share_follows_whether_contexts_agree():
    generator = np.random.default_rng(0)
    own = generator.normal(size=(12, 30))
    agreeing = {f"{c} | G{i}:ko": own[i] + 0.1 * generator.normal(size=30) for c in "XY" for i in range(12)}
    opposite = {f"{c} | G{i}:ko": own[i] * (1 if c == "X" else -1) for c in "XY" for i in range(12)}
    for shifts, share in ((agreeing, 1.0), (opposite, 0.0)):
        fitted = KernelRidge().fit(responses({k: v.tolist() for k, v in shifts.items()}))
        assert fitted.state.choice.context_share == share


def test_left_out_predictions_are_those_of_refits():
    generator = np.random.default_rng(3)
    loadings = generator.normal(size=(20, 25))
    kernel, noise = loadings @ loadings.T / 25, generator.uniform(0.1, 0.9, 20)
    observed, groups = generator.normal(size=(20, 4)), generator.integers(0, 6, 20)
    shortcut = left_out(precision(kernel, noise), observed, groups)
    for group in range(6):
        rest, out = np.flatnonzero(groups != group), np.flatnonzero(groups == group)
        refit = np.linalg.solve(kernel[np.ix_(rest, rest)] + np.diag(noise[rest]), observed[rest])
        np.testing.assert_allclose(shortcut[out], kernel[np.ix_(out, rest)] @ refit, atol=1e-10)


def test_gaps_are_filled_so_that_they_have_no_influence():
    generator = np.random.default_rng(4)
    loadings = generator.normal(size=(15, 20))
    kernel, noise = loadings @ loadings.T / 20, np.full(15, 0.2)
    observed = generator.normal(size=(15, 6))
    observed[generator.random(observed.shape) < 0.4] = NAN
    q = precision(kernel, noise)
    coefficients = q @ filled(q, observed)
    for gene in range(6):
        known = np.isfinite(observed[:, gene])
        alone = np.linalg.solve(kernel[np.ix_(known, known)] + np.diag(noise[known]), observed[known, gene])
        np.testing.assert_allclose(coefficients[known, gene], alone, atol=1e-6)
        np.testing.assert_allclose(coefficients[~known, gene], 0, atol=1e-6)


def test_a_kernel_that_is_not_positive_semi_definite_is_refused():
    with pytest.raises(np.linalg.LinAlgError, match="not positive"):
        precision(np.array([[1.0, 3.0], [3.0, 1.0]]), np.full(2, 0.1))


def test_noise_is_the_variance_of_the_mean_relative_to_the_median_row():
    spread = np.array([[1.0] * 4, [2.0] * 4, [NAN] * 4])
    training = responses(dict(list(SCREEN.items())[:3]), spread=spread, cells=np.array([10, 10, 10]))
    # 0.1 and 0.4; the median is 0.25, and a row of unknown spread counts as typical.
    assert relative_noise(training) == pytest.approx([0.4, 1.6, 1.0])
    assert relative_noise(responses(SCREEN)) == pytest.approx(np.ones(8))


def test_names_of_one_compound_are_left_out_together_when_settings_are_chosen():
    training = responses({"imatinib@1uM": [1.0], '"imatinib mesylate"@1uM': [1.0], "gefitinib@1uM": [0.0]})
    treatments = [c.treatment for c in training.conditions]
    settings = RidgeSettings(({"structure": 1.0},), (1.0,))
    targets = Targets.of(training, np.ones(3), centred=False, unit_norm=False)
    parts = PriorKnowledge().parts(treatments, treatments)
    (groups,) = Problem(training.conditions, parts, targets, settings).groups
    assert groups[0] == groups[1] != groups[2]


def test_unit_norm_training_predicts_direction_and_length_apart():
    generator = np.random.default_rng(5)
    shifts = {f"G{i}:ko": (i + 1) * generator.normal(size=40) for i in range(8)}
    training = responses({k: v.tolist() for k, v in shifts.items()})
    plain = RidgeSettings(({"identity": 1.0},), (1e-6,), rank=None)
    for unit_norm in (True, False):
        model = KernelRidge(settings=replace(plain, unit_norm=unit_norm))
        np.testing.assert_allclose(ask(model, training, "G2:ko")[0], shifts["G2:ko"], rtol=1e-3, atol=1e-3)
    far = ask(KernelRidge(settings=replace(plain, unit_norm=True)), training, "G2:ko@0.5")[0]
    assert 0 < np.linalg.norm(far) < np.linalg.norm(shifts["G2:ko"])


def test_a_combination_at_unit_norm_is_about_as_long_as_the_sum_of_its_parts():
    generator = np.random.default_rng(6)
    shifts = {f"G{i}:ko": (10 * generator.normal(size=40)).tolist() for i in range(8)}
    settings = RidgeSettings(({"identity": 1.0},), (1e-3,), rank=None, unit_norm=True)
    both = ask(KernelRidge(settings=settings), responses(shifts), "G2:ko + G5:ko")[0]
    summed = np.add(shifts["G2:ko"], shifts["G5:ko"])
    assert np.linalg.norm(both) == pytest.approx(np.linalg.norm(summed), rel=0.1)


def test_a_mixture_must_fit_the_parts():
    parts = OneHot().parts([Treatment.parse("A:ko")], [Treatment.parse("A:ko")])
    for wrong in ({"structure": 1.0}, {}, {"identity": -1.0}):
        with pytest.raises(ValueError, match="does not fit"):
            mixed(parts, wrong)


def test_similar_genes_inform_each_other_through_prior_knowledge():
    shifts = {"JAK2:ko": [3.0, 0.0], "STAT1:ko": [3.0, 0.1], "HK2:ko": [0.0, -2.0]}
    settings = RidgeSettings(({"gene_prior": 1.0},), (0.1,), rank=None)
    predicted = ask(KernelRidge(PriorKnowledge(), settings), responses(shifts), "IFNGR1:ko")[0]
    assert predicted[0] > abs(predicted[1])


def test_the_registry_holds_every_kind_and_refuses_others():
    for predictor in EVERY.values():
        assert predictor.fit(responses(SCREEN)).config()["kind"] in BASELINES
    with pytest.raises(ValueError, match="no baseline 'oracle'"):
        restore({"kind": "oracle"}, {})
    with pytest.raises(ValueError, match="configuration of"):
        NoChange.restore({"kind": "mean_shift"}, {})


def test_settings_refuse_what_cannot_be():
    for wrong in ({"ridges": (0.0,)}, {"ridges": ()}, {"context_shares": (1.5,)}):
        with pytest.raises(ValueError, match=r"positive|at least one|between"):
            RidgeSettings(**({"mixtures": ({"identity": 1.0},), "ridges": (1.0,)} | wrong))


def test_the_base_predictor_answers_unseen_genes_from_prior_knowledge():
    predicted = ask(
        base_predictor(Readout.LOG1P), responses(SCREEN), "JAK1:crispra", "KLF1:crispra + JAK2:crispra"
    )
    assert predicted.any(axis=1).all()
