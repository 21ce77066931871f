"""Treatment and context factors: what each effect, support row and prior similarity does to an answer."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from xpert.data.readout import Readout
from xpert.data.responses import Condition, Context, Responses
from xpert.errors import InputError
from xpert.model.baselines.factors import Factors, FactorSettings
from xpert.model.baselines.factors_fit import (
    MANY_CONTEXTS,
    SHARED,
    Assumed,
    Covariances,
    Effects,
    Grid,
    compressed,
    posterior,
)
from xpert.model.baselines.factors_support import SupportSettings
from xpert.model.baselines.kernels import OneHot
from xpert.model.baselines.registry import restore
from xpert.model.metrics import pearson
from xpert.perturbation import CONTROL, Treatment

GENES = 300
DRUGS = (
    "trametinib",
    "binimetinib",
    "everolimus",
    "temsirolimus",
    "docetaxel",
    "topotecan",
    "gemcitabine",
    "ritonavir",
)
LINES = ("a", "b", "c", "d", "e", "f")


def simulated(seed: int = 0, noise: float = 0.1) -> Responses:
    """A mean, effects, interactions of low rank, and noise, on every pair of a drug and a line."""
    draw = np.random.default_rng(seed)
    shape = (len(DRUGS), len(LINES), GENES)
    drug, line = (draw.normal(size=(size, 1, GENES)) for size in (len(DRUGS), len(LINES)))
    loads = draw.normal(size=(len(DRUGS), 1, 2)) * draw.normal(size=(1, len(LINES), 2))
    values = draw.normal(size=GENES) + drug + line.swapaxes(0, 1) + loads @ draw.normal(size=(2, GENES))
    values += noise * draw.normal(size=shape)
    genes = tuple(f"g{i}" for i in range(GENES))
    unknown = np.full(GENES, np.nan)
    covariates = dict(zip(LINES, ("lung", "lung", "lung", "skin", "skin", "skin"), strict=True))
    contexts = (
        Context(n, genes, np.zeros(GENES), unknown, covariates={"lineage": covariates[n]}) for n in LINES
    )
    pairs = [(i, j) for i in range(len(DRUGS)) for j in range(len(LINES))]
    delta = np.array([values[i, j] for i, j in pairs], dtype=np.float32)
    return Responses(
        readout=Readout.Z,
        genes=genes,
        contexts=tuple(contexts),
        conditions=tuple(Condition(LINES[j], Treatment.parse(f"{DRUGS[i]}:compound")) for i, j in pairs),
        delta=delta,
        spread=np.full_like(delta, np.nan),
        cells=np.ones(len(delta), dtype=int),
    )


def rows(responses: Responses, context: str | None = None, drug: str | None = None) -> np.ndarray:
    return np.array(
        [
            i
            for i, c in enumerate(responses.conditions)
            if context in {None, c.context} and drug in {None, c.treatment.targets[0]}
        ]
    )


def split(responses: Responses, held_out: np.ndarray) -> tuple[Responses, Responses]:
    kept = np.setdiff1d(np.arange(len(responses)), held_out)
    return responses.take(kept), responses.take(held_out)


def score(predictor: Factors, asked: Responses) -> float:
    return float(pearson(predictor.predict(asked.conditions, asked.context), asked.delta).mean())


@pytest.fixture(scope="module")
def whole() -> Responses:
    return simulated()


@pytest.fixture(scope="module")
def fitted(whole) -> Factors:
    return Factors().fit(whole)


def test_effects_of_complete_data_are_differences_of_means(whole):
    place = np.divmod(np.arange(len(whole)), len(LINES))
    effects = Effects.of(Grid(whole.delta, *place, (len(DRUGS), len(LINES))), damping=0)
    table = whole.delta.reshape(len(DRUGS), len(LINES), GENES)
    assert effects.mean == pytest.approx(table.mean(axis=(0, 1)), abs=1e-5)
    assert effects.treatment == pytest.approx(table.mean(axis=1) - table.mean(axis=(0, 1)), abs=1e-5)
    assert effects.context == pytest.approx(table.mean(axis=0) - table.mean(axis=(0, 1)), abs=1e-5)


def test_the_posterior_is_that_of_the_covariance_written_out():
    draw = np.random.default_rng(0)
    shape = (4, 3)
    treatment, context = np.array([0, 0, 1, 2, 3, 3]), np.array([0, 1, 1, 2, 0, 2])
    covariances = Covariances(*(m @ m.T for m in (draw.normal(size=(n, n)) for n in (4, 3, 4, 3))), 0.5)
    values = draw.normal(size=(6, 5)).astype(np.float32)
    found = posterior(values, Grid(values, treatment, context, shape), covariances, rank=5)
    full = np.kron(np.ones((4, 4)), covariances.context) + np.kron(covariances.treatment, np.ones((3, 3)))
    full += np.kron(covariances.treatment_rest, covariances.context_rest)
    seen = treatment * 3 + context
    expected = full[:, seen] @ np.linalg.solve(full[np.ix_(seen, seen)] + 0.5 * np.eye(6), values)
    total = found.treatment[:, None] + found.context[None] + found.scores @ found.basis
    assert total.reshape(12, 5) == pytest.approx(expected, abs=1e-4)


def test_a_matrix_of_low_rank_is_compressed_without_loss():
    draw = np.random.default_rng(0)
    matrix = (draw.normal(size=(40, 3)) @ draw.normal(size=(3, 30))).astype(np.float32)
    scores, basis = compressed(matrix, 3)
    assert (scores.shape, basis.shape) == ((40, 3), (3, 30))
    assert scores @ basis == pytest.approx(matrix, abs=1e-4)


def test_control_and_zero_dose_give_exactly_no_shift(fitted, whole):
    asked = [Condition("a", CONTROL), Condition("a", Treatment.parse("trametinib@0uM"))]
    for predictor in (fitted, fitted.with_support(whole.take(rows(whole, "a")[:3]))):
        assert not predictor.predict(asked, whole.context).any()


def test_interactions_make_an_unseen_pair_better_than_effects_alone(whole):
    held_out = np.random.default_rng(1).choice(len(whole), 8, replace=False)
    training, asked = split(whole, held_out)
    additive = replace(FactorSettings(), offered=(Assumed(SHARED - 1e-6, repeated=False, by_effects=False),))
    assert (
        score(Factors().fit(training), asked) > score(Factors(settings=additive).fit(training), asked) + 0.02
    )


def test_every_row_of_a_new_context_improves_the_answers_for_its_others(whole):
    own = rows(whole, "f")
    asked = whole.take(own[5:])
    training, _ = split(whole, own)
    scores = [score(Factors().fit(split(whole, own[n:])[0]), asked) for n in (0, 2, 5)]
    assert scores[0] < scores[1] < scores[2]
    added = Factors().fit(training).with_support(whole.take(own[:5]))
    assert score(added, asked) > scores[1]


def test_support_leaves_other_contexts_and_the_original_alone(fitted, whole):
    asked = whole.take(rows(whole, "b"))
    before = fitted.predict(asked.conditions, asked.context)
    added = fitted.with_support(whole.take(rows(whole, "a")[:2]))
    assert np.array_equal(added.predict(asked.conditions, asked.context), before)
    assert fitted.corrections == ()


def test_support_for_the_same_context_is_replaced_not_summed(whole):
    own = rows(whole, "f")
    base = Factors().fit(split(whole, own)[0])
    once = base.with_support(whole.take(own[:3]))
    twice = once.with_support(whole.take(own[:3]))
    asked = whole.take(own[3:])
    assert len(twice.corrections) == 1
    again = [p.predict(asked.conditions, asked.context) for p in (once, twice)]
    assert again[0] == pytest.approx(again[1], abs=1e-9)


def test_a_new_context_leans_to_those_of_its_lineage(whole):
    own = rows(whole, "f")
    training, asked = split(whole, own)
    predictor = Factors(settings=FactorSettings(context_ridge=0.5)).fit(training)
    shift = predictor.predict(asked.conditions, asked.context)
    bare = tuple(replace(c, covariates={}) for c in whole.contexts)
    unknown = predictor.predict(asked.conditions, {c.name: c for c in bare})
    towards = {
        line: predictor.state.context[i].astype(float) for i, line in enumerate(predictor.state.contexts)
    }
    step = (shift - unknown).mean(axis=0)
    assert step @ (towards["d"] + towards["e"]) > 0
    assert np.abs(step).max() > 0.01


def test_an_unseen_compound_leans_to_one_of_the_same_mechanism(whole):
    training, asked = split(whole, rows(whole, drug="binimetinib"))
    predictor = Factors().fit(training)
    place = {t.targets[0]: i for i, t in enumerate(predictor.state.treatments)}
    _, weights = predictor.state.treatment_weights(
        [asked.conditions[0].treatment], predictor.source, predictor.settings.mixture
    )
    assert int(np.argmax(weights[0])) == place["trametinib"]


def test_another_dose_of_a_measured_compound_is_that_compound_scaled(fitted, whole):
    doses = [Condition("a", Treatment.parse(f"trametinib@{dose}")) for dose in ("1uM", "1mM")]
    low, high = fitted.predict(doses, whole.context)
    assert pearson(low[None], high[None])[0] == pytest.approx(1)
    assert np.linalg.norm(low) < np.linalg.norm(high)


def test_gaps_in_training_do_not_spread(whole):
    delta = whole.delta.copy()
    delta[3, :50] = np.nan
    filled = Factors().fit(replace(whole, delta=delta)).predict(whole.conditions, whole.context)
    assert np.isfinite(filled).all()
    assert pearson(filled[3:4, :50], whole.delta[3:4, :50])[0] > 0.7


def test_a_stored_predictor_says_the_same_as_before(fitted, whole):
    added = fitted.with_support(whole.take(rows(whole, "a")[:2]))
    config = json.loads(json.dumps(added.config()))
    again = restore(config, added.arrays())
    asked = whole.conditions[:9]
    assert np.array_equal(again.predict(asked, whole.context), added.predict(asked, whole.context))
    assert all(values.dtype != object for values in added.arrays().values())


def test_the_order_of_training_rows_does_not_matter(fitted, whole):
    other = Factors().fit(whole.take(np.random.default_rng(3).permutation(len(whole))))
    shifts = [p.predict(whole.conditions, whole.context) for p in (fitted, other)]
    assert shifts[0] == pytest.approx(shifts[1], abs=0.02)


def test_one_context_alone_is_no_obstacle(whole):
    alone = whole.take(rows(whole, "a"))
    shift = Factors().fit(alone).predict(alone.conditions, alone.context)
    assert pearson(shift, alone.delta).min() > 0.9


def test_what_cannot_be_is_refused(whole):
    with pytest.raises(ValueError, match="positive"):
        FactorSettings(context_ridge=0)
    with pytest.raises(ValueError, match="positive"):
        SupportSettings(ridge=-1)
    with pytest.raises(ValueError, match="noise"):
        FactorSettings(offered=(Assumed(1.0, repeated=False, by_effects=False),))
    with pytest.raises(ValueError, match="fitted"):
        Factors().predict(whole.conditions, whole.context)
    with pytest.raises(InputError, match="measured in no training condition"):
        Factors().fit(replace(whole, delta=np.where(np.arange(GENES) == 0, np.nan, whole.delta)))


def measured_everywhere(values) -> Responses:
    """Every treatment in every context, from shifts of shape ``(treatments, contexts, genes)``."""
    count, lines, _ = values.shape
    genes = tuple(f"g{i}" for i in range(GENES))
    pairs = [(i, j) for i in range(count) for j in range(lines)]
    delta = np.array([values[i, j] for i, j in pairs], dtype=np.float32)
    return Responses(
        readout=Readout.Z,
        genes=genes,
        contexts=tuple(Context(n, genes, np.zeros(GENES), np.full(GENES, np.nan)) for n in LINES[:lines]),
        conditions=tuple(Condition(LINES[j], Treatment.parse(f"drug {i}:compound")) for i, j in pairs),
        delta=delta,
        spread=np.full_like(delta, np.nan),
        cells=np.ones(len(delta), dtype=int),
    )


def noisy(seed: int) -> Responses:
    """Sixty treatments, some alike, in three contexts: their means hold more noise than effect."""
    draw = np.random.default_rng(seed)
    kinds = draw.normal(size=(6, GENES))
    values = kinds[np.arange(60) % 6][:, None] + 3 * draw.normal(size=(60, 3, GENES))
    return measured_everywhere(values)


@pytest.mark.parametrize("seed", [0, 1])
def test_where_contexts_are_few_what_does_not_repeat_is_taken_for_noise(seed):
    world = noisy(seed)
    training, asked = split(world, np.arange(0, len(world), 7))
    plain = Factors(source=OneHot(), settings=replace(FactorSettings(), offered=MANY_CONTEXTS[:1]))
    chosen = Factors(source=OneHot())
    assert score(chosen.fit(training), asked) > score(plain.fit(training), asked) + 0.03


def test_a_context_that_was_never_measured_gets_what_repeats_of_the_mean():
    draw = np.random.default_rng(0)
    means = draw.normal(size=GENES) + draw.normal(size=(2, GENES))
    grid = Grid(means.astype(np.float32), np.array([0, 0]), np.array([0, 1]), (1, 2))
    effects = Effects.of(grid, 0.0)
    product, both = float((means[0] * means[1]).mean()), float((means.mean(axis=0) ** 2).mean())
    assert effects.repeats == pytest.approx(product / both, rel=1e-4)
    assert 0.4 < effects.repeats < 0.9


def lines_that_share_nothing(seed: int = 0) -> Responses:
    """Twelve drugs in five contexts whose own effects are large and unlike: hardly any of the mean repeats."""
    draw = np.random.default_rng(seed)
    values = draw.normal(size=(12, 1, GENES)) + 3 * draw.normal(size=(1, 5, GENES))
    values += 0.1 * draw.normal(size=values.shape)
    return measured_everywhere(values)


def errors_in_a_new_context(world: Responses, own: Responses, asked: Responses) -> tuple[float, float]:
    """Squared error for `asked` without and with `own` rows of the same context."""
    fitted = Factors(source=OneHot()).fit(world)
    told = (f.predict(asked.conditions, asked.context) for f in (fitted, fitted.with_support(own)))
    before, after = (float(np.nanmean((t - asked.delta) ** 2)) for t in told)
    return before, after


def test_a_mean_that_does_not_repeat_is_left_out_in_a_new_context_and_support_still_counts():
    world = lines_that_share_nothing()
    own = rows(world, "e")
    training, _ = split(world, own)
    fitted = Factors(source=OneHot()).fit(training)
    assert float(fitted.state.repeats) < 0.2
    plain = replace(fitted, state=replace(fitted.state, repeats=np.array(1.0)))
    asked = world.take(own[4:])
    shrunk, whole = (
        ((f.predict(asked.conditions, asked.context) - asked.delta) ** 2).mean() for f in (fitted, plain)
    )
    assert shrunk < whole
    before, after = errors_in_a_new_context(training, world.take(own[:4]), asked)
    assert after < 0.3 * before


def test_genes_that_were_not_measured_do_not_dilute_what_the_others_tell():
    world = simulated(3)
    own = rows(world, "f")
    training, _ = split(world, own)
    asked, support = world.take(own[5:]), world.take(own[:5])
    half = replace(support, delta=np.where(np.arange(GENES) % 2, support.delta, np.nan))
    genes = np.flatnonzero(np.arange(GENES) % 2)
    truth = replace(asked, delta=np.where(np.arange(GENES) % 2, asked.delta, np.nan))
    whole, part = (errors_in_a_new_context(training, s, truth)[1] for s in (support, half))
    assert genes.size
    assert part < 1.3 * whole


def test_a_treatment_that_stands_twice_in_a_context_counts_once(whole):
    idle = whole.conditions[0].treatment.perturbations | Treatment.parse("docetaxel@0uM").perturbations
    twice = replace(
        whole,
        conditions=(*whole.conditions, Condition(whole.conditions[0].context, Treatment(frozenset(idle)))),
        delta=np.vstack([whole.delta, whole.delta[:1]]),
        spread=np.vstack([whole.spread, whole.spread[:1]]),
        cells=np.append(whole.cells, 1),
    )
    told = [Factors().fit(r).predict(whole.conditions, whole.context) for r in (whole, twice)]
    assert told[0] == pytest.approx(told[1], abs=1e-4)
