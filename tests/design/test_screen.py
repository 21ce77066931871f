"""A screen puts first what the measurements say should be first, and its numbers are what they are called."""

from __future__ import annotations

import numpy as np
import pytest

from xpert.data.responses import Condition
from xpert.design.candidates import Candidates, candidates, offered, usual_dose
from xpert.design.movers import movers, training_shift
from xpert.design.objective import Objective
from xpert.design.score import Chance, Scorer, error_patterns, usual_shift
from xpert.design.screen import COLUMNS, screen
from xpert.errors import InputError
from xpert.model.bundle import Measured, list_bundles, load_bundle
from xpert.perturbation import Modality, Perturbation, Treatment
from xpert.prediction.predict import predict

RNG = np.random.default_rng(0)


def bundle_of(name):
    if name not in {info.name for info in list_bundles()}:
        pytest.skip(f"the bundle {name} is not here")
    return load_bundle(name)


@pytest.fixture(scope="module")
def knockouts():
    return bundle_of("papalexi")


@pytest.fixture(scope="module")
def activations():
    return bundle_of("perturbseq")


def measured_of(delta):
    rows = len(delta)
    conditions = tuple(Condition("c", Treatment.parse(f"G{i}:ko")) for i in range(rows))
    return Measured(conditions, np.ones(rows, dtype=int), np.asarray(delta), np.full(rows, np.nan))


def lowered_by(bundle, text, count=20):
    """Genes that a measured treatment lowers most, without any perturbed gene."""
    row = [str(c.treatment) for c in bundle.training.conditions].index(text)
    order = np.argsort(bundle.training.delta[row])
    return [bundle.genes[i] for i in order if bundle.genes[i] not in bundle.targets][:count]


def test_the_genes_that_jak2_lowers_put_its_pathway_on_top(knockouts):
    table = screen(knockouts, Objective.of(down=lowered_by(knockouts, "JAK2:ko"))).table
    assert set(table["treatment"].head(4)) == {"JAK2:ko", "STAT1:ko", "IFNGR1:ko", "IFNGR2:ko"}
    top = table.head(4)
    assert (top["p_value"] < 0.001).all()
    assert (top["lower"] > 0).all()


def test_what_ifngr1_raises_is_reversed_at_the_bottom(knockouts):
    table = screen(knockouts, Objective.of(up=lowered_by(knockouts, "IFNGR1:ko"))).table
    last = table[table["rank"].notna()].tail(4)
    assert set(last["treatment"]) == {"JAK2:ko", "STAT1:ko", "IFNGR1:ko", "IFNGR2:ko"}
    assert (last["p_value"] > 0.99).all()


def test_a_double_with_the_activated_gene_stands_beside_it(activations):
    row = [str(c.treatment) for c in activations.training.conditions].index("KLF1:crispra")
    genes = [activations.genes[i] for i in np.argsort(-activations.training.delta[row])[:15]]
    table = screen(activations, Objective.of(up=genes), ["K562"]).table
    assert table["treatment"][0] == "KLF1:crispra"
    assert table["treatment"].head(3).str.contains("KLF1:crispra").all()


def test_heat_shock_genes_find_inhibitors_of_hsp90_that_the_model_never_measured():
    bundle = bundle_of("l1000")
    measured = {t.targets[0] for t in candidates(bundle)}
    compounds = [c for c in bundle.features.compounds.compounds if c.smiles and c.mechanisms]
    new = [c for c in compounds if c.name not in measured]
    others = [c for c in new if "HSP inhibitor" not in c.mechanisms]
    inhibitors = [c for c in new if "HSP inhibitor" in c.mechanisms]
    picked = [others[i] for i in RNG.choice(len(others), 300, replace=False)]
    asked = [Treatment.of(Perturbation(c.name, Modality.COMPOUND)) for c in [*inhibitors, *picked]]
    objective = Objective.of(up=["HSPA1A", "HSPA8", "DNAJB1", "BAG3", "HSPD1", "DNAJB6", "HSPA4"])
    table = screen(bundle, objective, choose=asked, intervals=3).table
    table = table[table["measured_score"].isna()]
    is_inhibitor = table["mechanism"].str.contains("HSP inhibitor").to_numpy()
    percentile = np.flatnonzero(is_inhibitor) / len(table)
    assert is_inhibitor.sum() >= 5
    assert is_inhibitor[:3].all()
    assert np.median(percentile) < 0.1


def test_the_score_is_the_one_that_predict_gives(knockouts):
    up, down = ["CHEK2", "BTG1"], ["STAT1"]
    table = screen(knockouts, Objective.of(up=up, down=down)).table.set_index("treatment")
    (prediction,) = predict(knockouts, ["all cells"], [Treatment.parse("JAK2:ko")])
    shift = dict(zip(prediction.genes, prediction.delta / usual_shift(knockouts.training), strict=True))
    expected = np.mean([shift[g] for g in up]) - shift["STAT1"]
    assert table["score"]["JAK2:ko"] == pytest.approx(expected, rel=1e-4)
    assert tuple(screen(knockouts, Objective.of(up=up)).table.columns) == COLUMNS


def test_a_treatment_without_any_shift_has_no_rank_and_stands_last(knockouts):
    ranking = screen(knockouts, Objective.of(up=["BTG1"]))
    still = ranking.table[ranking.table["rank"].isna()]
    assert len(still) + ranking.ranked == len(ranking.table) == 25
    assert len(still) > 0
    assert still["score"].isna().all()
    assert ranking.table["rank"].dropna().tolist() == list(range(1, ranking.ranked + 1))
    assert any("unknown, not" in s for s in ranking.sentences)


def test_where_the_model_knows_nothing_it_says_so_and_ranks_nothing(knockouts):
    unseen = candidates(knockouts, "library")[len(candidates(knockouts)) :][:50]
    with pytest.raises(InputError, match="no shift"):
        screen(knockouts, Objective.of(up=["BTG1"]), choose=unseen)


def test_held_out_agreement_and_the_kind_of_question_stand_beside_each_row(activations):
    table = screen(
        activations, Objective.of(up=list(activations.genes[:20])), ["k562"], Candidates.PAIRS
    ).table
    assert {"seen", "both_singles_seen", "no_single_seen"} <= set(table["question"])
    new = table[table["question"] == "both_singles_seen"]
    assert np.isfinite(new["expected_correlation"]).all()
    assert new["measured_score"].isna().all()
    assert table.loc[table["question"] == "seen", "measured_score"].notna().all()


def test_a_screen_tells_how_far_it_is_and_ends_when_told_to(activations):
    told = []
    screen(
        activations,
        Objective.of(up=["GAPDH", *activations.genes[:5]]),
        ["k562"],
        tell=lambda *a: told.append(a),
    )
    assert told[-1] == (42, 42)

    def enough(_done, _total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        screen(activations, Objective.of(up=list(activations.genes[:5])), ["k562"], tell=enough)


def test_contexts_are_named_regardless_of_case_and_never_guessed(activations):
    objective = Objective.of(up=list(activations.genes[:5]))
    with pytest.raises(InputError, match="contexts; choose among"):
        screen(activations, objective)
    with pytest.raises(InputError, match="no context"):
        screen(activations, objective, ["HeLa"])
    assert screen(activations, objective, ["K562"]).contexts == ("k562",)


def test_candidates_name_each_treatment_once_and_measured_ones_first(activations):
    measured = candidates(activations)
    for kind in offered(activations):
        found = candidates(activations, kind)
        assert found[: len(measured)] == measured
        assert len(set(found)) == len(found)
    singles = {(p.target, p.modality) for t in measured if len(t) == 1 for p in t.perturbations}
    more = candidates(activations, "library")[len(measured) :]
    assert len(more) > 10_000
    assert not any((p.target, p.modality) in singles for t in more for p in t.perturbations)


def test_pairs_are_offered_only_where_some_were_measured(knockouts):
    assert Candidates.PAIRS not in offered(knockouts)
    with pytest.raises(InputError, match="choose one of"):
        candidates(knockouts, "pairs")


def test_a_library_compound_gets_the_usual_dose():
    bundle = bundle_of("tggates")
    added = candidates(bundle, "library")[len(candidates(bundle)) :]
    assert len(added) > 5_000
    assert {str(p.strength) for t in added for p in t.perturbations} == {str(usual_dose(bundle))} == {"50uM"}


def test_the_p_value_is_uniform_where_genes_are_alike_and_small_where_they_are_not():
    genes = tuple(f"G{i}" for i in range(400))
    placed = Objective.of(up=genes[:10], down=genes[10:25]).on(genes)
    chance, null = Chance.of(placed), RNG.normal(size=(600, 400))
    p = chance.p_values(null, null @ placed.loading)
    assert abs(np.mean(p < 0.05) - 0.05) < 0.03
    assert abs(np.mean(p < 0.5) - 0.5) < 0.07
    moved = null[:5] + 4 * 400 * np.sign(placed.loading) / 400
    assert (chance.p_values(moved, moved @ placed.loading) < 1e-4).all()
    again = Chance.of(placed).p_values(null, null @ placed.loading)
    np.testing.assert_array_equal(p, again)


def test_random_sets_carry_the_same_weights_on_different_genes():
    genes = tuple(f"G{i}" for i in range(50))
    placed = Objective({"G1": 3.0, "G2": 1.0}, {"G3": 1.0}).on(genes)
    chance = Chance.of(placed)
    assert all(len(set(row)) == 3 for row in chance.places[:500].tolist())
    np.testing.assert_allclose(chance.weights, [0.75, 0.25, -1.0])
    counts = np.bincount(chance.places[:, 2], minlength=50)
    assert counts.min() > 0.7 * counts.mean()


def test_an_interval_counts_that_errors_go_together_or_cancel():
    genes = tuple(f"G{i}" for i in range(10))
    together = np.outer(RNG.normal(size=40), np.ones(10))
    alone = RNG.normal(size=(40, 10))
    placed = Objective.of(up=genes).on(genes)
    against = Objective.of(up=genes[:5], down=genes[5:]).on(genes)
    half = np.ones((1, 10))

    def width(objective, delta):
        measured = measured_of(delta)
        scorer = Scorer(objective, np.ones(10))
        return float(scorer.half_width(half, error_patterns(measured, "c"))[0])

    assert width(placed, together) == pytest.approx(1.0)
    assert width(placed, alone) == pytest.approx(1 / np.sqrt(10), rel=0.35)
    assert width(against, together) == pytest.approx(0.0, abs=1e-6)
    assert width(placed, together[:3]) == pytest.approx(1.0)


def test_a_gene_that_hardly_moves_does_not_decide():
    delta = np.tile([1.0, 1.0, 1.0, 1e-6], (9, 1))
    assert usual_shift(measured_of(delta)).tolist() == pytest.approx([1.0, 1.0, 1.0, 0.25])
    with pytest.raises(InputError):
        usual_shift(measured_of(np.zeros((9, 4))))


def test_a_measured_score_does_without_genes_that_were_not_measured():
    genes = ("A", "B", "C")
    scorer = Scorer(Objective.of(up=["A", "B"], down=["C"]).on(genes), np.ones(3))
    found = scorer.measured(np.array([[1.0, 3.0, 1.0], [np.nan, 3.0, 1.0], [1.0, 3.0, np.nan]]))
    np.testing.assert_allclose(found, [1.0, 2.0, np.nan])


def test_what_moves_a_gene_most_is_what_was_measured_to(knockouts):
    found = movers(knockouts, ["ube2l6"])
    row = found.table.iloc[0]
    place = knockouts.genes.index("UBE2L6")
    measured = {
        str(c.treatment): d[place]
        for c, d in zip(knockouts.training.conditions, knockouts.training.delta, strict=True)
    }
    assert row["treatment"] == max(measured, key=lambda t: abs(measured[t]))
    assert row["measured"] == pytest.approx(measured[row["treatment"]])
    assert row["share"] == 1.0
    assert found.table["measured"].abs().is_monotonic_decreasing
    assert found.genes == ("UBE2L6",)


def test_a_set_of_interferon_genes_is_moved_by_the_interferon_pathway(knockouts):
    found = movers(knockouts, lowered_by(knockouts, "IFNGR2:ko"), predicted=training_shift(knockouts))
    assert {"JAK2:ko", "STAT1:ko", "IFNGR1:ko"} < set(found.table["treatment"].head(4))
    assert (found.table["measured"].head(4) < 0).all()
    np.testing.assert_allclose(
        found.table["predicted"],
        movers(knockouts, lowered_by(knockouts, "IFNGR2:ko")).table["predicted"],
        rtol=1e-5,
    )


def test_a_look_up_keeps_to_the_contexts_that_are_named(activations):
    gene = activations.genes[0]
    assert set(movers(activations, [gene], ["a172"]).table["context"]) == {"A172"}
    with pytest.raises(InputError, match="None of these genes"):
        movers(activations, ["NOSUCH"])
