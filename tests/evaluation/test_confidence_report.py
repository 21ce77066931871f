"""The page of confidence says what was measured, and the picture is drawn from the same table."""

from __future__ import annotations

import pandas as pd
import pytest

from xpert.evaluation.confidence_report import TABLE_COLUMNS, page, worst_miss, write
from xpert.model.calibration import LEVELS
from xpert.plots.reliability import write_reliability


def table(task: str, coverage: tuple[float, ...], expected: float, novelty: float) -> pd.DataFrame:
    rows = {name: [0.5] * len(LEVELS) for name in TABLE_COLUMNS} | {
        "task": [task] * 4, "subset": ["all"] * 4, "level": LEVELS, "coverage": coverage, "seeds": [1] * 4,
        "conditions": [40] * 4, "expected_correlation": [expected] * 4, "novelty_correlation": [novelty] * 4,
    }  # fmt: skip
    return pd.DataFrame(rows)


@pytest.fixture
def measured() -> pd.DataFrame:
    good = table("first_task", (0.51, 0.79, 0.91, 0.95), 0.4, 0.1)
    return pd.concat([good, table("second_task", (0.43, 0.80, 0.90, 0.95), 0.1, 0.3)], ignore_index=True)


def test_the_worst_miss_is_in_points(measured):
    assert worst_miss(measured.iloc[:4]) == pytest.approx(1.0)
    assert worst_miss(measured.iloc[4:]) == pytest.approx(7.0)


def test_the_page_counts_what_held_and_what_did_not(measured):
    text = page(measured, "The folds were dealt.")
    assert "The folds were dealt." in text
    assert "| first_task | all | 40 | 51.0 | 79.0 | 91.0 | 95.0 | 1.0 |" in text
    assert "| first_task | all | 40 | **0.40** | 0.10 |" in text
    assert "| second_task | all | 40 | 0.10 | 0.30 |" in text
    assert "at every level on 1 of 2 rows" in text
    assert "more than the distance on 1 of 2" in text


def test_page_and_picture_are_written_and_the_same_each_time(measured, tmp_path):
    write(tmp_path, measured, "Dealt.")
    write_reliability(measured, tmp_path / "a.svg")
    write_reliability(measured, tmp_path / "b.svg")
    assert (tmp_path / "confidence.md").read_text().count("confidence.svg") == 1
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert "first_task" in (tmp_path / "a.svg").read_text()
