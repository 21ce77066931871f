"""The Perturbverse in a real browser: what is drawn round fills a table, on few points and on a picture of many."""

from __future__ import annotations

import sys
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest

from xpert.plots.lasso import inside, outlines
from xpert.ui import load

sys.path.insert(0, str(Path(__file__).parent))
from visitor import PATIENCE, Visitor

pytestmark = pytest.mark.browser

CELLS = 25_000


@pytest.fixture
def visitor(chromium, server):
    """A fresh tab; whatever it complained about fails the test at its end."""
    context = chromium.new_context(viewport={"width": 1280, "height": 1000}, accept_downloads=True)
    someone = Visitor(context.new_page(), server)
    yield someone
    context.close()
    assert someone.complaints == []


@pytest.fixture(scope="module")
def many_cells(tmp_path_factory):
    """A file with more cells than a browser draws one by one."""
    rng = np.random.default_rng(0)
    code = np.arange(CELLS) % 3
    names = np.array(["control", "KLF1:crispra", "IRF1:crispra"])
    obs = pd.DataFrame(
        {"perturbation": pd.Categorical(names[code]), "cell_line": "K562"},
        index=[f"c{i}" for i in range(CELLS)],
    )
    genes = ["GATA1", "KLF1", "IRF1", "MYC", "TP53", "ACTB", "GAPDH", "JUN", "FOS", "SPI1"]
    counts = rng.poisson(2, (CELLS, len(genes))).astype(np.float32)
    made = anndata.AnnData(counts, obs=obs, var=pd.DataFrame(index=genes))
    made.obsm["X_umap"] = np.stack([code * 10 + rng.normal(size=CELLS), rng.normal(size=CELLS)], axis=1)
    path = tmp_path_factory.mktemp("cells") / "many.h5ad"
    made.write_h5ad(path, compression="gzip")
    return path


def draw_round(visitor, left, right, bottom, top):
    """Draw a lasso round a rectangle of the map's own coordinates, as far as it is on the screen."""
    figure = visitor.figure()
    figure.scroll_into_view_if_needed()
    corners = figure.evaluate(
        """(plot, [left, right, bottom, top]) => {
            const {xaxis, yaxis} = plot._fullLayout;
            const inside = (axis, at) => Math.min(Math.max(axis.d2p(at), 4), axis._length - 4);
            return [[left, top], [right, top], [right, bottom], [left, bottom], [left, top]]
                .map(([x, y]) => [inside(xaxis, x), inside(yaxis, y)]);
        }""",
        [left, right, bottom, top],
    )
    box = figure.locator(".nsewdrag").first.bounding_box()
    places = [(box["x"] + x, box["y"] + y) for x, y in corners]
    visitor.tab.mouse.move(*places[0], steps=4)
    visitor.tab.mouse.down()
    for place in places[1:]:
        visitor.tab.mouse.move(*place, steps=8)
    visitor.tab.mouse.up()
    visitor.tab.get_by_role("heading", name="Selection:").first.wait_for(timeout=PATIENCE)
    visitor.settle()


def drag_to(visitor, what):
    visitor.tab.get_by_role("radiogroup", name="Drag to").get_by_text(what, exact=True).click()
    visitor.settle()
    visitor.figure()


def heading(visitor):
    return visitor.tab.get_by_role("heading", name="Selection:").first.inner_text()


def test_a_lasso_fills_the_table_and_more_can_be_added(visitor, output):
    points = load.bundle("perturbseq").perturbverse
    middle, highest = points["x"].median(), points["y"].max() + 0.3
    lowest, left, right = points["y"].min() - 0.3, points["x"].min() - 0.3, points["x"].max() + 0.3
    expected = outlines({"box": [{"x": [left, middle], "y": [lowest, highest]}]})
    number = int(inside(points["x"].to_numpy(), points["y"].to_numpy(), expected).sum())
    visitor.go("/Perturbverse")
    visitor.choose("Model", "perturbseq")
    drag_to(visitor, "lasso")
    draw_round(visitor, left, middle, lowest, highest)
    found = int(heading(visitor).split()[1])
    assert abs(found - number) <= 2, "the mouse moves by whole pixels"
    visitor.tab.get_by_role("radiogroup", name="A new outline will").get_by_text("add", exact=True).click()
    visitor.settle()
    draw_round(visitor, middle, right, lowest, highest)
    visitor.tab.get_by_role("heading", name=f"Selection: {len(points)} treatments").wait_for(timeout=PATIENCE)
    assert "in common" in visitor.text()
    visitor.shoot(output / "perturbverse-selected-light-1280.png")
    visitor.press("Clear the selection")
    assert visitor.tab.get_by_role("heading", name="Selection", exact=True).count() == 1


def test_finding_a_treatment_flies_there_and_back(visitor):
    visitor.go("/Perturbverse")
    visitor.choose("Model", "perturbseq")
    span = "(plot) => { const [low, high] = plot._fullLayout.xaxis.range; return high - low; }"
    whole = visitor.figure().evaluate(span)
    visitor.tab.get_by_role("combobox", name="Find a treatment").fill("KLF1:crispra")
    visitor.tab.get_by_role("option").first.click()
    visitor.settle()
    near = visitor.figure().evaluate(span)
    assert near < 0.5 * whole
    visitor.tab.get_by_role("radiogroup", name="View").get_by_text("all", exact=True).click()
    visitor.settle()
    assert visitor.figure().evaluate(span) == pytest.approx(whole, rel=0.05)


def test_a_lasso_on_a_picture_of_many_cells_finds_every_one(visitor, many_cells, output, tmp_path):
    visitor.go("/Data")
    visitor.upload(many_cells)
    visitor.tab.get_by_text("What the columns mean").wait_for(timeout=PATIENCE)
    visitor.press("Confirm this mapping")
    visitor.link("Perturbverse")
    visitor.tab.get_by_text("Your cells", exact=True).click()
    visitor.settle()
    assert visitor.figure().locator("image").count() == 1
    drag_to(visitor, "lasso")
    draw_round(visitor, 5, 15, -6, 6)  # round the middle third, which is one treatment
    expected = CELLS // 3
    assert f"{expected:,}" in heading(visitor)
    visitor.shoot(output / "perturbverse-cells-light-1280.png")
    with visitor.tab.expect_download() as download:
        visitor.tab.get_by_role("button", name="The cells (CSV)", exact=True).click()
    download.value.save_as(tmp_path / "cells.csv")
    cells = pd.read_csv(tmp_path / "cells.csv")
    assert len(cells) == expected
    assert set(cells["treatment"]) == {"KLF1:crispra"}
    assert cells["cell"].iloc[0] == "c1"
    visitor.press("Zoom to selection")
    low, high = visitor.figure().evaluate("(plot) => plot._fullLayout.xaxis.range")
    assert 3 < low < high < 17
