"""The forest plot is a vector file that is the same every time and tells sure gains by more than colour."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from xpert.plots.gains import write_gains
from xpert.plots.palette import BLUE

GAINS = pd.DataFrame(
    {"label": ["sure", "unsure"], "gain": [10.0, 5.0], "lower": [4.0, -3.0], "upper": [16.0, 12.0]}
)


@pytest.fixture
def figure(tmp_path) -> str:
    write_gains(GAINS, tmp_path / "gains.svg")
    return (tmp_path / "gains.svg").read_text(encoding="utf-8")


def test_the_same_gains_give_the_same_file(figure, tmp_path):
    write_gains(GAINS, tmp_path / "again.svg")
    assert (tmp_path / "again.svg").read_text(encoding="utf-8") == figure


def test_a_gain_that_may_be_nothing_is_drawn_hollow(figure):
    filled = re.findall(r"fill: (#[0-9a-f]{6}); stroke: (#[0-9a-f]{6})", figure)
    points = {fill: stroke for fill, stroke in filled if stroke != fill}
    assert "#ffffff" in points
    assert f"fill: {BLUE.lower()}" in figure


def test_a_row_more_makes_the_figure_higher(figure, tmp_path):
    def height(text: str) -> float:
        return float(re.search(r'height="([\d.]+)pt"', text).group(1))

    write_gains(pd.concat([GAINS] * 5), tmp_path / "more.svg")
    assert height((tmp_path / "more.svg").read_text(encoding="utf-8")) > height(figure) + 50
