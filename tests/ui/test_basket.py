"""The basket of the Predict page: each treatment with its badge before the run, and lists that are pasted."""

from __future__ import annotations

import pytest

from xpert.ui import load
from xpert.ui.pasted import MOST_LINES, read_treatments

PREDICT = "pages/2_Predict.py"


def text_field(app):
    return next(t for t in app.text_input if t.label == "The same as text")


def button(app, label):
    return next(b for b in app.button if b.label == label)


def said(app):
    return " ".join(str(part.value) for part in [*app.markdown, *app.caption]).replace("\\", "")


@pytest.fixture
def page(app, bundle):
    del bundle
    return app.switch_page(PREDICT).run()


@pytest.fixture
def pasted(page):
    def paste(text):
        next(t for t in page.text_area if t.label.startswith("One treatment")).set_value(text).run()
        return button(page, "Add these").click().run()

    return paste


def basket(app):
    return app.session_state["xpert"].basket


def test_every_treatment_of_the_basket_has_its_badge_before_anything_runs(page, pasted):
    pasted("KLF1\nKLF1:crispra + MAP2K3:crispra\nCEBPA:crispra")
    assert basket(page) == ["KLF1:crispra", "KLF1:crispra + MAP2K3:crispra", "CEBPA:crispra"]
    text = said(page)
    assert [text.count(f":{color}-badge[") for color in ("blue", "violet", "orange")] == [2, 1, 1]
    assert not page.session_state["xpert"].results


def test_what_cannot_be_predicted_is_named_and_stays_in_the_field(page, pasted):
    pasted("EKLF, NOGENE12\nKLF1:ko")
    assert basket(page) == ["KLF1:crispra"]
    text = said(page)
    assert "EKLF as KLF1:crispra" in text
    assert "Not found: NOGENE12" in text
    assert "Not found: KLF1:ko" in text
    field = next(t for t in page.text_area if t.label.startswith("One treatment"))
    assert field.value == "NOGENE12\nKLF1:ko"


def test_a_basket_holds_no_more_than_can_be_predicted_at_once(page, pasted, bundle):
    singles = list(bundle.targets)[:15]
    pasted("\n".join(singles))
    assert len(basket(page)) == 11
    assert "the basket is full" in said(page)
    assert button(page, "Add another treatment").disabled


def test_a_treatment_is_taken_out_or_brought_back_into_the_controls(page, pasted):
    pasted("KLF1\nMAP2K6")
    button(page, "Take out").click().run()
    assert basket(page) == ["MAP2K6:crispra"]
    before = text_field(page).value
    button(page, "Change").click().run()
    assert text_field(page).value == "MAP2K6:crispra"
    assert basket(page) == [before]


def test_an_alias_is_shown_as_the_name_that_was_measured(page):
    text_field(page).set_value("EKLF:crispra + MAP2K6:crispra").run()
    assert text_field(page).value == "KLF1:crispra + MAP2K6:crispra"
    assert page.multiselect[0].value == ["KLF1", "MAP2K6"]
    assert "EKLF is called KLF1 here" in said(page)
    page.multiselect[0].set_value(["EKLF"]).run()
    assert page.multiselect[0].value == ["KLF1"]
    assert "EKLF is called KLF1 here" in said(page)
    text_field(page).set_value("MAP2K6:crispra").run()
    assert "is called" not in said(page)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("klf1", ["KLF1:crispra"]),
        ("KLF1 + MAP2K6", ["KLF1:crispra + MAP2K6:crispra"]),
        ("KLF1:crispra@0.5; MAP2K6", ["KLF1:crispra@0.5", "MAP2K6:crispra"]),
        ("KLF1 MAP2K6", ["KLF1:crispra", "MAP2K6:crispra"]),
        ("KLF1\tMAP2K6\tKLF1", ["KLF1:crispra", "MAP2K6:crispra"]),
        ('"KLF1"\n\n', ["KLF1:crispra"]),
        ("control", ["control"]),
    ],
)
def test_lists_are_read_as_people_write_them(bundle, text, expected):
    found = read_treatments(text, load.choices(bundle.name), bundle)
    assert [str(t) for t in found.treatments] == expected
    assert not found.refused


def test_a_list_that_is_too_long_says_so(bundle):
    found = read_treatments("KLF1\n" * (MOST_LINES + 3), load.choices(bundle.name), bundle)
    assert len(found.treatments) == 1
    assert "201 and later" in next(iter(found.refused))
