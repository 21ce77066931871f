"""The Hypothesis page: a sentence to fill in, and the verdict that Python gives."""

from __future__ import annotations

import json
import re

import pytest

from xpert.design.hypothesis import Hypothesis, weigh
from xpert.errors import InputError
from xpert.ui import load
from xpert.ui.hypothesis.asked import EXAMPLES, Asked
from xpert.ui.hypothesis.downloads import html, pdf, readouts, settings
from xpert.ui.hypothesis.form import read_treatment
from xpert.ui.hypothesis.snippet import python_lines

HYPOTHESIS = "pages/6_Hypothesis.py"
FIRST = EXAMPLES[0]


def said(app):
    parts = [*app.markdown, *app.caption, *app.error, *app.info, *app.header]
    return "\n".join(re.sub(r"\\(.)", r"\1", str(part.value)) for part in parts)


def button(app, label):
    return next(b for b in app.button if b.label == label)


def box(app, label):
    return next(s for s in app.selectbox if s.label == label)


def metric(app, label):
    return next(m.value for m in app.metric if m.label.startswith(label))


@pytest.fixture
def page(app, bundle):
    del bundle  # the page is about it
    return app.switch_page(HYPOTHESIS).run()


@pytest.fixture
def weighed(page):
    return button(page, "Weigh it").click().run()


def test_the_page_starts_with_an_example_and_computes_nothing(page):
    assert not page.exception
    assert not page.error
    assert box(page, "Perturbing …").value == FIRST.treatment
    assert not page.metric


def test_the_badge_is_there_before_anything_runs(page):
    assert ":orange-badge[" in said(page)


def test_the_verdict_is_the_one_that_python_gives(weighed, bundle):
    verdict = weigh(bundle, FIRST.hypothesis)
    assert metric(weighed, "Probability") == f"{verdict.probability:.0%}".replace("%", " %")
    assert verdict.headline in said(weighed)
    for sentence in verdict.sentences:
        assert sentence in said(weighed)
    tables = [f.value for f in weighed.dataframe if "goes_with" in f.value.columns]
    assert tables[0]["gene"].tolist() == verdict.readouts["gene"].tolist()
    assert not weighed.exception
    assert not weighed.error


def test_the_address_holds_the_settings_and_opens_the_same(weighed, app):
    query = {
        name: "".join(app.query_params[name]) for name in ("model", "context", "treat", "direction", "what")
    }
    assert query == FIRST.query
    before = metric(weighed, "Probability")
    del app.session_state["xpert"]
    assert metric(app.run(), "Probability") == before


def test_raises_and_lowers_are_opposites(weighed):
    up = metric(weighed, "Probability")
    next(b for b in weighed.segmented_control if b.label == "raises or lowers").set_value("down").run()
    down = metric(button(weighed, "Weigh it").click().run(), "Probability")
    assert int(up.split()[0]) + int(down.split()[0]) == pytest.approx(100, abs=1)


def test_a_bare_name_is_perturbed_as_it_was_measured(page, bundle):
    choices = load.choices(bundle.name)
    assert str(read_treatment("KLF1", choices)) == "KLF1:crispra"
    assert str(read_treatment("KLF1:crispra@0.5", choices)) == "KLF1:crispra@0.5"


@pytest.mark.parametrize(
    ("part", "typed", "words"),
    [
        ("treat", "KLF1:ko", "never seen"),
        ("treat", "KLFF1:crispra", "KLF1"),
        ("treat", "control", "control"),
        ("what", "HALLMARK_HYPOXYA", "HALLMARK_HYPOXIA"),
    ],
)
def test_what_cannot_be_asked_is_said_and_stops_the_button(app, bundle, part, typed, words):
    del bundle
    app.switch_page(HYPOTHESIS)
    for name, value in (FIRST.query | {part: typed}).items():
        app.query_params[name] = value
    app.run()
    assert any(words in re.sub(r"\\(.)", r"\1", e.value) for e in app.error)
    assert button(app, "Weigh it").disabled
    assert not app.exception


def test_no_change_is_said_to_be_no_answer(app, bundle):
    del bundle
    if "papalexi" not in {info.name for info in load.bundle_infos()}:
        pytest.skip("the bundle papalexi is not here")
    app.switch_page(HYPOTHESIS)
    for name, value in Asked("papalexi", "all cells", "TP53:ko", "up", "PSMB9").query.items():
        app.query_params[name] = value
    app.run()
    assert metric(app, "Probability") == "50 %"
    assert "The model cannot tell" in said(app)
    assert "Not reachable" in said(app)
    assert not app.exception


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"model": "nothing", "context": "k562", "treat": "KLF1:crispra", "what": "HBG2"}, "nothing"),
        ({"model": "perturbseq", "context": "HeLa", "treat": "KLF1:crispra", "what": "HBG2"}, "HeLa"),
        ({"model": "perturbseq", "what": "HBG2"}, "may have been cut"),
        (
            {
                "model": "perturbseq",
                "context": "a",
                "treat": "KLF1:crispra",
                "what": "HBG2",
                "data": "abc123",
            },
            "abc123",
        ),
    ],
)
def test_a_link_that_cannot_be_followed_says_why(app, bundle, query, words):
    del bundle
    app.switch_page(HYPOTHESIS)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert any(words in error.value for error in app.error)
    assert not app.exception


def test_an_address_is_read_back_as_it_was_written():
    for asked in (*EXAMPLES, Asked("m", "c", "A:ko", "down", "X, Y", "ab" * 8, support=True)):
        assert Asked.from_query({name: [value] for name, value in asked.query.items()}) == asked
    with pytest.raises(InputError, match="more than one page"):
        Asked.from_query({"model": ["m"], "context": ["c"], "treat": ["A:ko"], "what": ["X" * 7000]})


def test_the_shown_python_lines_give_the_same_verdict(weighed, bundle):
    lines = python_lines(FIRST)
    assert lines.strip() in [c.value.strip() for c in weighed.code]
    space: dict[str, object] = {}
    body, last = lines.strip().rsplit("\n", 1)
    exec(body, space)
    assert eval(last, space) == weigh(bundle, FIRST.hypothesis).sentences


def test_downloads_hold_what_the_page_shows(weighed, bundle):
    assert {d.proto.label for d in weighed.get("download_button")} >= {
        "Report (PDF)",
        "Report (HTML)",
        "Settings (JSON)",
    }
    verdict = weigh(bundle, FIRST.hypothesis)
    assert pdf(FIRST, verdict).startswith(b"%PDF")
    assert verdict.headline in html(FIRST, verdict)
    told = json.loads(settings(FIRST, verdict))
    assert told["asked"] == FIRST.query
    assert told["verdict"]["probability"] == round(verdict.probability, 4)
    assert readouts(verdict).decode().splitlines()[0].startswith("gene,role")


def test_lists_of_genes_are_understood(bundle):
    asked = Asked(bundle.name, "k562", "KLF1:crispra", "up", "HBG2, HBZ, HBE1")
    assert asked.hypothesis == Hypothesis.about("KLF1:crispra", "k562", "up", ["HBG2", "HBZ", "HBE1"])
