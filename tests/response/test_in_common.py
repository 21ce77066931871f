"""What a group of treatments has in common, against hand-computed cases."""

from __future__ import annotations

import numpy as np
import pytest

from xpert.errors import InputError
from xpert.response.in_common import in_common_by_chance, moved_in_common, needed, overrepresented

GENES = ["A", "B", "C", "D"]


def test_genes_that_most_treatments_move_the_same_way_are_found():
    shifts = np.array([[5.0, -4.0, 1.0, 0.0], [6.0, -5.0, 0.5, 0.0], [4.0, 0.1, -7.0, 0.0]])
    table = moved_in_common(shifts, GENES, top=1, share=0.6)
    assert table["gene"].tolist() == ["A", "B"]
    assert table["direction"].tolist() == ["up", "down"]
    assert table["treatments"].tolist() == [3, 2]
    assert table["mean"].tolist() == pytest.approx([5.0, -8.9 / 3])


def test_a_gene_that_does_not_move_is_never_in_common():
    assert moved_in_common(np.zeros((3, 4)), GENES, top=4).empty


def test_two_treatments_are_the_fewest():
    assert needed(2, 0.1) == 2
    assert needed(10, 0.3) == 3
    with pytest.raises(InputError, match="at least two"):
        moved_in_common(np.ones((1, 4)), GENES)


def test_chance_agrees_with_a_draw():
    rng = np.random.default_rng(0)
    expected = in_common_by_chance(6, 200, top=20, share=0.5)
    found = [
        len(moved_in_common(rng.normal(size=(6, 200)), range(200), top=20, share=0.5)) for _ in range(60)
    ]
    assert np.mean(found) == pytest.approx(expected, rel=0.15)


def test_a_label_of_the_whole_selection_is_told_from_one_of_the_whole_map():
    everyone = [{"kinase"}] * 4 + [{"other"}] * 16 + [set()] * 5
    table = overrepresented([{"kinase"}, {"kinase"}, {"kinase"}, set()], everyone).set_index("label")
    row = table.loc["kinase"]
    assert (row["in_map"], row["shared"]) == (4, 3)
    assert row["expected"] == pytest.approx(3 * 4 / 20)
    assert row["p_value"] == pytest.approx(4 / 1140)  # C(4,3) / C(20,3)
    assert "other" not in table.index
