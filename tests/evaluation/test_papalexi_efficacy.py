from __future__ import annotations

import pytest

from xpert.evaluation.splits import Folds
from xpert.evaluation.task import ALL
from xpert.evaluation.tasks import task

pytestmark = pytest.mark.data


def test_the_mean_of_other_guides_scores_what_is_published_and_is_beaten(shared_data):
    efficacy = task("papalexi_efficacy")
    folds = Folds.read(shared_data.parent / "benchmarks" / "splits", efficacy.name)
    assert set(folds.folds[0].test) == set(efficacy.deal(shared_data, 1).folds[0].test)
    contest = efficacy.prepare(shared_data, folds)
    found = {m: contest.run(m).groupby("subset").value.mean() for m in contest.contestants}
    reference, shipped = found["mean of the target's other guides"], found["shipped"]
    assert reference[ALL] == pytest.approx(2.694, abs=1e-3)
    assert (shipped < reference).all()
    assert shipped[ALL] < found["that mean, shrunk by its noise"][ALL]
    assert found["another target's guides"][ALL] > found["no change"][ALL]
