"""Values, gains and s are those that can be worked out by hand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from xpert.evaluation.compare import compare
from xpert.evaluation.run import Plan, run

if TYPE_CHECKING:
    import pandas as pd


@pytest.fixture
def scores(tiny_task, tmp_path) -> pd.DataFrame:
    outcomes = run(Plan((tiny_task,), Path("no data"), tmp_path, seeds=(1, 2)))
    return compare(outcomes, (tiny_task,)).set_index(["metric", "model"])


def test_a_prediction_without_a_correlation_counts_as_zero(scores):
    assert scores.loc[("r", "best"), "value"] == pytest.approx((0.2 + 0.4 + 0.2 + 0) / 4)
    assert scores.loc[("r", "mean"), "value"] == 0
    assert scores.loc[("r", "best"), "conditions"] == 4


def test_seeds_are_averaged_and_do_not_count_as_conditions(scores):
    assert set(scores["seeds"]) == {2}
    assert set(scores["conditions"]) == {4}


def test_the_best_reference_is_the_highest_correlation_and_the_smallest_distance(scores):
    assert set(scores["against"]) == {"best"}


def test_a_gain_is_positive_where_better_whatever_the_direction(scores):
    assert scores.loc[("r", "good"), "gain"] == pytest.approx(0.2)
    assert scores.loc[("L2", "good"), "gain"] == pytest.approx(1.0)
    assert scores.loc[("L2", "mean"), "gain"] == pytest.approx(-1.0)


def test_a_gain_that_is_the_same_on_every_condition_has_no_uncertainty(scores):
    row = scores.loc[("L2", "good")]
    assert (row["gain_lower"], row["gain_upper"]) == pytest.approx((1.0, 1.0))
    assert row["lower"] < row["value"] < row["upper"]


def test_s_is_the_share_of_the_way_from_the_best_baseline_to_the_ceiling(scores):
    assert scores.loc[("r", "good"), "s"] == pytest.approx((0.4 - 0.2) / (0.6 - 0.2))
    assert scores.loc[("L2", "good"), "s"] == pytest.approx((3.0 - 2.0) / (3.0 - 1.0))


def test_the_best_baseline_fed_to_the_harness_as_a_model_scores_zero(scores):
    assert (scores.xs("copy of best", level="model")["s"] == 0).all()
    assert (scores.xs("copy of best", level="model")["gain"] == 0).all()


def test_known_numbers_stand_beside_the_score_that_they_belong_to(scores):
    known = scores.loc[("r", "good"), ["reference_known", "best_simple_known", "aim"]]
    assert known.tolist() == [0.25, 0.35, 0.5]
    assert np.isnan(scores.loc[("L2", "good"), "aim"])


def test_without_a_ceiling_there_is_no_s(tiny_task, tmp_path):
    outcomes = run(Plan((tiny_task,), Path("no data"), tmp_path))
    scores = compare(outcomes[outcomes["model"] != "ceiling"], (tiny_task,))
    assert scores["s"].isna().all()
    assert scores["gain"].notna().all()


def test_conditions_of_one_unit_are_drawn_together(tiny_task, tmp_path):
    tiny_task.unit = lambda condition: {"a": "drug 1", "b": "drug 2", "c": "drug 1", "d": "drug 2"}[condition]
    outcomes = run(Plan((tiny_task,), Path("no data"), tmp_path))
    scores = compare(outcomes, (tiny_task,)).set_index(["metric", "model"])
    # Each drug's own mean is .4 and .4 for "good": there is nothing left that could vary between drugs.
    row = scores.loc[("r", "good")]
    assert (row["lower"], row["upper"]) == pytest.approx((0.4, 0.4))
    assert row["conditions"] == 4


def test_a_model_that_was_asked_on_one_seed_is_paired_with_that_seed_alone(tiny_task, tmp_path):
    outcomes = run(Plan((tiny_task,), Path("no data"), tmp_path, seeds=(1, 2)))
    second = outcomes["seed"] == 2
    outcomes.loc[second & (outcomes["model"] == "good"), "value"] += 10
    outcomes = outcomes[~(second & (outcomes["model"] == "copy of best"))]
    scores = compare(outcomes, (tiny_task,)).set_index(["metric", "model"])
    assert scores.loc[("r", "copy of best"), "over_shipped"] == pytest.approx(-0.2)
