"""Intervals and expected errors are judged on conditions of which the calibration saw nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from xpert.data.collections import load_responses
from xpert.data.readout import Readout
from xpert.data.responses import Condition, Context, Responses
from xpert.evaluation.confidence import CONDITION_COLUMNS, SUMMARY_COLUMNS, confidence
from xpert.evaluation.response_contest import Ask, Contestant, ResponseContest
from xpert.evaluation.task import Role
from xpert.model.baselines.mean_shift import MeanShift
from xpert.model.baselines.no_change import NoChange
from xpert.model.calibration import LEVELS
from xpert.perturbation import Treatment

GENES = 120


def responses(delta: np.ndarray) -> Responses:
    genes = tuple(f"g{i}" for i in range(delta.shape[1]))
    nowhere = np.full(len(genes), np.nan)
    return Responses(
        readout=Readout.LOG1P,
        genes=genes,
        contexts=(Context("K562", genes, np.zeros(len(genes)), nowhere),),
        conditions=tuple(Condition("K562", Treatment.parse(f"G{i}:ko")) for i in range(len(delta))),
        delta=delta.astype(np.float32),
        spread=np.full(delta.shape, np.nan, dtype=np.float32),
        cells=np.full(len(delta), 100),
    )


def contest(data: Responses, folds: int = 5) -> ResponseContest:
    rows = np.arange(len(data))
    asks = tuple(Ask(f, rows[rows % folds != f], rows[rows % folds == f]) for f in range(folds))
    models = {
        "no change": Contestant(Role.REFERENCE, NoChange()),
        "mean": Contestant(Role.SHIPPED, MeanShift()),
    }
    return ResponseContest(data, data, asks, models, lambda ask, predicted: pd.DataFrame())


@pytest.fixture(scope="module")
def noisy() -> Responses:
    generator = np.random.default_rng(0)
    scale = generator.exponential(size=GENES)
    delta = 0.3 + generator.normal(size=(60, GENES)) * scale
    delta[:, :20] = 0.0  # never expressed
    return responses(delta)


def test_intervals_hold_what_they_state_on_genes_that_move(noisy):
    found = confidence(contest(noisy))
    assert list(found.conditions.columns) == list(CONDITION_COLUMNS)
    assert len(found.conditions) == len(noisy)
    summary = found.summary()
    assert list(summary.columns) == list(SUMMARY_COLUMNS)
    assert summary["coverage"].to_numpy() == pytest.approx(np.array(LEVELS), abs=0.02)
    assert found.genes.groupby("gene")["conditions"].first()["g0"] == 0


def test_the_held_out_conditions_do_not_touch_their_own_intervals(noisy):
    """One condition's response is changed: only its own row may change in its own fold."""
    changed = noisy.delta.copy()
    changed[7] *= 5
    before, after = (confidence(contest(responses(delta))).conditions for delta in (noisy.delta, changed))
    width = f"width_{round(100 * LEVELS[2])}"
    same_fold = before["fold"] == 7 % 5
    np.testing.assert_allclose(before.loc[same_fold, width], after.loc[same_fold, width])
    assert (before.loc[~same_fold, width] < after.loc[~same_fold, width]).all()


def test_one_refit_alone_cannot_be_calibrated(noisy):
    whole = contest(noisy)
    alone = ResponseContest(noisy, noisy, whole.asks[:1], whole.models, whole.score)
    with pytest.raises(ValueError, match="nothing to leave out"):
        confidence(alone)


@pytest.mark.data
def test_intervals_hold_what_they_state_on_unseen_compounds(shared_data):
    data = load_responses("l1000", shared_data)
    chosen = [i for i, c in enumerate(data.conditions) if not c.treatment.ordered[0].modality.is_genetic][
        :300
    ]
    summary = confidence(contest(data.take(chosen))).summary()
    assert summary["coverage"].to_numpy() == pytest.approx(np.array(LEVELS), abs=0.02)
