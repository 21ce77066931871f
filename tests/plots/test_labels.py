"""Names from files cannot draw anything but themselves."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from xpert.plots.labels import LONGEST, escaped, plain


@given(st.text(max_size=400))
def test_a_label_is_one_short_printable_line(text):
    label = plain(text)
    assert len(label) <= LONGEST
    assert label.isprintable()


def test_markup_is_drawn_as_text():
    assert escaped("<a href='http://x'>A</a>") == "&lt;a href='http://x'&gt;A&lt;/a&gt;"


def test_direction_marks_do_not_turn_a_name_round():
    assert plain("TP53\u202egnp.exe") == "TP53 gnp.exe"


def test_a_long_name_keeps_its_two_ends():
    label = plain("start-" + "x" * 500 + "-end")
    assert label.startswith("start-")
    assert label.endswith("-end")
