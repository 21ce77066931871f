"""Activity as bars, and the one page about a prediction."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from xpert.data.readout import Readout
from xpert.model.question import Question
from xpert.perturbation import Treatment
from xpert.plots.activity import activity_alt, activity_bars, furthest, readable
from xpert.plots.prediction_page import PageParts, prediction_page
from xpert.prediction.doubts import Doubt
from xpert.prediction.evidence import Evidence
from xpert.prediction.prediction import Prediction


@pytest.fixture
def table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "set": ["HALLMARK_G2M_CHECKPOINT", "JUN", "HALLMARK_HYPOXIA"],
            "score": [-6.0, 4.0, 1.0],
            "genes": [12, 9, 7],
            "agreeing": [10, 3, 4],
            "mean_shift": [-0.2, 0.1, 0.01],
            "without_strongest": [-5.0, 0.3, 0.4],
            "strongest": ["MKI67", "HBZ", "VEGFA"],
        }
    )


def test_bars_go_from_most_up_to_most_down_and_tell_what_rests_on_one_gene(table):
    assert furthest(table, 1)["set"].tolist() == ["JUN", "HALLMARK_G2M_CHECKPOINT"]
    spec = json.loads(activity_bars(table).to_json())
    rows = {row["set"]: row["direction"] for row in next(iter(spec["datasets"].values()))}
    assert rows == {
        "JUN": "▲ up by one gene alone",
        "Hypoxia": "▲ up",
        "G2M checkpoint": "▼ down",
    }
    assert spec["encoding"]["color"]["scale"]["domain"] == ["▲ up", "▼ down", "▲ up by one gene alone"]
    assert "t statistic" in spec["encoding"]["x"]["title"]


def test_names_are_readable_and_the_sentence_names_both_ends(table):
    assert readable("HALLMARK_TNFA_SIGNALING_VIA_NFKB") == "TNFA signaling via NFKB"
    assert readable("SP1") == "SP1"
    words = activity_alt(table, "KLF1:crispra")
    assert "most up JUN, Hypoxia" in words
    assert "most down G2M checkpoint" in words
    assert activity_alt(table.head(0), "x").endswith("no set moves.")


def test_the_page_about_a_prediction_holds_its_numbers_and_no_markup_of_names(table):
    delta = np.array([1.25, -0.5])
    evidence = Evidence(
        Question.SEEN,
        True,
        True,
        (),
        "network",
        0.4,
        0.5,
        "additive",
        0.6,
        True,
        0.7,
        ("It <was> measured.",),
    )
    prediction = Prediction(
        Treatment.parse("KLF1:crispra"), "<i>mine</i>", "m", Readout.LOG1P, ("A<b>", "B"),
        np.zeros(2), delta, delta, delta - 0.1, delta + 0.1, np.ones(2), evidence,
    )  # fmt: skip
    page = prediction_page(
        PageParts(
            prediction,
            (Doubt("Few <cells>.", "Add some.", is_serious=True),),
            {"Hallmark": table},
            "x < 1",
            address="Predict?a=1&b=<2>",
        ),
        now=datetime(2026, 1, 2, tzinfo=UTC),
    )
    for part in ("+1.250", "-0.500", "2026-01-02", "Few &lt;cells&gt;.", "x &lt; 1", "G2M checkpoint", "0.4"):
        assert part in page
    for part in ("<was>", "<i>mine", "A<b>", "b=<2>", "<script", "http://", "https://"):
        assert part not in page
    assert page.startswith("<!doctype html>")
