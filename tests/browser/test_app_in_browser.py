"""The whole way of a scientist through the app, in a real browser, against the same in Python."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from xpert.perturbation import Treatment

sys.path.insert(0, str(Path(__file__).parent))
from visitor import Visitor

pytestmark = pytest.mark.browser

DOUBLE = "KLF1:crispra + MAP2K6:crispra"
NORMAN = ("norman_mcfaline", "norman19_mcfaline23_devel.h5ad")
LINK = "/Predict?model=perturbseq&context=k562&treat=KLF1%3Acrispra+%2B+MAP2K6%3Acrispra"
UNMEASURED = "/Predict?model=perturbseq&context=k562&treat=KLF1%3Acrispra+%2B+MAP2K3%3Acrispra"


@pytest.fixture
def visitor(chromium, server):
    """A fresh tab; whatever it complained about fails the test at its end."""
    context = chromium.new_context(viewport={"width": 1280, "height": 1000}, accept_downloads=True)
    someone = Visitor(context.new_page(), server)
    yield someone
    context.close()
    assert someone.complaints == []
    assert someone.hosts <= {"127.0.0.1"}, "the app asked another host"


@pytest.fixture(scope="module")
def expected(shared_data):
    """The same prediction in Python: the file's own control cells, then the double."""
    from xpert.data.open import open_dataset
    from xpert.model.bundle import load_bundle
    from xpert.prediction.controls import context_from_dataset
    from xpert.prediction.predict import predict

    bundle = load_bundle("perturbseq")
    dataset = open_dataset(shared_data.joinpath(*NORMAN))
    context = context_from_dataset(dataset, bundle, "k562")
    return predict(bundle, [context], [Treatment.parse(DOUBLE)])[0]


def grid_row(visitor, row):
    """Texts of one row of the gene table, as a screen reader gets them."""
    grid = visitor.tab.locator("[data-testid=stDataFrame]").filter(
        has=visitor.tab.locator("th", has_text="Gene")
    )
    return grid.first.locator(f"[role=row][aria-rowindex='{row + 2}'] [role=gridcell]").all_inner_texts()


@pytest.mark.data
def test_from_a_file_to_a_prediction_and_its_neighbours(visitor, expected, shared_data, output, tmp_path):
    visitor.go()
    visitor.link("Data")
    visitor.upload(shared_data.joinpath(*NORMAN))
    visitor.tab.get_by_text("What the columns mean").wait_for()
    assert visitor.metric("Cells") == "5,961"
    assert visitor.metric("Treatments") == "42"
    assert visitor.metric("Combinations") == "15"
    visitor.shoot(output / "data-report-light-1280.png")
    visitor.press("Confirm this mapping")
    visitor.link("Go to Predict")

    visitor.choose("Context", "k562 (your data)")
    visitor.write("The same as text", DOUBLE)
    visitor.press("Predict")
    visitor.figure()
    order = np.argsort(-np.abs(expected.delta), kind="stable")
    for row in range(3):
        cells = grid_row(visitor, row)
        assert expected.genes[order[row]] in cells
        shown = float(cells[cells.index(expected.genes[order[row]]) + 1])
        assert shown == pytest.approx(expected.delta[order[row]], rel=1e-9)
    assert "data=" in visitor.tab.url
    visitor.shoot(output / "predict-own-data-light-1280.png")

    with visitor.tab.expect_download() as download:
        visitor.tab.get_by_role("button", name="Table (CSV)", exact=True).click()
    download.value.save_as(tmp_path / "table.csv")
    table = pd.read_csv(tmp_path / "table.csv")
    assert table["gene"].tolist() == list(expected.genes)
    for column in ("control", "predicted", "delta", "lower", "upper"):
        np.testing.assert_allclose(table[column], getattr(expected, column), rtol=1e-9, atol=1e-12)
    assert table["observed"].notna().all()

    visitor.link("Perturbverse")
    named = visitor.click_point()
    assert "Nearest neighbours" in visitor.text()
    assert "full latent space" in visitor.text()
    told = visitor.tab.locator("[aria-label^='Nearest neighbours of']").first.get_attribute("aria-label")
    treatment, near = told.removeprefix("Nearest neighbours of ").split(": ")
    assert treatment in named
    assert len(near.split(", ")) == 10
    visitor.shoot(output / "perturbverse-picked-light-1280.png")


def test_one_click_leads_from_the_front_page_to_a_prediction(visitor):
    visitor.go()
    visitor.tab.get_by_role("link", name=DOUBLE).click()
    visitor.settle()
    visitor.figure()
    assert "treat=KLF1" in visitor.tab.url
    assert "What stands behind it" in visitor.text()


def test_a_link_from_a_colleague_shows_the_same_prediction(visitor):
    visitor.go(LINK)
    visitor.figure()
    assert f"{DOUBLE} in k562" in visitor.text()
    assert visitor.tab.get_by_role("textbox", name="The same as text").input_value() == DOUBLE


def test_a_gene_picked_in_the_volcano_stands_in_the_table(visitor):
    visitor.go(UNMEASURED)
    gene = visitor.click_point()
    assert "Showing 1 gene of" in visitor.text()
    assert gene in grid_row(visitor, 0)
    visitor.press("Show all")
    assert "Showing 1 gene of" not in visitor.text()


def test_the_controls_can_be_used_from_the_keyboard(visitor):
    visitor.go(LINK)
    visitor.write("The same as text", "KLF1:crispra")
    visitor.tab.get_by_role("button", name="Predict", exact=True).focus()
    visitor.tab.keyboard.press("Enter")
    visitor.settle()
    visitor.figure()
    assert visitor.tab.url.endswith("treat=KLF1%3Acrispra")


@pytest.mark.data
def test_measured_conditions_correct_an_answer_and_show_what_they_are_worth(visitor, shared_data, output):
    visitor.go("/Data")
    visitor.upload(shared_data.joinpath(*NORMAN))
    visitor.tab.get_by_text("What the columns mean").wait_for()
    visitor.press("Confirm this mapping")
    visitor.link("Go to Predict")
    visitor.choose("Context", "k562 (your data)")
    visitor.tab.get_by_text("Use the conditions that I have measured").click()
    visitor.settle()
    visitor.write("The same as text", "IRF1:crispra")
    visitor.press("Predict")
    visitor.figure()
    visitor.tab.get_by_text("What your measured conditions add").wait_for()
    assert "Corrected by 33 measured conditions" in visitor.text()
    visitor.shoot(output / "predict-support-light-1280.png")


def test_a_bad_file_is_refused_and_the_server_lives_on(visitor, tmp_path):
    bad = tmp_path / "notes.h5ad"
    bad.write_bytes(b"these are notes, not cells" * 100)
    visitor.go("/Data")
    visitor.upload(bad)
    alert = visitor.tab.get_by_role("alert").first
    alert.wait_for()
    assert "Traceback" not in visitor.text()
    assert str(tmp_path) not in visitor.text()
    visitor.press("Open the sample")
    visitor.tab.get_by_text("What the columns mean").wait_for()


def test_every_chart_says_in_words_what_it_shows(visitor):
    visitor.go(LINK)
    visitor.figure()
    charts = visitor.tab.locator("[data-testid=stPlotlyChart], [data-testid=stVegaLiteChart]")
    assert charts.count() >= 3
    for chart in charts.all():
        assert len(chart.get_attribute("aria-label") or "") > 20


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 1440])
def test_pictures_of_every_page(chromium, server, output, theme, width):
    context = chromium.new_context(viewport={"width": width, "height": 1000}, color_scheme=theme)
    someone = Visitor(context.new_page(), server)
    for name, path in {
        "start": "/",
        "data": "/Data",
        "predict": LINK,
        "perturbverse": "/Perturbverse",
        "look-up": "/Look_up",
        "compare": "/Compare",
        "hypothesis": "/Hypothesis",
        "screen": "/Screen",
    }.items():
        someone.go(path)
        if name in {"predict", "perturbverse"}:
            someone.figure()
        someone.shoot(output / f"{name}-{theme}-{width}.png")
        wider = someone.tab.evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )
        assert not wider, f"{name} is wider than a window of {width} pixels"
    context.close()
    assert someone.complaints == []
