"""The report is one page, asks nothing of the network, and says where its numbers come from."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from xpert import __version__
from xpert.design import report_scale
from xpert.design.hypothesis import Hypothesis, weigh
from xpert.design.report import Mark, Origin, fingerprint, page
from xpert.design.report_html import figure_svg, report_html
from xpert.design.report_pdf import report_pdf
from xpert.model.bundle import list_bundles, load_bundle
from xpert.plots import palette

NASTY = '<script>alert("x")</script> & µ → 文.h5ad'
WHEN = "2026-11-21 09:30 UTC"


@pytest.fixture(scope="module")
def bundle():
    if "papalexi" not in {info.name for info in list_bundles()}:
        pytest.skip("the bundle papalexi is not here")
    return load_bundle("papalexi")


@pytest.fixture(scope="module")
def verdict(bundle):
    asked = Hypothesis.about("JAK2:ko", "all cells", "down", "HALLMARK_INTERFERON_GAMMA_RESPONSE")
    return weigh(bundle, asked)


@pytest.fixture(scope="module")
def origin(bundle):
    return Origin(
        WHEN, data=NASTY, sha256="ab" * 32, model_hash=fingerprint(bundle), settings={"measured": "no"}
    )


def test_the_page_says_where_it_comes_from(verdict, origin, bundle):
    held = dict(page(verdict, origin).origin)
    assert held["sha256"] == "ab" * 32
    assert held["made"] == WHEN
    assert __version__ in held["X-Pert"]
    assert bundle.name in held["model"]
    assert fingerprint(bundle) in held["model"]
    assert held["treatment"] == "JAK2:ko"


def test_html_asks_nothing_of_any_other_place_and_escapes_names(verdict, origin):
    text = report_html(verdict, origin)
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    links = re.findall(r"(?:src|href|url)\s*[=(]", text)
    assert not links
    assert not [
        a for a in re.findall(r"https?://[^\s\"']+", text) if not a.startswith("http://www.w3.org/2000/svg")
    ]


def test_html_holds_the_verdict_and_its_interval(verdict, origin):
    text = report_html(verdict, origin)
    assert verdict.headline in text
    assert f"{verdict.probability:.0%}".replace("%", " %") in text
    assert verdict.sentences[0].split(":")[0] in text


def test_the_figure_has_a_row_for_each_mark_in_its_place(verdict, origin):
    held = page(verdict, origin)
    drawn = ET.fromstring(figure_svg(held).split("<p ")[0])
    space = "{http://www.w3.org/2000/svg}"
    assert len(drawn.findall(f"{space}circle")) == len(held.marks) - 1
    assert len(drawn.findall(f"{space}path")) == 1
    scale = report_scale.Scale.of(held.marks, 300, 746)
    places = [float(c.attrib["cx"]) for c in drawn.findall(f"{space}circle")]
    assert places == pytest.approx([scale.at(m.shift) for m in held.marks[1:]], abs=0.06)


@pytest.mark.parametrize("values", [(0.0, 0.0, 0.0), (1e-6, -1e-6, 2e-6), (-120.0, -300.0, 40.0)])
def test_an_axis_holds_every_value_and_zero(values):
    shift, lower, upper = values
    scale = report_scale.Scale.of([Mark("x", shift, lower, upper, is_predicted=True)], 10, 110)
    assert all(10 <= scale.at(v) <= 110 for v in (*values, 0.0, *scale.ticks))
    assert 2 <= len(scale.ticks) <= 9


def test_pdf_is_one_page_with_its_words(verdict, origin):
    made = report_pdf(verdict, origin)
    assert made.startswith(b"%PDF")
    assert made.count(b"/Type /Page\n") == 1
    assert b"/URI" not in made


def test_a_long_report_still_fits_its_page(verdict, origin):
    crowded = replace(
        verdict,
        missing=tuple(f"A_VERY_LONG_GENE_NAME_{i}" for i in range(400)),
        measured=verdict.measured * 4,
        silent=tuple(f"SILENT{i}" for i in range(60)),
    )
    held = page(crowded, origin)
    assert len(held.marks) <= 8
    assert bottom_of(crowded, origin) < 297
    assert bottom_of(verdict, origin) < 290


def test_a_report_needs_its_date_and_a_hash_beside_a_file():
    with pytest.raises(ValueError, match="date"):
        Origin("")
    with pytest.raises(ValueError, match="hash"):
        Origin(WHEN, data="file.h5ad")


def test_the_report_has_the_colours_of_the_app():
    assert (report_scale.UP, report_scale.DOWN, report_scale.GREY) == (palette.UP, palette.DOWN, palette.GREY)


def bottom_of(verdict, origin):
    """Where the last line of the PDF ends, in mm from the top."""
    from xpert.design import report_pdf as module

    ends = []
    words = module._words

    def noted(sheet, *args, **kwargs):
        words(sheet, *args, **kwargs)
        ends.append(sheet.get_y())

    module._words = noted
    try:
        assert len(io.BytesIO(module.report_pdf(verdict, origin)).getvalue()) > 5000
    finally:
        module._words = words
    return max(ends)
