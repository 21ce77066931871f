"""Neighbours and map places of measured and new treatments, in the bundled models."""

from __future__ import annotations

import numpy as np
import pytest

from xpert import load_bundle
from xpert.errors import InputError, UnknownTargetError
from xpert.perturbation import Modality, Perturbation, Treatment
from xpert.perturbverse.embed import as_measured, embed, signatures, standing
from xpert.perturbverse.neighbours import COLUMNS, agreement, neighbours
from xpert.perturbverse.project import place, project
from xpert.perturbverse.quality import default_by, measured
from xpert.perturbverse.similarity import By, null_pairs


@pytest.fixture(scope="module")
def papalexi():
    return load_bundle("papalexi")


@pytest.fixture(scope="module")
def perturbseq():
    return load_bundle("perturbseq")


def test_a_kinase_stands_with_its_receptor(papalexi):
    table = neighbours(papalexi, Treatment.parse("JAK2:ko"), k=3)
    assert tuple(table) == COLUMNS
    assert set(table["treatment"]) == {"IFNGR1:ko", "IFNGR2:ko", "STAT1:ko"}
    assert table["distance"].is_monotonic_increasing
    assert (papalexi.perturbverse["treatment"][table.index] == table["treatment"]).all()


@pytest.mark.parametrize("by", list(By))
def test_the_treatment_itself_is_no_neighbour_of_its_own(papalexi, by):
    table = neighbours(papalexi, Treatment.parse("JAK2:ko"), by=by.value, k=99)
    assert len(table) == len(papalexi.perturbverse) - 1
    assert "JAK2:ko" not in set(table["treatment"])
    assert table["p_value"].between(0, 1, inclusive="right").all()
    assert table["p_value"].is_monotonic_increasing


def test_a_pair_that_shares_nothing_is_as_near_as_any(papalexi):
    """Over all pairs, p values of random pairs are even: the null is made of such pairs."""
    found = np.concatenate(
        [
            neighbours(papalexi, treatment, by="response", k=99)["p_value"]
            for treatment in papalexi.signatures.treatments
        ]
    )
    assert np.mean(found) == pytest.approx(0.5, abs=0.02)
    assert np.mean(found <= 0.1) == pytest.approx(0.1, abs=0.02)


def test_parts_and_doubles_are_neighbours(perturbseq):
    table = neighbours(perturbseq, Treatment.parse("KLF1:crispra + MAP2K6:crispra"), k=4)
    assert "KLF1:crispra" in set(table["treatment"])
    assert all("KLF1" in t or "MAP2K6" in t for t in table["treatment"])


def test_a_combination_that_was_never_measured_stands_between_its_parts(perturbseq):
    table = neighbours(perturbseq, Treatment.parse("SET:crispra + KLF1:crispra + CEBPE:crispra"), k=5)
    assert all({"SET", "KLF1", "CEBPE"} & set(Treatment.parse(t).targets) for t in table["treatment"][:3])


def test_a_context_changes_what_a_treatment_is_like(perturbseq):
    anywhere = embed(perturbseq, [Treatment.parse("KLF1:crispra")])
    there = embed(perturbseq, [Treatment.parse("KLF1:crispra")], context="k562")
    assert anywhere.shape == there.shape
    assert not np.allclose(anywhere, there)
    with pytest.raises(InputError, match="k562"):
        embed(perturbseq, [Treatment.parse("KLF1:crispra")], context="nowhere")


def test_ways_that_agree_are_counted(papalexi):
    ways = agreement(papalexi, Treatment.parse("JAK2:ko"), k=5)
    names = papalexi.perturbverse["treatment"]
    assert {names[row] for row, count in ways.items() if count == 3} >= {"IFNGR1:ko", "IFNGR2:ko", "STAT1:ko"}
    assert set(ways) <= {1, 2, 3}


def test_only_one_kind_can_be_asked_for(perturbseq):
    table = neighbours(perturbseq, Treatment.parse("KLF1:crispra"), k=50, modality="crispri")
    assert set(table["modality"]) == {"crispri"}
    with pytest.raises(InputError, match="crispra, crispri"):
        neighbours(perturbseq, Treatment.parse("KLF1:crispra"), modality="compound")


def test_where_no_change_is_predicted_response_has_no_neighbours(perturbseq):
    unseen = Treatment.parse("STAT1:crispri")
    assert not signatures(perturbseq, [unseen]).any()
    with pytest.raises(InputError, match="predicts no change"):
        neighbours(perturbseq, unseen, by="response")
    assert len(neighbours(perturbseq, unseen, by="prior", k=3)) == 3
    assert agreement(perturbseq, unseen).max() <= 2


def test_an_order_of_perturbations_has_no_meaning(perturbseq):
    one, other = (
        embed(perturbseq, [Treatment.parse(t)])
        for t in ("JAK2:crispra + MYC:crispra", "MYC:crispra + JAK2:crispra")
    )
    assert np.array_equal(one, other)


def test_control_has_no_place(papalexi):
    for text in ("control", "JAK2:ko@0"):
        with pytest.raises(InputError, match="does nothing"):
            neighbours(papalexi, Treatment.parse(text))


def test_an_unknown_target_names_the_nearest(papalexi):
    with pytest.raises(UnknownTargetError, match="JAK2"):
        neighbours(papalexi, Treatment.parse("JAKK2:ko"))


def test_a_way_that_does_not_exist_is_refused(papalexi):
    with pytest.raises(InputError, match="latent, response, prior"):
        neighbours(papalexi, Treatment.parse("JAK2:ko"), by="magic")


def test_a_treatment_of_the_map_is_put_where_it_stands(papalexi):
    row = list(papalexi.perturbverse["treatment"]).index("JAK2:ko")
    expected = papalexi.perturbverse[["x", "y"]].to_numpy(float)[row]
    assert project(papalexi, [Treatment.parse("JAK2:ko")])[0] == pytest.approx(expected, abs=1e-3)


def test_a_new_point_falls_between_its_neighbours():
    rng = np.random.default_rng(0)
    angle = np.sort(rng.uniform(0, 2 * np.pi, 400))
    fitted = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    put = place(np.array([[0.0, 2.0]]), fitted, np.stack([angle, angle * 0 + 3], axis=1))
    np.testing.assert_allclose(put, [[np.pi / 2, 3.0]], atol=0.05)


def test_a_null_leaves_out_pairs_that_share_a_target(perturbseq):
    null = null_pairs(perturbseq, By.PRIOR).between("crispra", "crispra")
    assert len(null)
    assert null.max() < 0.99


def test_a_compound_in_a_model_without_doses_stands_where_it_was_measured():
    l1000 = load_bundle("l1000")
    asked = Treatment.parse("vorinostat@1uM")
    assert str(as_measured(l1000, asked)) == "vorinostat:compound"
    table = neighbours(l1000, asked, k=3)
    assert "vorinostat:compound" not in set(table["treatment"])
    assert table["shared_mechanism"].any()


def test_a_compound_that_is_given_by_its_structure_finds_its_class():
    l1000 = load_bundle("l1000")
    sulindac_like = Treatment.parse('"CC1=C(CC(=O)O)c2cc(F)ccc2C1=Cc1ccc(S(C)=O)cc1"@10uM')
    table = neighbours(l1000, sulindac_like, by="prior", k=10)
    assert table["mechanism"].str.contains("cyclooxygenase").sum() >= 3


@pytest.mark.slow
def test_places_follow_umaps_own_transform_closely():
    umap = pytest.importorskip("umap")
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(12, 16)) * 4
    points = (centres[rng.integers(12, size=600)] + rng.normal(size=(600, 16))).astype(np.float32)
    model = umap.UMAP(metric="cosine", random_state=0, n_epochs=100).fit(points[:500])
    ours, theirs = place(points[500:], points[:500], model.embedding_), model.transform(points[500:])
    width = model.embedding_.std()
    assert np.median(np.linalg.norm(ours - theirs, axis=1)) < 0.1 * width


def test_the_default_is_the_way_that_was_measured_best():
    assert default_by("l1000") is By.LATENT
    assert default_by("tahoe") is By.PRIOR
    assert default_by("a model of one's own") is By.LATENT
    found = measured("l1000")
    assert [quality.precision for quality in found] == sorted((q.precision for q in found), reverse=True)
    assert found[0].lower > found[1].upper


def test_p_values_of_predicted_responses_are_even_too():
    """Compounds that were never measured: their predictions resemble what most compounds do, and the null knows."""
    l1000 = load_bundle("l1000")
    taken = {name.casefold() for name in l1000.targets}
    names = [
        c.name for c in l1000.features.compounds.compounds if c.smiles and c.name.casefold() not in taken
    ]
    draw = np.random.default_rng(5)
    shares = []
    for name in draw.choice(names, 12, replace=False):
        treatment = Treatment.of(Perturbation(str(name), Modality.COMPOUND))
        table = neighbours(l1000, treatment, by="response", k=9999, modality="compound")
        shares.append((table["p_value"] <= 0.05).mean())
    assert np.mean(shares) < 0.12


@pytest.mark.parametrize(
    ("model", "one", "other"),
    [
        ("l1000", "GEFITINIB@1uM", "gefitinib:compound"),
        ("tggates", "acetaminophen@5mM", "Acetaminophen@5000uM"),
        ("perturbseq", "EKLF:crispra", "KLF1:crispra"),
    ],
)
def test_another_spelling_is_the_same_treatment(model, one, other):
    bundle = load_bundle(model)
    first, second = (neighbours(bundle, Treatment.parse(text), k=5) for text in (one, other))
    assert first.equals(second)
    assert other not in set(first["treatment"])


def test_what_a_place_rests_on_is_said(perturbseq):
    assert "was measured by perturbseq in 1 context" in standing(perturbseq, Treatment.parse("KLF1:crispra"))
    assert "nor was any knockout" in standing(perturbseq, Treatment.parse("KLF1:ko"))
    assert "predicts no change" in standing(perturbseq, Treatment.parse("STAT1:crispri"))
    double = Treatment.parse("KLF1:crispra + MAP2K3:crispra")
    assert "by the response that perturbseq predicts" in standing(perturbseq, double)
