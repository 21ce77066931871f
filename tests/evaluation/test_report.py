"""The summary counts what was reached, and says of the network what it adds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from xpert.evaluation.compare import compare
from xpert.evaluation.report import summary_table, verdict
from xpert.evaluation.run import Plan, run
from xpert.evaluation.task import ALL, Goal


@pytest.fixture
def outcomes(tiny_task, tmp_path):
    return run(Plan((tiny_task,), Path("no data"), tmp_path))


def said(outcomes, task, **goal):
    task = replace(task, goals=(Goal(ALL, "r", **goal),))
    return verdict(compare(outcomes, (task,)), (task,))


def test_what_is_above_the_reference_with_its_whole_interval_is_counted(outcomes, tiny_task):
    text = said(outcomes, tiny_task, reference=0.2)
    assert text.startswith("Of 1 compared scores")
    assert "with its whole interval on 1, and below it on 0" in text


@pytest.mark.parametrize(("known", "reached", "surely_below"), [(0.4, 1, 0), (0.45, 0, 0), (0.9, 0, 1)])
def test_a_known_number_is_reached_missed_or_surely_missed(outcomes, tiny_task, known, reached, surely_below):
    text = said(outcomes, tiny_task, best_simple=known, aim=known)
    assert f"known on {reached} of 1, and below it with its whole interval on {surely_below}" in text
    assert f"at the aim on {reached} of 1." in text


def test_a_task_without_predictors_has_no_place_for_a_network(outcomes, tiny_task):
    assert summary_table(compare(outcomes, (tiny_task,)), (tiny_task,)).rstrip().endswith("| – |")


@pytest.mark.parametrize(
    ("added", "words"), [(0.1, "+0.100 [+0.100, +0.100]"), (0.0, "+0.000 [+0.000, +0.000]")]
)
def test_what_the_network_adds_stands_with_its_interval(outcomes, tiny_task, added, words):
    network = outcomes[outcomes["model"] == "good"].fillna({"value": 0.0}).assign(model="n", role="network")
    shipped = outcomes.fillna({"value": 0.0})
    both = [shipped, network.assign(value=network["value"] + added)]
    import pandas as pd

    scores = compare(pd.concat(both, ignore_index=True), (tiny_task,))
    assert summary_table(scores, (tiny_task,)).rstrip().endswith(f"| {words} |")
