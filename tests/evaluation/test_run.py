"""Runs go on where they stopped, and never mix outcomes of different folds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from xpert.errors import InputError
from xpert.evaluation.run import CEILING, Plan, run
from xpert.evaluation.splits import Fold, Folds


@pytest.fixture
def plan(tiny_task, tmp_path) -> Plan:
    return Plan((tiny_task,), Path("no data"), tmp_path / "work", seeds=(1, 2))


def test_every_model_is_asked_once_per_seed_and_the_ceiling_stands_beside(plan, tiny_task):
    outcomes = run(plan)
    assert sorted(tiny_task.asked) == sorted(
        f"{model} {seed}" for model in ("mean", "best", "good", "copy of best") for seed in (1, 2)
    )
    assert set(outcomes.columns) >= {"task", "seed", "model", "role", "fold", "condition", "subset", "metric"}
    assert outcomes.groupby("seed")["model"].nunique().tolist() == [5, 5]
    assert set(outcomes.loc[outcomes["model"] == CEILING, "value"]) == {0.6, 1.0}


def test_a_second_run_asks_nobody_again_and_gives_the_same(plan, tiny_task):
    first = run(plan)
    tiny_task.asked.clear()
    pd.testing.assert_frame_equal(run(plan), first)
    assert tiny_task.asked == []


def test_an_interrupted_run_asks_only_what_is_missing(plan, tiny_task):
    run(plan)
    next((plan.work / "tiny" / "seed-2").glob("good-*.parquet")).unlink()
    tiny_task.asked.clear()
    run(plan)
    assert tiny_task.asked == ["good 2"]


def test_other_folds_void_what_was_kept(plan, tiny_task):
    run(plan)
    tiny_task.asked.clear()
    tiny_task.order = tiny_task.order[::-1]
    run(plan)
    assert len(tiny_task.asked) == 8


def test_a_fresh_run_asks_everybody_again(plan, tiny_task):
    run(plan)
    tiny_task.asked.clear()
    run(replace(plan, fresh=True))
    assert len(tiny_task.asked) == 8


def test_a_fresh_run_of_one_model_leaves_the_others_alone(plan, tiny_task):
    run(plan)
    tiny_task.asked.clear()
    run(replace(plan, fresh=True, models=("good",)))
    assert tiny_task.asked == ["good 1", "good 2"]
    tiny_task.asked.clear()
    run(plan)
    assert tiny_task.asked == []


def test_split_files_replace_the_deal_and_bring_their_seed(plan, tmp_path):
    Folds("tiny", 9, (Fold(("x",), ("a",)),)).write(tmp_path / "splits")
    outcomes = run(replace(plan, splits=tmp_path / "splits"))
    assert set(outcomes["seed"]) == {9}


def test_a_split_file_that_is_missing_is_told(plan, tmp_path):
    with pytest.raises(InputError, match=r"tiny\.json"):
        run(replace(plan, splits=tmp_path))


def test_only_the_models_that_are_named_are_asked(plan, tiny_task):
    outcomes = run(replace(plan, models=("good",)))
    assert set(outcomes["model"]) == {"good", CEILING}
    assert set(tiny_task.asked) == {"good 1", "good 2"}


def test_a_model_that_nobody_has_is_answered_with_the_nearest_name(plan):
    with pytest.raises(InputError, match="good"):
        run(replace(plan, models=("goood",)))


def test_progress_ends_at_its_total(plan):
    seen: list[tuple[int, int]] = []
    run(plan, lambda done, total, doing: seen.append((done, total)))
    assert [done for done, _ in seen] == list(range(1, 9))
    assert {total for _, total in seen} == {8}
