"""The Perturbverse page: the stored map, what is near a point, what a selection has in common, two signatures."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest

from xpert.perturbation import Treatment
from xpert.perturbverse.neighbours import agreement, neighbours
from xpert.response.in_common import moved_in_common
from xpert.response.point_shifts import point_shifts
from xpert.ui.files import table_file
from xpert.ui.perturbverse import compare_panel, enrichment_panel, responses, snippet, state
from xpert.ui.plan import Plan

PAGE = "pages/3_Perturbverse.py"


@pytest.fixture
def page(app, bundle):
    app.switch_page(PAGE).run()
    next(s for s in app.selectbox if s.label == "Model").select(bundle.name).run()
    return app


def figure(page, number=0):
    return json.loads(page.get("plotly_chart")[number].proto.spec)


def click(page, bundle, row):
    point = {"point_index": 0, "curve_number": 0, "customdata": [row]}
    page.session_state[state.chart_key(bundle.name)] = {"selection": {"points": [point]}}
    page.session_state[state.PICKED] = row
    return page.run()


def select(page, rows):
    page.session_state[state.CHOSEN] = tuple(rows)
    return page.run()


def table(page, column):
    return next(t.value for t in page.dataframe if column in t.value.columns)


def said(page):
    return "\n".join(str(c.value) for c in page.caption)


def control(page, label):
    return next(b for b in page.button_group if b.label == label)


def coloured(page, name):
    next(s for s in page.selectbox if s.label == "Coloured by").set_value(name).run()


def test_every_stored_point_is_on_the_map(page, bundle):
    rows = sorted(row for trace in figure(page)["data"] for (row,) in trace.get("customdata", []))
    assert rows == list(range(len(bundle.perturbverse)))


@pytest.mark.parametrize("way", ["latent", "response", "prior"])
def test_a_picked_point_shows_its_neighbours_and_where_the_ways_agree(page, bundle, way):
    click(page, bundle, 3)
    control(page, "Near by").set_value(way).run()
    shown = table(page, "ways")
    treatment = Treatment.parse(bundle.perturbverse["treatment"][3])
    expected = neighbours(bundle, treatment, by=way, k=10)
    assert shown["treatment"].tolist() == expected["treatment"].tolist()
    assert shown["distance"].tolist() == pytest.approx(expected["distance"].tolist())
    counts = agreement(bundle, treatment, k=10)
    assert shown["ways"].tolist() == [counts[row] for row in expected.index]
    assert shown["ways"].between(1, 3).all()
    assert "not on this map" in said(page) or "known beforehand" in said(page)


def test_neighbours_of_one_kind_alone(page, bundle):
    click(page, bundle, 3)
    next(s for s in page.selectbox if s.label == "Among").set_value("crispri").run()
    assert (
        set(table(page, "ways")["modality"]) == {"CRISPRi"} or len(set(table(page, "ways")["modality"])) == 1
    )


def test_a_neighbour_can_be_predicted_from_here(page, bundle):
    click(page, bundle, 3)
    links = [link.proto for link in page.get("page_link")]
    asked = [link.query_string for link in links if "Predict" in link.label and "in" in link.label]
    assert any("treat=" in query for query in asked)


def test_finding_a_treatment_rings_it_moves_there_and_comes_back(page, bundle):
    find = next(s for s in page.selectbox if s.label == "Find a treatment")
    find.set_value(5).run()
    spec, at = figure(page), bundle.perturbverse.loc[5]
    low, high = spec["layout"]["xaxis"]["range"]
    assert low < at["x"] < high
    assert high - low < 0.5 * np.ptp(bundle.perturbverse["x"])
    assert f"<b>{at['treatment']}</b>" in [a["text"] for a in spec["layout"]["annotations"]]
    control(page, "View").set_value(state.WHOLE).run()
    assert "range" not in figure(page)["layout"]["xaxis"]


@pytest.mark.parametrize("coloring", ["mechanism", "context", "contexts", "expected_error"])
def test_the_map_can_be_coloured_otherwise(page, coloring):
    coloured(page, coloring)
    assert not page.exception
    assert not page.error


def test_the_map_shows_any_gene_s_response(page, bundle):
    coloured(page, "response")
    next(s for s in page.selectbox if s.label == "Gene").set_value(bundle.genes[7]).run()
    (trace,) = [t for t in figure(page)["data"] if t.get("customdata")]
    color = trace["marker"]["color"]
    shown = (
        color if isinstance(color, list) else np.frombuffer(base64.b64decode(color["bdata"]), color["dtype"])
    )
    by_row = dict(zip([row for (row,) in trace["customdata"]], shown, strict=True))
    expected = point_shifts(bundle)[:, 7]
    assert [by_row[row] for row in range(len(expected))] == pytest.approx(
        expected.tolist(), rel=1e-5, abs=1e-6
    )


def test_the_readers_prediction_is_on_the_map(page, bundle):
    page.session_state["xpert"].plan = Plan(bundle.name, "k562", (Treatment.parse("KLF1:crispra"),))
    page.run()
    assert "your prediction" in [trace.get("name") for trace in figure(page)["data"]]


def test_what_is_drawn_round_replaces_adds_or_removes():
    assert state.merge((1, 2), (2, 3), state.REPLACE) == (2, 3)
    assert state.merge((1, 2), (3, 2), state.ADD) == (1, 2, 3)
    assert state.merge((1, 2), (2, 3), state.REMOVE) == (1,)


def test_a_selection_fills_a_table_and_can_be_cleared(page, bundle):
    select(page, [1, 4, 9, 16])
    shown = table(page, "contexts measured")
    assert shown["treatment"].tolist() == bundle.perturbverse["treatment"][[1, 4, 9, 16]].tolist()
    assert "selected (4)" in [trace.get("name") for trace in figure(page)["data"]]
    next(b for b in page.button if b.label == "Clear the selection").click().run()
    assert state.CHOSEN not in page.session_state or page.session_state[state.CHOSEN] == ()
    assert not any("contexts measured" in t.value.columns for t in page.dataframe)


def test_a_selection_says_what_it_moves_in_common_and_what_it_targets(page, bundle):
    rows = [1, 4, 9, 16, 20]
    select(page, rows)
    genes = moved_in_common(point_shifts(bundle)[rows], bundle.genes, top=50, share=0.5)
    assert f"{len(genes):,} genes in common" in said(page)
    assert "genes that the model measures" in said(page)
    assert "q_value" in table(page, "fold").columns
    control(page, "Look at").set_value(enrichment_panel.TARGETS).run()
    targets = set().union(*(enrichment_panel.targets(bundle)[row] for row in rows))
    assert f"{len(targets)} targets of the selection" in said(page)
    assert not page.exception
    assert not page.error


def test_one_selected_point_is_asked_to_be_more(page):
    select(page, [2])
    assert "Select at least two treatments" in said(page)


def test_two_points_are_compared_gene_by_gene(page, bundle):
    click(page, bundle, 3)
    page.session_state[state.SECOND] = 8
    page.run()
    assert not page.error
    scatter = figure(page, 1)
    assert sum(len(t["text"]) for t in scatter["data"]) == len(bundle.genes)
    shown = compare_panel.signatures(bundle, 3, 8, compare_panel.MODELLED)
    metric = next(m for m in page.metric if m.label == "Pearson r")
    assert float(metric.value) == pytest.approx(np.corrcoef(shown["first"], shown["second"])[0, 1], abs=0.005)
    control(page, "Signatures").set_value(compare_panel.MEASURED).run()
    measured = compare_panel.signatures(bundle, 3, 8, compare_panel.MEASURED)
    metric = next(m for m in page.metric if m.label == "Pearson r")
    assert float(metric.value) == pytest.approx(
        np.corrcoef(measured["first"], measured["second"])[0, 1], abs=0.005
    )


def test_responses_of_a_map_are_kept_and_nobody_can_change_them(bundle):
    first = responses.shifts(bundle.name)
    assert responses.shifts(bundle.name) is first
    with pytest.raises(ValueError, match="read-only"):
        first[0, 0] = 1


@pytest.mark.parametrize("modality", [None, "crispra"])
def test_the_python_lines_give_the_table_of_neighbours(bundle, modality):
    name = bundle.perturbverse["treatment"][3]
    run: dict = {}
    exec(snippet.neighbour_lines(bundle.name, name, "latent", 10, modality), run)
    expected = neighbours(bundle, Treatment.parse(name), by="latent", k=10, modality=modality)
    assert run["table"]["treatment"].tolist() == expected["treatment"].tolist()
    assert run["table"]["ways"].notna().all()


def test_the_python_lines_give_the_pathways_of_a_selection(bundle):
    run: dict = {}
    exec(snippet.in_common_lines(bundle.name, (1, 4, 9), top=50, share=0.5, collection="HALLMARK"), run)
    assert len(run["genes"]) == len(moved_in_common(point_shifts(bundle)[[1, 4, 9]], bundle.genes))
    assert "q_value" in run["table"]


def test_a_table_is_written_as_csv_and_as_parquet(bundle, tmp_path):
    import pandas as pd

    for ending, read in (("csv", pd.read_csv), ("parquet", pd.read_parquet)):
        path = tmp_path / f"map.{ending}"
        path.write_bytes(table_file(bundle.perturbverse, f".{ending}"))
        assert read(path)["treatment"].tolist() == bundle.perturbverse["treatment"].tolist()


def test_model_point_and_selection_stay_when_the_page_is_left(page, bundle):
    coloured(page, "mechanism")
    click(page, bundle, 3)
    select(page, [1, 2])
    page.switch_page("pages/1_Data.py").run()
    page.switch_page(PAGE).run()
    assert next(s for s in page.selectbox if s.label == "Model").value == bundle.name
    assert next(s for s in page.selectbox if s.label == "Coloured by").value == "mechanism"
    assert len(table(page, "contexts measured")) == 2
    assert not page.error
