"""A hypothesis is read, weighed against a real model, and never surer than its held-out errors allow."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from xpert.data.readout import Readout
from xpert.data.responses import Condition
from xpert.design.chance import Together, errors_together, set_half_width, sign_probability
from xpert.design.hypothesis import Direction, Hypothesis, weigh
from xpert.design.paths import known_paths
from xpert.design.power import needed
from xpert.design.question import read_subject
from xpert.errors import InputError, TreatmentSyntaxError, UnknownTargetError
from xpert.model.bundle import list_bundles, load_bundle
from xpert.model.calibration import LEVELS
from xpert.perturbation import Treatment
from xpert.prediction.predict import predict

IFNG = "HALLMARK_INTERFERON_GAMMA_RESPONSE"


def loaded(name):
    if name not in {info.name for info in list_bundles()}:
        pytest.skip(f"the bundle {name} is not here")
    return load_bundle(name)


@pytest.fixture(scope="module")
def papalexi():
    return loaded("papalexi")


@pytest.fixture(scope="module")
def perturbseq():
    return loaded("perturbseq")


def ask(bundle, treatment, direction, what):
    return weigh(bundle, Hypothesis.about(treatment, next(iter(bundle.contexts)), direction, what))


# What is asked


def test_a_hypothesis_is_stated_in_words():
    asked = Hypothesis.about("JAK2:ko", "THP-1", "lowers", "CD274")
    assert str(asked) == "Knockout of JAK2 in THP-1 lowers CD274."
    assert asked.direction is Direction.DOWN
    assert not asked.is_set


@pytest.mark.parametrize(
    ("text", "name", "count"),
    [("PDL1", "", 1), (IFNG, IFNG, 199), (IFNG.lower(), IFNG.lower(), 199), ("JAK2, STAT1 IRF1", "", 3)],
)
def test_genes_sets_and_lists_are_told_apart(text, name, count):
    genes, found = read_subject(text)
    assert (found, len(genes)) == (name, count)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (("control", "k562", "up", "HBG2"), "control"),
        (("KLF1:crispra@0", "k562", "up", "HBG2"), "zero strength"),
        (("KLF1:crispra", "k562", "sideways", "HBG2"), "up"),
        (("KLF1:crispra", "", "up", "HBG2"), "cells"),
        (("KLF1:crispra", "k562", "up", []), "gene"),
        (("KLF1:crispra", "k562", "up", "HALLMARK_HYPOXYA"), "HALLMARK_HYPOXIA"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_words(parts, words):
    with pytest.raises(InputError, match=words):
        Hypothesis.about(*parts)


def test_a_treatment_that_cannot_be_read_shows_where():
    with pytest.raises(TreatmentSyntaxError):
        Hypothesis.about("KLF1:crispra + ", "k562", "up", "HBG2")


# How probable it is


def normal_widths(spread=1.0):
    return np.array([norm.ppf((1 + level) / 2) * spread for level in LEVELS])


def test_the_probability_is_that_of_the_error_distribution():
    for shift in (0.2, 0.7, 1.3, 1.9):
        found = float(sign_probability(np.array(shift), normal_widths(), kept=1.0))
        assert found == pytest.approx(norm.cdf(shift), abs=0.025)


def test_no_shift_is_even_odds_and_a_larger_one_is_never_less_probable():
    shifts = np.linspace(0, 12, 200)
    found = sign_probability(shifts, np.repeat(normal_widths()[:, None], 200, axis=1))
    assert found[0] == 0.5
    assert (np.diff(found) >= 0).all()
    assert found[-1] < 1
    assert (sign_probability(-shifts, np.repeat(normal_widths()[:, None], 200, axis=1)) == found).all()


def test_intervals_without_any_width_do_not_make_certain():
    assert 0.5 <= float(sign_probability(np.array(0.1), np.zeros(len(LEVELS)))) < 1


def test_errors_of_a_set_lie_between_independent_and_together():
    half = np.full(10, 2.0)
    assert set_half_width(half, Together(0.0, 9)) == pytest.approx(2 / np.sqrt(10))
    assert set_half_width(half, Together(1.0, 0)) == pytest.approx(2.0)


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_the_correlation_of_errors_is_measured(share):
    rng = np.random.default_rng(0)
    common = rng.normal(size=(400, 1))
    delta = rng.normal(size=(400, 200))
    delta[:, :12] = np.sqrt(share) * common + np.sqrt(1 - share) * delta[:, :12]
    conditions = [Condition("a", Treatment.parse(f"G{i}:ko")) for i in range(400)]
    found = errors_together(conditions, delta, np.arange(12), "a")
    assert found.correlation == pytest.approx(share, abs=0.06)
    assert found.conditions == 400


def test_few_conditions_give_the_widest_interval_and_say_so():
    conditions = [Condition("a", Treatment.parse(f"G{i}:ko")) for i in range(4)]
    found = errors_together(conditions, np.eye(4, 3), np.arange(3), "a")
    assert found == Together(1.0, 0)
    assert "widest" in found.sentence


# On real models


@pytest.mark.parametrize("gene", ["JAK2", "IFNGR1", "STAT1"])
def test_knocking_out_the_interferon_pathway_lowers_its_response(papalexi, gene):
    verdict = ask(papalexi, f"{gene}:ko", "down", IFNG)
    assert verdict.upper < 0
    assert verdict.probability > 0.9
    assert gene not in verdict.genes
    assert verdict.repeats
    assert any("no independent proof" in said for said in verdict.sentences)
    assert verdict.measured[0].treatment == Treatment.parse(f"{gene}:ko")
    assert verdict.measured[0].shift < 0


def test_the_opposite_hypothesis_has_the_opposite_probability(papalexi):
    down, up = (ask(papalexi, "STAT1:ko", way, "UBE2L6") for way in ("down", "up"))
    assert down.shift == up.shift
    assert down.probability + up.probability == pytest.approx(1)
    assert "other way" in up.headline


def test_the_shift_and_its_interval_are_those_of_the_prediction(perturbseq):
    verdict = ask(perturbseq, "KLF1:crispra + CEBPE:crispra", "up", "HBG2")
    (made,) = predict(perturbseq, ["k562"], [Treatment.parse("KLF1:crispra + CEBPE:crispra")])
    row = made.table.set_index("gene").loc["HBG2"]
    assert verdict.shift == pytest.approx(row["delta"])
    assert (verdict.lower, verdict.upper) == pytest.approx((row["lower"], row["upper"]))
    assert 0.85 < verdict.probability < 0.99
    assert not verdict.repeats


def test_where_no_change_is_predicted_the_model_cannot_tell(papalexi):
    verdict = ask(papalexi, "TP53:ko", "up", "PSMB9")
    assert verdict.shift == 0
    assert verdict.probability == 0.5
    assert not verdict.can_tell
    assert verdict.headline == "The model cannot tell"
    assert verdict.power.expected.fewest is None
    assert "not reachable" in verdict.power.expected.label
    assert verdict.readouts.empty


def test_measurements_that_do_not_repeat_prove_nothing(perturbseq):
    condition = next(c for c in perturbseq.training.conditions if c.context == "T98G")
    (made,) = predict(perturbseq, ["T98G"], [condition.treatment])
    gene = made.table[made.table["control"] > 0].nlargest(1, "delta")["gene"].iloc[0]
    verdict = weigh(perturbseq, Hypothesis.about(condition.treatment, "T98G", "up", gene))
    assert verdict.probability == 0.5
    assert verdict.sentences[0].startswith("The model predicts no change")


def test_genes_that_no_control_cell_shows_are_not_judged(perturbseq):
    context = perturbseq.contexts["k562"]
    silent = perturbseq.genes[int(np.flatnonzero(context.control == 0)[0])]
    verdict = ask(perturbseq, "KLF1:crispra + CEBPE:crispra", "up", silent)
    assert verdict.probability == 0.5
    assert not verdict.can_tell


def test_aliases_mean_the_gene(papalexi):
    known = weigh(papalexi, Hypothesis.about("JAK2:ko", "all cells", "down", "LMP2"))
    assert known.genes == ("PSMB9",)


def test_too_few_genes_of_a_set_are_refused_with_the_reason(papalexi):
    with pytest.raises(InputError, match="not predicted by this model"):
        ask(papalexi, "JAK2:ko", "down", "HALLMARK_MYOGENESIS")


def test_an_unknown_target_names_the_nearest(papalexi):
    with pytest.raises(UnknownTargetError):
        ask(papalexi, "JAKK2:ko", "down", "UBE2L6")


def test_readouts_point_the_way_of_the_hypothesis(papalexi):
    verdict = ask(papalexi, "IFNGR1:ko", "down", IFNG)
    table = verdict.readouts
    assert not set(table["gene"]) & {"IFNGR1"}
    own = table[table["role"] == "asked about"]
    assert (own["confirms"] == "▼ down").all()
    others = table[table["role"] == "moves with it"]
    assert ((others["goes_with"] > 0) == (others["confirms"] == "▼ down")).all()
    assert (table["confirms"] != table["refutes"]).all()
    expects = np.where(np.sign(table["predicted"]) < 0, "▼ down", "▲ up")
    assert ((table["confirms"] == expects) == (table["expects"] == "confirms")).all()


def test_nearest_measurements_come_from_the_training_data(perturbseq):
    verdict = ask(perturbseq, "KLF1:crispra + CEBPE:crispra", "up", "HBG2")
    training = perturbseq.training
    column = perturbseq.genes.index("HBG2")
    for found in verdict.measured:
        row = training.conditions.index(Condition(found.context, found.treatment))
        assert found.shift == pytest.approx(float(training.delta[row, column]))


# What is known, and what it takes


def test_paths_carry_the_sign_of_the_perturbation(perturbseq):
    raised = known_paths(perturbseq, Treatment.parse("KLF1:crispra"), ["HBG2"])
    lowered = known_paths(perturbseq, Treatment.parse("KLF1:crispri"), ["HBG2"])
    direct = [path for path in raised.paths if len(path.nodes) == 2]
    assert direct
    assert direct[0].nodes == ("KLF1", "HBG2")
    assert [p.sign for p in raised.paths] == [-p.sign for p in lowered.paths]


def test_a_compound_goes_by_its_targets(papalexi):
    inhibitor = known_paths(papalexi, Treatment.parse("ruxolitinib@1uM"), ["STAT1", "SOCS3"])
    assert "JAK2" in inhibitor.targets
    assert all(path.start == -1 for path in inhibitor.paths)
    assert inhibitor.sets


def test_cells_needed_are_those_of_the_formula():
    sd, effect = 1.5, 0.5
    found = needed(effect, (np.array([sd]), np.array([sd])))
    wanted = (norm.ppf(0.975) + norm.ppf(0.8)) ** 2 * 2 * sd**2 / effect**2
    assert found.fewest == found.most == int(np.ceil(wanted + norm.ppf(0.975) ** 2 / 4))


def test_that_many_cells_have_the_stated_power():
    found = needed(0.5, (np.array([1.0]), np.array([1.2])))
    rng = np.random.default_rng(1)
    control = rng.normal(0, 1.0, size=(4000, found.most))
    treated = rng.normal(0.5, 1.2, size=(4000, found.most))
    error = np.sqrt((control.var(axis=1, ddof=1) + treated.var(axis=1, ddof=1)) / found.most)
    share = (np.abs((treated.mean(axis=1) - control.mean(axis=1)) / error) > norm.ppf(0.975)).mean()
    assert share == pytest.approx(0.8, abs=0.03)


def test_a_set_needs_between_independent_and_common_genes():
    found = needed(0.2, (np.ones(25), np.ones(25)))
    assert found.fewest * 5 < found.most


def test_without_single_cells_no_number_is_given():
    found = needed(0.5, (np.array([np.nan]), np.array([np.nan])))
    assert found.fewest is None
    assert "cannot be told" in found.label


def test_models_of_arrays_count_arrays():
    bundle = loaded("tggates")
    assert bundle.readout is Readout.LOG2FC
    context = "human hepatocytes CELL0030, 24 h"
    verdict = weigh(bundle, Hypothesis.about("acetaminophen@10mM", context, "up", "CYP1A1"))
    assert verdict.power.expected.unit == "arrays"
