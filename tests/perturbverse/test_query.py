"""Signatures find the treatments that they were taken from, and noise finds none."""

from __future__ import annotations

import numpy as np
import pytest

from xpert import load_bundle
from xpert.data.signature_file import Signature
from xpert.errors import InputError
from xpert.perturbverse.query import COLUMNS, Direction, Match, _p_values, query


@pytest.fixture(scope="module")
def papalexi():
    return load_bundle("papalexi")


def values_of(bundle, name):
    return bundle.signatures.values[list(bundle.perturbverse["treatment"]).index(name)]


def lists_of(bundle, name, count=20):
    order = np.argsort(values_of(bundle, name))
    return [bundle.genes[i] for i in order[-count:]], [bundle.genes[i] for i in order[:count]]


def test_lists_from_a_knockout_find_it_and_its_pathway(papalexi):
    table = query([papalexi], Signature.of_lists(*lists_of(papalexi, "IFNGR1:ko")), Direction.MIMIC)
    assert tuple(table) == COLUMNS
    assert set(table["treatment"][:4]) >= {"IFNGR1:ko", "IFNGR2:ko", "JAK2:ko"}
    assert table["p_value"].iloc[0] < 0.05
    assert table["q_value"].is_monotonic_increasing


@pytest.mark.parametrize("side", ["up", "down"])
def test_one_side_alone_is_no_more_certain_than_two(side):
    """A null that is cut to the query's own genes would be the query itself, and every score above it significant."""
    l1000 = load_bundle("l1000")
    up, down = lists_of(l1000, "vorinostat:compound", 50)
    signature = Signature.of_lists(up, []) if side == "up" else Signature.of_lists([], down)
    for direction, sign in ((Direction.MIMIC, 1), (Direction.REVERSE, -1)):
        table = query([l1000], signature, direction)
        assert (sign * table["score"][:5] > 0).all()
        assert (table["p_value"] < 0.01).mean() < 0.25  # vorinostat lowers what many lower
    table = query([l1000], signature, Direction.MIMIC)
    assert {"vorinostat:compound", "trichostatin-a:compound"} <= set(table["treatment"][:5])


def test_what_scores_alike_has_the_same_p_value(papalexi):
    """Of ten genes many draws are the query's own split: rounding must not decide between them."""
    signature = Signature.of_lists(
        ["NFKBIA", "IFNGR2", "MDH2", "ATRX"], ["JAK2", "STAT1", "PSMB9", "UBE2L6", "STAT3", "STAT2"]
    )
    table = query([papalexi], signature, Direction.MIMIC).set_index("treatment")
    assert table["p_value"].min() > 1e-4


def test_the_opposite_signature_is_reversed_by_it(papalexi):
    up, down = lists_of(papalexi, "IFNGR1:ko")
    table = query([papalexi], Signature.of_lists(down, up), Direction.REVERSE)
    assert set(table["treatment"][:4]) >= {"IFNGR1:ko", "IFNGR2:ko", "JAK2:ko"}
    assert (table["score"][:3] < 0).all()


def test_a_whole_table_of_changes_finds_its_treatment_with_a_score_of_one(papalexi):
    changes = {g: float(v) for g, v in zip(papalexi.genes, values_of(papalexi, "STAT1:ko"), strict=True) if v}
    table = query([papalexi], Signature(changes, is_list=False, said=""), Direction.MIMIC)
    assert table["treatment"][0] == "STAT1:ko"
    assert table["score"][0] == pytest.approx(1, abs=1e-4)


def test_the_size_of_changes_has_no_meaning_but_their_proportions_have(papalexi):
    changes = {g: float(v) for g, v in zip(papalexi.genes, values_of(papalexi, "STAT1:ko"), strict=True) if v}
    doubled = {gene: 2 * value for gene, value in changes.items()}
    one, two = (Match.of(papalexi, Signature(c, is_list=False, said="")).scores for c in (changes, doubled))
    assert np.allclose(one, two)


def test_a_treatment_of_another_screen_is_found_by_its_class():
    tahoe, l1000 = load_bundle("tahoe"), load_bundle("l1000")
    changes = {
        g: float(v) for g, v in zip(tahoe.genes, values_of(tahoe, "Trametinib:compound"), strict=True) if v
    }
    table = query([l1000], Signature(changes, is_list=False, said=""), Direction.MIMIC)
    assert table["mechanism"][:20].str.contains("MEK inhibitor").any()


def test_p_values_of_signatures_drawn_as_the_null_is_are_even():
    """Scores of other draws of the null: one in ten below 0.1, one in a hundred below 0.01, one in a thousand …"""
    draw = np.random.default_rng(7)
    null, fresh = draw.standard_normal((1000, 400)) * 0.2, draw.standard_normal((500, 400)) * 0.2
    found = np.array([_p_values(null, scores) for scores in fresh])
    assert np.mean(found <= 0.1) == pytest.approx(0.1, abs=0.005)
    assert np.mean(found <= 0.01) == pytest.approx(0.01, abs=0.003)
    assert np.mean(found <= 0.0005) <= 0.0006


def test_a_model_that_measured_too_few_genes_is_left_out_and_said(papalexi):
    up, down = lists_of(papalexi, "IFNGR1:ko")
    left_out = []
    table = query(
        [papalexi, load_bundle("tggates")],
        Signature.of_lists(up, down),
        Direction.MIMIC,
        skipped=lambda name, why: left_out.append((name, why)),
    )
    assert set(table["model"]) == {"papalexi"}
    assert left_out[0][0] == "tggates"
    assert "at least 10" in left_out[0][1]


def test_where_no_model_measured_the_genes_it_is_an_error(papalexi):
    with pytest.raises(InputError, match="human genes"):
        query([papalexi], Signature.of_lists(["Foo1", "Foo2"], []), Direction.MIMIC)


def test_names_of_any_spelling_mean_the_same(papalexi):
    up, down = lists_of(papalexi, "IFNGR1:ko")
    plain = Match.of(papalexi, Signature.of_lists(up, down))
    lower = Match.of(papalexi, Signature.of_lists([g.lower() for g in up], down))
    assert np.array_equal(plain.scores, lower.scores)
