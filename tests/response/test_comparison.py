"""Treatments side by side: likeness, shared and opposite responders, and what chance alone would share."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from xpert.data.readout import Readout
from xpert.errors import InputError
from xpert.perturbation import Treatment
from xpert.response.comparison import Comparison, Kind, Rule, Similarity, responder_sets

GENES = ("BOTH_UP", "BOTH_DOWN", "APART", "ONE", "STILL")
A = [2.0, -1.0, 1.0, 0.5, 0.0]
B = [1.0, -2.0, -1.0, 0.1, 0.0]
C = [4.0, -2.0, 2.0, 1.0, 0.0]


def predicted(text, delta, *, half=0.2, genes=GENES, readout=Readout.LOG1P, context="k562"):
    delta = np.array(delta)
    return SimpleNamespace(
        treatment=Treatment.parse(text), context=context, model="tiny", readout=readout, genes=genes,
        delta=delta, lower=delta - half, upper=delta + half,
    )  # fmt: skip


@pytest.fixture
def three():
    return Comparison.of([predicted("A:ko", A), predicted("B:ko", B), predicted("C:ko", C)])


def test_the_table_holds_every_shift_under_its_treatment(three):
    assert three.table.columns.tolist() == ["gene", "A:ko", "B:ko", "C:ko"]
    assert three.table["B:ko"].tolist() == B


def test_the_same_response_at_another_size_has_cosine_one(three):
    alike = three.similarity(Similarity.COSINE)
    assert alike.loc["A:ko", "C:ko"] == pytest.approx(1)
    assert alike.loc["A:ko", "B:ko"] == pytest.approx(np.dot(A, B) / np.linalg.norm(A) / np.linalg.norm(B))


def test_pearson_is_numpys(three):
    assert three.similarity(Similarity.PEARSON).to_numpy() == pytest.approx(np.corrcoef([A, B, C]))


def test_a_treatment_that_moves_nothing_is_like_nothing():
    alike = Comparison.of([predicted("A:ko", A), predicted("N:ko", np.zeros(5))]).similarity()
    assert np.isnan(alike.loc["A:ko", "N:ko"])


def test_responders_are_told_apart_by_their_direction(three):
    found = three.responders(3).set_index("gene")
    assert found["kind"].to_dict() == {
        "BOTH_UP": Kind.UP.value,
        "BOTH_DOWN": Kind.DOWN.value,
        "APART": Kind.OPPOSITE.value,
    }
    assert found.loc["APART", ["up_in", "down_in", "up", "down"]].tolist() == [2, 1, "A:ko; C:ko", "B:ko"]
    assert found.loc["BOTH_UP", "weakest"] == 1.0


def test_fewer_treatments_let_more_genes_in(three):
    assert set(three.responders(2)["gene"]) == {"BOTH_UP", "BOTH_DOWN", "APART", "ONE"}


def test_a_gene_inside_its_interval_is_not_moved_but_can_be_among_the_strongest():
    wide = Comparison.of([predicted("A:ko", A, half=9), predicted("B:ko", B, half=9)])
    assert wide.responders(2).empty
    assert set(wide.responders(2, Rule.STRONGEST)["gene"]) == set(GENES) - {"STILL"}


def test_chance_agrees_with_drawing_at_random(three):
    moved = three.moved()
    draw = np.random.default_rng(0)
    counts = dict.fromkeys(Kind, 0.0)
    rounds = 3000
    for _ in range(rounds):
        mixed = np.array([draw.permutation(row) for row in moved])
        up, down = (mixed > 0).sum(0), (mixed < 0).sum(0)
        enough = up + down >= 2
        counts[Kind.UP] += (enough & (down == 0)).sum()
        counts[Kind.DOWN] += (enough & (up == 0)).sum()
        counts[Kind.OPPOSITE] += (enough & (up > 0) & (down > 0)).sum()
    for kind, expected in three.by_chance(2).items():
        assert counts[kind] / rounds == pytest.approx(expected, abs=0.08)


def test_clustering_sets_alike_treatments_side_by_side(three):
    genes, treatments = three.clustered(4)
    assert len(genes) == 4
    assert abs(treatments.index("A:ko") - treatments.index("C:ko")) == 1


def test_genes_meet_by_name():
    turned = predicted("B:ko", B[::-1], genes=GENES[::-1])
    assert Comparison.of([predicted("A:ko", A), turned]).table["B:ko"].tolist() == B


@pytest.mark.parametrize(
    ("predictions", "words"),
    [
        ([predicted("A:ko", A)], "from 2 to 20"),
        ([predicted("A:ko", A), predicted("A:ko", B)], "twice"),
        ([predicted("A:ko", A), predicted("B:ko", B, readout=Readout.Z)], "one model"),
        ([predicted("A:ko", A), predicted("B:ko", [1.0], genes=("X",))], "no gene in common"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_words(predictions, words):
    with pytest.raises(InputError, match=words):
        Comparison.of(predictions)


def test_responders_leave_as_gene_sets(three):
    lines = responder_sets(three.responders(3), 3, 3).splitlines()
    assert lines[0] == "shared up\tmoved by at least 3 of 3 treatments\tBOTH_UP"
    assert len(lines) == 3
