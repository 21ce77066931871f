"""The tasks on L1000 and OpenProblems 2023: their reference baselines give the published numbers."""

from __future__ import annotations

import json

import pytest

from xpert.evaluation.run import Plan, run
from xpert.evaluation.tasks import task

MORGAN = "kernel ridge on Morgan and annotation"
DATA_SETS = pytest.mark.data


def outcomes(name, models, shared_data, work):
    folder = shared_data.parent / "benchmarks"
    if not folder.is_dir():
        pytest.skip("the reference numbers (../shared/benchmarks) are not here")
    expected = json.loads((folder / "reference_seed0.json").read_text())
    plan = Plan((task(name),), shared_data, work, splits=folder / "splits", models=models)
    return run(plan), expected


def mean_of(table, model, metric, subset="all"):
    rows = table[(table["model"] == model) & (table["metric"] == metric) & (table["subset"] == subset)]
    return rows.groupby("fold")["value"].mean().mean()


@DATA_SETS
def test_the_reference_agrees_on_a_cell_type_with_and_without_its_support_set(shared_data, tmp_path):
    models = ("drug mean", "shrunk additive")
    table, expected = outcomes("neurips_unseen_celltype", models, shared_data, tmp_path)
    baselines = expected["neurips_unseen_celltype"]["baselines"]
    pairs = (
        ("support 27", "shrunk additive", "additive_shrunk(support)"),
        ("support 0", "drug mean", "drug_mean_other_cell_types"),
    )
    for subset, model, baseline in pairs:
        for metric in ("spearman", "pearson_partial"):
            value = mean_of(table, model, metric, subset)
            assert value == pytest.approx(baselines[baseline][metric]["mean"], abs=1e-3)


@DATA_SETS
@pytest.mark.slow
@pytest.mark.parametrize("rule", ["random", "scaffold"])
def test_the_reference_agrees_on_unseen_drugs_of_l1000(rule, shared_data, tmp_path):
    table, expected = outcomes(f"l1000_unseen_drug_{rule}", (MORGAN,), shared_data, tmp_path)
    published = expected["l1000_unseen_drug"][rule]["krr_morgan_annot_unitnorm"]
    for metric in ("pearson", "pearson_partial", "pds_cosine_centred"):
        assert mean_of(table, MORGAN, metric) == pytest.approx(published[metric]["mean"], abs=1e-3)


@DATA_SETS
@pytest.mark.parametrize(
    "name", ["l1000_unseen_drug_scaffold", "neurips_unseen_drug", "neurips_unseen_celltype"]
)
def test_every_asked_condition_is_asked_once_and_other_seeds_give_other_folds(name, shared_data):
    first, second = (task(name).deal(shared_data, seed) for seed in (1, 2))
    asked = [n for fold in first.folds for n in fold.test]
    assert len(asked) == len(set(asked))
    assert first.folds != second.folds
