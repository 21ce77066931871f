"""Figures of the Compare page: heat maps, likeness, combinations and doses."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from xpert.data.readout import Readout
from xpert.design.dose_response import Curve, Signature
from xpert.design.hill import Fit, Hill
from xpert.plots.combination import KIND_MARKS, combination_alt, combination_scatter
from xpert.plots.dose_curve import dose_alt, dose_curve
from xpert.plots.heat_map import heat_map, heat_map_alt
from xpert.plots.palette import DIVERGING
from xpert.plots.similarity import similarity_alt, similarity_matrix


@pytest.fixture
def shifts():
    return pd.DataFrame(
        [[1.0, -2.0], [0.5, np.nan], [0.0, 1.5]], index=["<b>G</b>", "B", "C"], columns=["A:ko", "drug@1uM"]
    )


@pytest.fixture
def genes():
    return pd.DataFrame(
        {
            "gene": ["S", "B", "A", "<i>N</i>"],
            "additive": [1.0, 1.0, 0.5, 0.0],
            "predicted": [2.0, 0.2, 0.5, 1.0],
            "measured": [1.8, np.nan, 0.4, 0.9],
            "interaction": [1.0, -0.8, 0.0, 1.0],
            "kind": ["synergy", "buffering", "additive", "new"],
        }
    )


def curve(fit, span=(1.0, 100.0)):
    doses = np.array([0.0, 0.3, 3.0, 10.0, 30.0, 300.0])
    delta = 2 * doses / (doses + 5)
    table = pd.DataFrame(
        {
            "dose": doses,
            "delta": delta,
            "lower": delta - 0.2,
            "upper": delta + 0.2,
            "seen": doses == 10,
            "inside": True,
        }
    )
    measured = pd.DataFrame({"dose": [1.0, 10.0, 100.0], "delta": [0.2, 1.2, 1.9]})
    return Curve(Signature.of_gene("HBZ"), table, measured, fit, span)


FOUND = Fit(Hill(top=2.0, ec50=5.0, slope=1.0, lower=3.0, upper=9.0, explained=1.0))


def test_the_heat_map_is_white_at_zero_with_the_given_order_on_its_axes(shifts):
    figure = heat_map(shifts, Readout.LOG1P)
    (cells,) = figure.data
    assert cells.zmin == -cells.zmax
    assert cells.colorscale[2] == (0.5, DIVERGING[2])
    assert np.array_equal(np.array(cells.z), shifts.to_numpy(), equal_nan=True)
    assert figure.layout.yaxis.ticktext == ("&lt;b&gt;G&lt;/b&gt;", "B", "C")
    assert figure.layout.yaxis.autorange == "reversed"
    assert cells.colorbar.title.text == Readout.LOG1P.delta_label


def test_a_dot_stands_only_where_it_is_asked_for(shifts):
    marked = pd.DataFrame([[True, False]] * 3, index=shifts.index, columns=shifts.columns)
    assert np.array(heat_map(shifts, Readout.Z, marked=marked).data[0].text).tolist() == [["●", ""]] * 3


def test_colours_end_before_a_few_far_larger_shifts_and_the_bar_says_so():
    values = pd.DataFrame(np.full((30, 2), 0.1), index=[f"G{i}" for i in range(30)], columns=["a", "b"])
    values.iloc[0, 0] = 9.0
    cells = heat_map(values, Readout.Z).data[0]
    assert cells.zmax == pytest.approx(0.3)
    assert cells.colorbar.ticktext[-1].startswith("≥")


def test_the_heat_map_is_told_in_words(shifts):
    assert "G</b> in drug@1uM at -2.00" in heat_map_alt(shifts)
    assert "nothing moves" in heat_map_alt(shifts * 0)


def test_the_similarity_matrix_spans_minus_one_to_one_with_its_numbers():
    alike = pd.DataFrame([[1.0, -0.5], [-0.5, 1.0]], index=["A:ko", "B:ko"], columns=["A:ko", "B:ko"])
    (cells,) = similarity_matrix(alike, "cosine").data
    assert (cells.zmin, cells.zmax) == (-1, 1)
    assert "z" in cells.texttemplate
    assert "least alike A:ko and B:ko at -0.50" in similarity_alt(alike, "Cosine")
    assert "cannot be told" in similarity_alt(alike * np.nan, "Cosine")


def test_each_kind_of_gene_has_its_own_colour_and_shape(genes):
    assert len({m.color for m in KIND_MARKS.values()}) == len({m.symbol for m in KIND_MARKS.values()}) == 5
    figure = combination_scatter(genes, Readout.LOG1P)
    drawn = {trace.name: trace for trace in figure.data}
    assert list(drawn["synergy (1)"].x) == [1.0]
    assert list(drawn["synergy (1)"].y) == [2.0]
    assert figure.layout.xaxis.title.text == f"sum of the parts: {Readout.LOG1P.delta_label}"


def test_the_measured_combination_leaves_out_what_was_not_measured(genes):
    drawn = combination_scatter(genes, Readout.Z, y="measured")
    assert "buffering (1)" not in [t.name for t in drawn.data]
    assert "measured together" in drawn.layout.yaxis.title.text


def test_spread_axes_say_so_and_keep_the_true_numbers_under_the_pointer(genes):
    figure = combination_scatter(genes, Readout.Z, spread=True)
    synergy = next(t for t in figure.data if t.name == "synergy (1)")
    assert synergy.y[0] == pytest.approx(np.sqrt(2))
    assert np.array(synergy.customdata)[0].tolist() == [1.0, 2.0, 1.0]
    assert "square-root" in figure.layout.yaxis.title.text
    shown = dict(zip(figure.layout.yaxis.ticktext, figure.layout.yaxis.tickvals, strict=True))
    assert shown["1"] == 1.0


def test_no_markup_of_a_gene_reaches_the_combination(genes):
    figure = combination_scatter(genes, Readout.Z, chosen=["<i>N</i>"])
    texts = [a.text for a in figure.layout.annotations] + [t for d in figure.data for t in d.text or ()]
    assert not any("<i>N" in text for text in texts)


def test_the_combination_is_told_in_words(genes):
    assert "1 synergy" in combination_alt(genes, "A:ko + B:ko")


def test_vehicle_stands_left_of_the_lowest_dose_on_a_logarithmic_axis_with_its_unit():
    figure = dose_curve(curve(FOUND), Readout.LOG2FC, "uM")
    assert figure.layout.xaxis.ticktext[0] == "vehicle"
    assert figure.layout.xaxis.tickvals[0] < np.log10(0.3)
    assert "uM" in figure.layout.xaxis.title.text
    assert "log" in figure.layout.xaxis.title.text
    assert figure.layout.yaxis.title.text == Readout.LOG2FC.delta_label


def test_what_lies_outside_the_measured_doses_is_shaded():
    figure = dose_curve(curve(Fit(None, "No EC50: so.")), Readout.Z, "uM")
    shaded = [(s.x0, s.x1) for s in figure.layout.shapes if s.type == "rect"]
    assert [shaded[0][1], shaded[1][0]] == [0.0, 2.0]
    everything = dose_curve(curve(Fit(None, "No EC50: so."), span=None), Readout.Z, "uM")
    assert len([s for s in everything.layout.shapes if s.type == "rect"]) == 1


def test_an_answer_at_a_measured_dose_stands_apart_from_the_line():
    drawn = {t.name: t for t in dose_curve(curve(FOUND), Readout.Z, "uM").data}
    assert 1.0 not in list(drawn["predicted"].x)
    assert list(drawn["predicted at a measured dose"].x) == [1.0]
    assert list(drawn["measured"].x) == [0.0, 1.0, 2.0]


def test_the_half_maximum_is_drawn_and_told_only_where_there_is_one():
    assert "Hill curve" in [t.name for t in dose_curve(curve(FOUND), Readout.Z, "uM").data]
    assert "EC50 5 uM (3 to 9)" in dose_alt(curve(FOUND), "uM")
    without = curve(Fit(None, "No EC50: so."))
    assert "Hill curve" not in [t.name for t in dose_curve(without, Readout.Z, "uM").data]
    assert dose_alt(without, "uM").endswith("No EC50: so.")


def test_many_treatments_are_numbered_on_both_axes_and_named_on_one():
    names = [f"T{i}:ko" for i in range(12)]
    alike = pd.DataFrame(np.eye(12), index=names, columns=names)
    layout = similarity_matrix(alike, "cosine").layout
    assert layout.xaxis.ticktext[:2] == ("1", "2")
    assert layout.yaxis.ticktext[1] == "T1:ko  2"
