from __future__ import annotations

import json

import pytest

from xpert.errors import InputError
from xpert.evaluation.splits import Fold, Folds
from xpert.evaluation.task import Role
from xpert.evaluation.tasks.drug_gene_association import TASK

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def contest(shared_data):
    return TASK.prepare(shared_data, Folds.read(shared_data.parent / "benchmarks" / "splits", TASK.name))


def hits(contest, model: str):
    outcomes = contest.run(model)
    return outcomes[outcomes["metric"] == "hit_at_1pct"]["value"]


def test_connectivity_scores_what_the_reference_printed(contest, shared_data):
    printed = json.loads((shared_data.parent / "benchmarks" / "reference_seed0.json").read_text())
    results = printed["drug_gene_association"]["results"]
    for model, name in (("connectivity", "abs_cosine"), ("similarity to all drugs", "popularity_only")):
        row = results[f"{name}|sign|ranked_only_among_known_target_genes"]
        outcomes = contest.run(model).groupby("metric")["value"].mean()
        assert 100 * outcomes["hit_at_1pct"] == pytest.approx(row["hit_at_1pct"], abs=0.006)
        assert 100 * outcomes["any_hit_at_1pct"] == pytest.approx(
            row["any_target_hit_at_1pct_per_drug"], abs=0.006
        )
        assert 100 * outcomes["rank_percentile"] == pytest.approx(row["mean_rank_percentile"], abs=0.006)
    assert (
        len(contest.evidence.known.genes) == printed["drug_gene_association"]["n"]["genes_that_are_a_target"]
    )


def test_the_shipped_score_beats_popularity_and_shuffled_drugs_do_not(contest):
    shipped, popular = (
        hits(contest, "targets of similar compounds, all known ones vouch"),
        hits(contest, "popular targets"),
    )
    assert list(contest.contestants.values()).count(Role.SHIPPED) == 1
    assert shipped.mean() > 2 * popular.mean()
    for model, role in contest.contestants.items():
        if role is Role.NULL:
            assert hits(contest, model).mean() < popular.mean()
    assert hits(contest, "shuffled drugs").mean() < 0.016


def test_pathways_help_responses_alone(contest):
    alone, pooled = (hits(contest, m) for m in ("signed, informative responders", "pooled over pathways"))
    gain = pooled.to_numpy() - alone.to_numpy()
    assert gain.mean() > 2 * gain.std() / len(gain) ** 0.5


def test_own_targets_are_not_evidence(contest):
    """Without the annotation of one drug and its salts its own scores stay what they are."""
    from dataclasses import replace

    known, row = contest.evidence.known, int(contest.evidence.asked[0])
    same = [i for i, parent in enumerate(known.parent) if parent == known.parent[row]]
    hits_without = known.hits.copy()
    hits_without[same] = False
    without = replace(contest.evidence, known=replace(known, hits=hits_without))
    for score in ("by_structure", "by_response"):
        assert getattr(without, score)[row] == pytest.approx(getattr(contest.evidence, score)[row])


def test_folds_about_other_drugs_are_refused(shared_data):
    with pytest.raises(InputError, match="other drugs"):
        TASK.prepare(shared_data, Folds(TASK.name, 0, (Fold((), ("water",)),)))
