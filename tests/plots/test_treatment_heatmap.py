"""Genes by treatments: an even scale, dots where the interval leaves zero out, and rows in a sensible order."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from xpert.data.readout import Readout
from xpert.plots.treatment_heatmap import ordered, strongest, treatment_heatmap, treatment_heatmap_alt


@pytest.fixture
def shifts() -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "gene": ["A", "B", "C", "<b>D</b>"] * 2,
            "treatment": ["x:ko"] * 4 + ["y:ko"] * 4,
            "delta": [0.1, -3.0, 0.0, 0.12, 1.0, 0.2, 0.0, 1.1],
        }
    )
    return table.assign(lower=table["delta"] - 0.5, upper=table["delta"] + 0.5)


def drawn(chart):
    spec = json.loads(chart.to_json())
    return spec, pd.DataFrame(next(iter(spec["datasets"].values())))


def test_the_scale_is_even_about_zero_and_fixed_there(shifts):
    spec, _ = drawn(treatment_heatmap(shifts, Readout.Z, count=2))
    color = spec["layer"][0]["encoding"]["color"]
    assert color["scale"]["domain"] == [-3.0, 0, 3.0]
    assert color["legend"]["title"] == Readout.Z.delta_label


def test_without_a_choice_the_genes_that_move_most_under_any_treatment_are_drawn(shifts):
    assert strongest(shifts, 2) == ["B", "<b>D</b>"]
    _, rows = drawn(treatment_heatmap(shifts, Readout.Z, count=2))
    assert set(rows["gene"]) == {"B", "<b>D</b>"}


def test_the_genes_asked_for_are_drawn_in_their_order(shifts):
    spec, rows = drawn(treatment_heatmap(shifts, Readout.Z, genes=["C", "A"]))
    assert set(rows["gene"]) == {"C", "A"}
    assert spec["layer"][0]["encoding"]["y"]["sort"] == ["C", "A"]


def test_a_dot_marks_what_lies_beyond_its_interval(shifts):
    _, rows = drawn(treatment_heatmap(shifts, Readout.Z))
    clear = rows[rows["clear"] == "yes"]
    assert set(zip(clear["gene"], clear["treatment"], strict=True)) == {
        ("B", "x:ko"),
        ("A", "y:ko"),
        ("<b>D</b>", "y:ko"),
    }
    _, without = drawn(treatment_heatmap(shifts[["gene", "treatment", "delta"]], Readout.Z))
    assert set(without["clear"]) == {"not told"}


def test_genes_that_move_alike_stand_together(shifts):
    order = ordered(shifts, ["A", "B", "C", "<b>D</b>"])
    assert abs(order.index("A") - order.index("<b>D</b>")) == 1
    assert sorted(order) == ["<b>D</b>", "A", "B", "C"]


def test_the_sentence_names_treatments_and_first_genes(shifts):
    words = treatment_heatmap_alt(shifts)
    assert "x:ko, y:ko" in words
    assert "B, <b>D</b>, A" in words
    assert treatment_heatmap_alt(shifts, genes=["C"]).endswith("most are C.")
