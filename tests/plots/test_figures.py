"""Each figure shows the table it was given, with units on its axes."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from xpert.data.readout import Readout
from xpert.plots.agreement import agreement
from xpert.plots.composition import cells_per_condition, composition_alt, conditions_per_context
from xpert.plots.distributions import distributions, distributions_alt
from xpert.plots.point_map import MOST_POINTS
from xpert.plots.ranked import most_moved, ranked_alt, ranked_bars
from xpert.plots.universe import Place, Response, universe_alt, universe_map
from xpert.plots.volcano import NO_INTERVAL_LABEL, signal, volcano, volcano_alt


@pytest.fixture
def shifts() -> pd.DataFrame:
    delta = np.array([2.0, -1.5, 0.2, 0.0, -0.1])
    return pd.DataFrame(
        {
            "gene": ["UP1", "<b>DOWN</b>", "weak", "still", "weak2"],
            "delta": delta,
            "lower": delta - 0.5,
            "upper": delta + 0.5,
            "observed": [1.8, -1.0, np.nan, 0.0, 0.3],
        }
    )


@pytest.fixture
def points() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "x": [0.0, 1.0, 2.0, 3.0],
            "y": [0.0, 1.0, 0.0, 1.0],
            "treatment": ["A:ko", "B:ko", "drug@1uM", "A:ko + B:ko"],
            "context": "K562",
            "contexts": ["K562", "K562; A549", "K562", "K562"],
            "modality": ["knockout", "knockout", "compound", "knockout"],
            "mechanism": [None, None, "kinase inhibitor", None],
            "expected_error": [0.1, 0.2, np.nan, 0.4],
        }
    )


def test_signal_is_one_where_the_interval_touches_zero():
    table = pd.DataFrame({"delta": [0.5, -2.0, 0.0], "lower": [0.0, -3.0, -1.0], "upper": [1.0, -1.0, 1.0]})
    assert signal(table).tolist() == [1.0, 2.0, 0.0]


def test_an_exact_zero_has_no_signal():
    table = pd.DataFrame({"delta": [0.0], "lower": [0.0], "upper": [0.0]})
    assert signal(table).tolist() == [0.0]


def test_volcano_holds_every_gene_once_in_the_table_order(shifts):
    genes = volcano(shifts, Readout.LOG1P).data[0]
    assert [row[0] for row in genes.customdata] == shifts["gene"].tolist()
    assert genes.x.tolist() == shifts["delta"].tolist()


def test_volcano_says_that_its_height_is_no_p_value(shifts):
    figure = volcano(shifts, Readout.LOG1P)
    assert "signal" in figure.layout.yaxis.title.text
    assert figure.layout.xaxis.title.text == "Δ ln(1 + CP10k)"


def test_volcano_rings_the_chosen_gene_alone(shifts):
    (ring,) = (
        t for t in volcano(shifts, Readout.Z, chosen=["weak"], labelled=0).data[1:] if t.x[0] is not None
    )
    assert list(ring.x) == [0.2]


def test_no_markup_of_a_name_reaches_the_volcano(shifts):
    figure = volcano(shifts, Readout.Z)
    shown = [*figure.data[0].text, *(a.text for a in figure.layout.annotations)]
    assert not any("<b>DOWN" in text for text in shown)
    assert any("&lt;b&gt;DOWN" in text for text in shown)


def test_volcano_sentence_counts_what_stands_out(shifts):
    assert "1 genes up and 1 down" in volcano_alt(shifts, "A:ko")
    assert "UP1 at +2.00" in volcano_alt(shifts, "A:ko")
    assert "no gene" in volcano_alt(shifts.assign(delta=0.0, lower=-1, upper=1), "control")


def test_ranked_bars_run_from_most_up_to_most_down(shifts):
    assert most_moved(shifts, 2)["gene"].tolist() == ["UP1", "weak", "weak2", "<b>DOWN</b>"]


def test_ranked_bars_carry_the_interval_and_the_unit(shifts):
    spec = json.loads(ranked_bars(shifts, Readout.LOG2FC, count=1).to_json())
    (rows,) = spec["datasets"].values()
    assert [r["gene"] for r in rows] == ["UP1", "<b>DOWN</b>"]
    assert spec["layer"][0]["encoding"]["x"]["title"] == "log2 fold change"
    assert "UP1" in ranked_alt(shifts, "A:ko")
    assert "no gene" in ranked_alt(shifts.assign(delta=0.0), "control")


def test_distributions_say_how_many_cells_and_show_each_of_a_few():
    cells = pd.DataFrame(
        {"gene": "A", "group": ["control"] * 60 + ["predicted"] * 20, "value": np.arange(80) / 10}
    )
    figure = distributions(cells, Readout.LOG1P)
    assert [t.name for t in figure.data] == ["control (60 cells)", "predicted (20 cells)"]
    assert [t.points for t in figure.data] == [False, "all"]
    assert "control 2.95" in distributions_alt(cells)


def test_agreement_leaves_out_what_was_not_observed(shifts):
    figure = agreement(shifts, Readout.LOG1P, chosen=["UP1"])
    points = next(t for t in figure.data if t.name == "genes")
    assert len(points.x) == 4
    assert figure.layout.xaxis.title.text.startswith("observed")


def test_composition_shows_the_largest_treatments_of_every_context():
    counts = pd.DataFrame(
        {
            "treatment": ["A:ko", "A:ko", "B:ko", "A:ko + B:ko"],
            "context": ["x", "y", "x", "x"],
            "cells": [10, 20, 5, 25],
            "perturbations": [1, 1, 1, 2],
        }
    )
    spec = json.loads(cells_per_condition(counts, top=2).to_json())
    assert spec["encoding"]["y"]["sort"] == ["A:ko", "A:ko + B:ko"]
    kinds = json.loads(conditions_per_context(counts).to_json())
    (rows,) = kinds["datasets"].values()
    assert {(r["context"], r["kind"]): r["conditions"] for r in rows} == {
        ("x", "single"): 2,
        ("x", "double"): 1,
        ("y", "single"): 1,
    }
    assert "1 of them combinations; from 5 cells (B:ko) to 25" in composition_alt(counts)


def test_every_point_of_the_map_carries_its_row(points):
    for coloring in ("modality", "mechanism", "expected_error"):
        figure = universe_map(points, coloring)
        rows = sorted(int(r[0]) for t in figure.data for r in t.customdata)
        assert rows == [0, 1, 2, 3]


def test_what_is_not_known_is_grey_and_said(points):
    names = [t.name for t in universe_map(points, "mechanism").data]
    assert names == ["other or not known (3)", "kinase inhibitor (1)"]
    assert [t.name for t in universe_map(points, "expected_error").data] == ["not measured", "measured"]


def test_a_picked_point_is_ringed_and_joined_to_its_neighbours(points):
    figure = universe_map(points, "modality", picked=0, neighbours=[1, 2], here=Place("mine", 1, 1))
    edges, ring, mine = figure.data[-3:]
    assert list(edges.x) == [0.0, 1.0, None, 0.0, 2.0, None]
    assert list(ring.x) == [0.0]
    assert list(mine.x) == [1]


def test_more_points_than_a_browser_draws_are_a_picture(points):
    many = pd.concat([points] * (MOST_POINTS // 4 + 1), ignore_index=True)
    figure = universe_map(many, "modality", picked=1, neighbours=[2], chosen=[0, 3])
    assert len(figure.layout.images) == 1
    assert sum(len(t.x) for t in figure.data) < 3_000


def test_the_map_is_coloured_by_the_response_of_a_gene(points):
    response = Response("<i>GATA1", np.array([-2.0, 0.5, 1.0, np.nan]), "z score")
    unknown, known = universe_map(points, "response", response=response).data
    assert len(unknown.x) == 1
    assert (known.marker.cmin, known.marker.cmax) == (-known.marker.cmax, known.marker.cmax)
    assert known.marker.colorbar.title.text == "&lt;i&gt;GATA1<br>z score"
    assert known.customdata[-1][0] == 0, "the strongest lies on top"
    assert "from -2 to 1" in universe_alt(points, "response", response)
    with pytest.raises(ValueError, match="needs the responses"):
        universe_map(points, "response")


def test_the_map_is_coloured_by_context_and_by_how_many(points):
    assert [t.name for t in universe_map(points, "context").data] == ["K562 (4)"]
    (counts,) = universe_map(points, "contexts").data
    assert dict(zip([r[0] for r in counts.customdata], counts.marker.color, strict=True)) == {
        0: 1,
        1: 2,
        2: 1,
        3: 1,
    }


def test_selected_points_are_ringed_and_counted(points):
    ring = universe_map(points, "modality", chosen=[1, 3]).data[-1]
    assert ring.name == "selected (2)"
    assert list(ring.x) == [1.0, 3.0]


def test_map_sentence_counts_the_classes(points):
    assert "3 knockout, 1 compound" in universe_alt(points, "modality")
    assert "from 0.1 to 0.4" in universe_alt(points, "expected_error")


def test_without_any_interval_the_height_is_the_shift_and_the_axis_says_so(shifts):
    bare = shifts.assign(lower=np.nan, upper=np.nan)
    figure = volcano(bare, Readout.LOG1P)
    assert figure.layout.yaxis.title.text == NO_INTERVAL_LABEL
    assert list(figure.data[0].y) == [2.0, 1.5, 0.2, 0.0, 0.1]


def test_names_in_the_volcano_do_not_cover_one_another(shifts):
    crowd = pd.concat([shifts] + [shifts.head(1).assign(gene=f"TWIN{i}") for i in range(5)])
    names = [a.text for a in volcano(crowd.reset_index(drop=True), Readout.LOG1P).layout.annotations]
    assert names.count("UP1") == 1
    assert not any(name.startswith("TWIN") for name in names)
