"""The Perturbverse page: the stored map, and the neighbours of a point in the full space."""

from __future__ import annotations

import json

import pytest

from xpert.perturbation import Treatment
from xpert.perturbverse.neighbours import neighbours
from xpert.ui import universe
from xpert.ui.plan import Plan

PAGE = "pages/3_Perturbverse.py"


@pytest.fixture
def page(app, bundle):
    app.switch_page(PAGE).run()
    next(s for s in app.selectbox if s.label == "Model").select(bundle.name).run()
    return app


def figure(page):
    return json.loads(page.get("plotly_chart")[0].proto.spec)


def click(page, bundle, row):
    point = {"point_index": 0, "curve_number": 0, "customdata": [row]}
    page.session_state[f"map of {bundle.name}"] = {"selection": {"points": [point]}}
    page.session_state[universe.PICKED] = row
    return page.run()


def test_every_stored_point_is_on_the_map(page, bundle):
    rows = sorted(row for trace in figure(page)["data"] for (row,) in trace.get("customdata", []))
    assert rows == list(range(len(bundle.perturbverse)))


def test_a_picked_point_shows_its_neighbours_in_the_latent_space(page, bundle):
    click(page, bundle, 3)
    shown = page.dataframe[0].value
    treatment = Treatment.parse(bundle.perturbverse["treatment"][3])
    expected = neighbours(bundle, treatment, k=10)
    assert shown["treatment"].tolist() == expected["treatment"].tolist()
    assert shown["distance"].tolist() == expected["distance"].tolist()
    assert any("full latent space" in c.value for c in page.caption)


def test_a_neighbour_can_be_predicted_from_here(page, bundle):
    click(page, bundle, 3)
    links = [link.proto for link in page.get("page_link")]
    asked = [link.query_string for link in links if "Predict" in link.label and "in" in link.label]
    assert any("treat=" in query for query in asked)


def test_finding_a_treatment_rings_it_and_zooms_in(page, bundle):
    next(s for s in page.selectbox if s.label == "Find a treatment").set_value(5).run()
    spec = figure(page)
    at = bundle.perturbverse.loc[5]
    assert spec["layout"]["xaxis"]["range"][0] < at["x"] < spec["layout"]["xaxis"]["range"][1]
    assert f"<b>{at['treatment']}</b>" in [a["text"] for a in spec["layout"]["annotations"]]


@pytest.mark.parametrize("coloring", ["mechanism", "expected_error"])
def test_the_map_can_be_coloured_otherwise(page, coloring):
    next(b for b in page.button_group if b.label == "Coloured by").set_value(coloring).run()
    assert not page.exception
    assert not page.error


def test_the_readers_prediction_is_on_the_map(page, bundle):
    page.session_state["xpert"].plan = Plan(bundle.name, "k562", (Treatment.parse("KLF1:crispra"),))
    page.run()
    assert "your prediction" in [trace.get("name") for trace in figure(page)["data"]]
