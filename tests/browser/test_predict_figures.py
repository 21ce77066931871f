"""Figures, gene sets and the report of the Predict page, taken away through a real browser."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from visitor import Visitor

pytestmark = pytest.mark.browser

LINK = "/Predict?model=perturbseq&context=k562&treat=KLF1%3Acrispra&treat=KLF1%3Acrispra+%2B+MAP2K6%3Acrispra"
ABOUT = "KLF1:crispra + MAP2K6:crispra in k562 by perturbseq"


@pytest.fixture(params=["light", "dark"])
def visitor(chromium, server, request):
    """The page with two treatments."""
    context = chromium.new_context(
        viewport={"width": 1280, "height": 1000}, accept_downloads=True, color_scheme=request.param
    )
    someone = Visitor(context.new_page(), server)
    someone.go(LINK)
    someone.figure()
    someone.tab.get_by_text("Pathways and transcription factors").wait_for()
    someone.settle()
    yield someone
    context.close()
    assert someone.complaints == []
    assert someone.hosts <= {"127.0.0.1", ""}, "the app asked another host"


def saved(visitor, button, folder, box=None):
    where = visitor.tab.locator(f".st-key-figure-{box}") if box else visitor.tab
    with visitor.tab.expect_download() as download:
        where.get_by_role("button", name=button, exact=True).click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def test_every_figure_is_saved_with_title_and_legend_as_vectors_and_for_print(visitor, tmp_path):
    for box in (
        "xpert-volcano",
        "xpert-most-moved",
        "xpert-side-by-side",
        "xpert-activity",
        "xpert-agreement",
    ):
        vectors = saved(visitor, "SVG", tmp_path, box).read_text(encoding="utf-8")
        assert vectors.startswith("<svg")
        assert "http://127" not in vectors
        assert ("k562, by perturbseq" if box == "xpert-side-by-side" else ABOUT) in vectors
        picture = saved(visitor, "PNG, 300 dpi", tmp_path, box).read_bytes()
        width, _ = struct.unpack(">II", picture[16:24])
        assert width > 1_300, "three dots and more for each of the screen's"
    activity = (tmp_path / "xpert-activity.svg").read_text(encoding="utf-8")
    assert "▲ up" in activity
    assert b"pHYs" in (tmp_path / "xpert-activity.png").read_bytes()[:64]
    assert "interval covers zero" in (tmp_path / "xpert-volcano.svg").read_text(encoding="utf-8")


def test_gene_sets_tables_and_report_are_taken_away(visitor, tmp_path, output):
    sets = saved(visitor, "Genes beyond their interval (GMT)", tmp_path).read_text()
    assert {line.split("\t")[0] for line in sets.splitlines()} >= {
        "KLF1:crispra in k562 up",
        "KLF1:crispra in k562 down",
    }
    rows = saved(visitor, "All tables (CSV)", tmp_path).read_text().splitlines()
    assert len(rows) == 2 * 500 + 1
    page = saved(visitor, "Report (HTML)", tmp_path)
    report = visitor.tab.context.new_page()
    report.goto(page.as_uri())
    assert ABOUT.split(" by ", maxsplit=1)[0] in report.inner_text("h1")
    assert "Why this may be wrong" in report.inner_text("body")
    report.screenshot(path=output / "predict-report.png", full_page=True)
