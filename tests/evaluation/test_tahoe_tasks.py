"""The Tahoe tasks: what is dealt, what is asked, and that baselines score what the reference gives."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from xpert.evaluation.splits import Folds
from xpert.evaluation.task import Role
from xpert.evaluation.tasks import task
from xpert.evaluation.tasks.tahoe_signatures import lines
from xpert.evaluation.tasks.tahoe_unseen_drug import parents

pytestmark = pytest.mark.data
NAMES = ("tahoe_unseen_drug", "tahoe_unseen_line", "tahoe_unseen_pair")


@pytest.fixture(scope="module")
def reference(shared_data):
    return json.loads((shared_data.parent / "benchmarks" / "reference_seed0.json").read_text())


@pytest.fixture(scope="module")
def contest(shared_data):
    """Contests over the shipped split files, each prepared once."""
    prepared = {}

    def of(name: str):
        if name not in prepared:
            folds = Folds.read(shared_data.parent / "benchmarks" / "splits", name)
            prepared[name] = task(name).prepare(shared_data, folds)
        return prepared[name]

    return of


def fold_means(outcomes: pd.DataFrame, subset: str = "all") -> pd.Series:
    """Mean over folds of the means over conditions, as the reference has them: it skips who abstains."""
    abstains = (outcomes["metric"] == "pearson_partial") & (outcomes["value"] == 0)
    own = outcomes[(outcomes["subset"] == subset) & ~abstains]
    return own.groupby(["metric", "fold"])["value"].mean().groupby("metric").mean()


@pytest.mark.parametrize("name", NAMES)
def test_every_condition_is_asked_once_per_subset_and_one_model_is_shipped(name, contest):
    found = contest(name)
    asked = pd.Series([(ask.subset, i) for ask in found.asks for i in ask.test.tolist()])
    assert not asked.duplicated().any()
    if name != "tahoe_unseen_line":
        assert len(asked) == len(found.learned)
    assert list(found.contestants.values()).count(Role.SHIPPED) == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_deal_depends_on_its_seed_alone(name, shared_data):
    dealt = [task(name).deal(shared_data, seed) for seed in (3, 3, 4)]
    assert dealt[0] == dealt[1]
    assert dealt[0].folds != dealt[2].folds
    everything = [n for fold in dealt[0].folds for n in fold.test]
    assert len(everything) == len(set(everything)) == len(dealt[0].folds[0].train + dealt[0].folds[0].test)


def test_salts_of_one_parent_are_dealt_together(shared_data):
    folds = task("tahoe_unseen_drug").deal(shared_data, 5).folds
    where = [dict(zip(fold.test, parents(list(fold.test)), strict=True)) for fold in folds]
    assert sum(len(set(fold.values())) for fold in where) == len({p for f in where for p in f.values()})
    assert any({"Tofacitinib", "Tofacitinib citrate"} <= fold.keys() for fold in where)


def test_larger_supports_contain_smaller_ones_and_are_not_asked(contest):
    found = contest("tahoe_unseen_line")
    where = np.array(lines(found.learned))
    for none, five, twenty in zip(*(found.asks[i : i + 5] for i in (0, 5, 10)), strict=True):
        held_out = set(where[none.test])
        added = [np.setdiff1d(ask.train, none.train) for ask in (five, twenty)]
        assert set(where[added[0]]) == held_out
        assert pd.Series(where[added[0]]).value_counts().unique().tolist() == [5]
        large = added[0][np.isin(where[added[0]], where[added[1]])]
        assert set(large) <= set(added[1])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "subset", "model", "theirs"),
    [
        ("tahoe_unseen_pair", "all", "line mean", "line_mean"),
        ("tahoe_unseen_pair", "all", "drug mean", "drug_mean"),
        ("tahoe_unseen_pair", "all", "additive", "additive"),
        ("tahoe_unseen_pair", "all", "additive and low rank", "additive+lowrank_bilinear"),
        ("tahoe_unseen_drug", "all", "line mean", "line_mean"),
        ("tahoe_unseen_drug", "all", "kernel ridge and line", "krr_morgan_annot+line"),
        ("tahoe_unseen_line", "support 0", "drug mean", "drug_mean"),
    ],
)
def test_baselines_score_what_the_reference_gives(name, subset, model, theirs, contest, reference):
    ours = fold_means(contest(name).run(model), subset)
    for metric, score in reference[name]["baselines"][theirs].items():
        if score["mean"] is not None:
            assert ours[metric] == pytest.approx(score["mean"], abs=1e-3), metric
