from __future__ import annotations

import json

import numpy as np
import pytest

from xpert.evaluation.splits import Folds
from xpert.evaluation.tasks import task

pytestmark = pytest.mark.data


def scores(contest, model):
    """Mean over folds of the mean of each fold, by subset and metric, as the reference reports it."""
    table = contest.run(model)
    return table.groupby(["subset", "metric", "fold"]).value.mean().groupby(["subset", "metric"]).mean()


@pytest.fixture(scope="module")
def published(shared_data):
    found = json.loads(
        (shared_data.parent / "benchmarks" / "reference_seed0.json").read_text(encoding="utf-8")
    )
    return found["tggates_dose"]


@pytest.fixture(scope="module")
def contest_of(shared_data):
    def prepare(name):
        folds = Folds.read(shared_data.parent / "benchmarks" / "splits", name)
        return task(name).prepare(shared_data, folds)

    return prepare


def test_interpolation_agrees_with_the_reference(contest_of, published):
    contest = contest_of("tggates_dose_interpolation")
    known = published["a_hold_out_middle_disjoint_control"]
    names = {
        "no change": "no_change",
        "learned blend of low and high": "learned_blend(a*Low+b*High)",
        "mean of low and high": "drug_mean(Low,High)",
        "mean middle of other compounds": "mean_Middle_other_drugs",
    }
    for ours, theirs in names.items():
        found = scores(contest, ours)["all"]
        for metric, value in known[theirs].items():
            if value["mean"] is not None:
                assert found[metric] == pytest.approx(value["mean"], abs=2e-4)
    ceiling = contest.ceiling().set_index("metric").value
    assert ceiling["rmse"] == pytest.approx(published["a_ceiling_rep1_vs_rep2"]["rmse_single_reps"], abs=2e-4)
    stepped_up = published["a_ceiling_rep1_vs_rep2"]["pearson_delta_spearman_brown"]
    assert ceiling["pearson_delta"] == pytest.approx(stepped_up, abs=2e-4)


def test_unseen_drug_agrees_with_the_reference(contest_of, published):
    contest = contest_of("tggates_unseen_drug")
    names = {
        "mean of the level and time": "mean_by_dose_time",
        "kernel ridge on Morgan": "krr_morgan",
        "kernel ridge on Morgan and annotation": "krr_morgan_annot",
    }
    for ours, theirs in names.items():
        found, known = scores(contest, ours), published["b_unseen_drug"][theirs]
        for metric in ("pearson_delta", "rmse"):
            assert found["all", metric] == pytest.approx(known[metric]["mean"], abs=2e-4)
        partial = published["b_unseen_drug_only_with_smiles"][theirs]["pearson_partial"]["mean"]
        own = found["compounds with a known structure", "pearson_partial"]
        assert own == pytest.approx(partial or 0.0, abs=2e-4)


@pytest.mark.parametrize("name", ["tggates_dose_interpolation", "tggates_unseen_drug"])
def test_a_deal_asks_everything_once_and_depends_on_the_seed(shared_data, name):
    found = task(name).deal(shared_data, 1)
    shipped = Folds.read(shared_data.parent / "benchmarks" / "splits", name)
    assert sorted(n for f in found.folds for n in f.test) == sorted(n for f in shipped.folds for n in f.test)
    assert found != task(name).deal(shared_data, 2)
    assert found == task(name).deal(shared_data, 1)


def test_nothing_of_an_asked_middle_dose_is_learned(contest_of):
    contest = contest_of("tggates_dose_interpolation")
    for ask in contest.asks:
        asked = {contest.observed.conditions[i].treatment for i in ask.test}
        learned = {contest.observed.conditions[i].treatment for i in ask.train}
        assert not asked & learned


@pytest.mark.slow
def test_curves_beat_the_blend_on_a_deal_of_their_own(shared_data):
    interpolation = task("tggates_dose_interpolation")
    contest = interpolation.prepare(shared_data, interpolation.deal(shared_data, 11))
    shipped, blend = (scores(contest, m)["all"] for m in ("shipped", "learned blend of low and high"))
    assert shipped["rmse"] < blend["rmse"]
    assert shipped["pearson_delta"] > blend["pearson_delta"]
    assert np.isfinite(shipped).all()
