"""Skill of a null check is told from chance, and from what the best baseline has."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from xpert.evaluation.compare import compare
from xpert.evaluation.null_report import null_checks, null_table
from xpert.evaluation.run import Plan, run
from xpert.evaluation.task import Metric

CENTRED = Metric("pds_cosine_centred", "discrimination")


@pytest.fixture
def outcomes(tiny_task, tmp_path):
    return run(Plan((tiny_task,), Path("no data"), tmp_path))


def test_a_check_that_equals_the_best_baseline_shows_no_skill(tiny_task, outcomes):
    (check,) = null_checks(compare(outcomes, (tiny_task,)), (tiny_task,))
    assert (check.model, check.metric.name, check.limit_name) == ("copy of best", "r", "best")
    assert check.value == check.limit
    assert not check.shows_skill


def test_a_check_that_is_better_on_every_condition_is_called_out(tiny_task, outcomes):
    better = outcomes["model"].eq("copy of best") & outcomes["metric"].eq("r")
    outcomes.loc[better, "value"] = outcomes.loc[better, "value"].fillna(0) + 0.1
    scores = compare(outcomes, (tiny_task,))
    (check,) = null_checks(scores, (tiny_task,))
    assert check.shows_skill
    assert "1 of 1 checks show skill" in null_table(scores, (tiny_task,))


@pytest.mark.parametrize(("level", "shows"), [(0.5, False), (0.9, True)])
def test_where_chance_is_known_it_is_the_limit(tiny_task, outcomes, level, shows):
    task = replace(tiny_task, metrics=(*tiny_task.metrics, CENTRED))
    centred = outcomes[outcomes["metric"] == "r"].assign(metric=CENTRED.name, value=level)
    scores = compare(centred, (task,))
    (check,) = null_checks(scores, (task,))
    assert (check.metric.name, check.limit_name, check.limit) == (CENTRED.name, "chance", 0.5)
    assert check.shows_skill is shows


@pytest.mark.parametrize(("blind", "limit"), [(0.7, "blind"), (0.4, "chance")])
def test_what_the_context_alone_tells_is_no_skill_of_a_check(tiny_task, outcomes, blind, limit):
    task = replace(tiny_task, metrics=(*tiny_task.metrics, CENTRED))
    centred = outcomes[(outcomes["metric"] == "r") & (outcomes["model"] != "good")]
    centred = centred.assign(metric=CENTRED.name, value=0.7)
    best = centred["model"] == "best"
    centred.loc[best, ["role", "model", "value"]] = ["blind", "blind", blind]
    (check,) = null_checks(compare(centred, (task,)), (task,))
    assert check.limit_name == limit
    assert check.limit == (blind if limit == "blind" else 0.5)
    assert check.shows_skill is (limit == "chance")


def test_a_check_without_anything_to_compare_with_is_left_out(tiny_task, outcomes):
    alone = outcomes[outcomes["role"] == "null"]
    assert null_checks(compare(alone, (tiny_task,)), (tiny_task,)) == []


def test_skill_must_exceed_chance_and_the_blind_model(tiny_task, outcomes):
    task = replace(tiny_task, metrics=(*tiny_task.metrics, CENTRED))
    values = {"best": (0.505,) * 4, "copy of best": (0.40, 0.65, 0.55, 0.45)}
    parts = [
        outcomes[(outcomes["metric"] == "r") & (outcomes["model"] == name)].assign(
            metric=CENTRED.name, value=value
        )
        for name, value in values.items()
    ]
    centred = pd.concat(parts, ignore_index=True)
    centred.loc[centred["model"] == "best", ["role", "model"]] = ["blind", "blind"]
    (check,) = null_checks(compare(centred, (task,)), (task,))
    assert check.value > check.limit
    assert not check.shows_skill


def test_without_checks_nothing_is_said(tiny_task, outcomes):
    scores = compare(outcomes[outcomes["role"] != "null"], (tiny_task,))
    assert null_table(scores, (tiny_task,)) == ""
