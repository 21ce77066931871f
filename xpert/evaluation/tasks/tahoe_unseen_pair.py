"""A drug measured in other lines, in a line measured with other drugs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from xpert.evaluation.response_contest import Ask, Contestant, ResponseContest
from xpert.evaluation.splits import Fold, Folds
from xpert.evaluation.task import ALL, Goal, Metric, Role, targets_of
from xpert.evaluation.tasks.tahoe_signatures import (
    METRICS,
    RankScorer,
    drugs,
    line_means,
    lines,
    responses,
    without_ties,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from xpert.data.responses import Responses

FOLDS = 5


@dataclass(frozen=True)
class TahoeUnseenPair:
    """Signatures are dealt one by one."""

    name: str = "tahoe_unseen_pair"
    title: str = "Tahoe-100M: a measured drug in a measured line, the pair never measured"
    metrics: tuple[Metric, ...] = METRICS
    goals: tuple[Goal, ...] = (
        Goal(ALL, "spearman", 0.854, None, 0.862),
        Goal(ALL, "pearson_partial", 0.742, None, 0.76),
    )
    unit: Callable[[str], str] = targets_of

    def deal(self, data: Path, seed: int) -> Folds:
        """Five equal parts of all signatures."""
        names = np.array(_names(responses(data)))
        fold = np.random.default_rng([seed, FOLDS]).permutation(len(names)) % FOLDS
        parts = [
            Fold(tuple(names[fold != i].tolist()), tuple(names[fold == i].tolist())) for i in range(FOLDS)
        ]
        return Folds(self.name, seed, tuple(parts))

    def prepare(self, data: Path, folds: Folds) -> ResponseContest:
        """Read the signatures and lay out the refits."""
        learned = responses(data)
        row = {name: i for i, name in enumerate(_names(learned))}

        def rows(names: tuple[str, ...]) -> np.ndarray:
            return np.array([row[name.strip()] for name in names], dtype=np.intp)

        asks = tuple(Ask(i, rows(fold.train), rows(fold.test)) for i, fold in enumerate(folds.folds))
        observed = without_ties(learned, folds.seed)
        scorer = RankScorer(learned, observed, line_means)
        return ResponseContest(learned, observed, asks, _contestants(folds.seed), scorer)


TASK = TahoeUnseenPair()


def _contestants(seed: int) -> dict[str, Contestant]:
    from xpert.evaluation.nulls import shuffled
    from xpert.evaluation.reference.two_way import LowRank, TwoWay
    from xpert.model.baselines.context_mean import ContextMean
    from xpert.model.baselines.factors import Factors
    from xpert.model.baselines.mean_shift import MeanShift

    return {
        "line mean": Contestant(Role.REFERENCE, MeanShift()),
        "drug mean": Contestant(Role.REFERENCE, ContextMean()),
        "additive": Contestant(Role.REFERENCE, TwoWay()),
        "additive and low rank": Contestant(Role.REFERENCE, LowRank(seed=seed)),
        "shipped": Contestant(Role.SHIPPED, Factors()),
        "shuffled labels": Contestant(Role.NULL, shuffled(Factors())),
    }


def _names(learned: Responses) -> list[str]:
    """As the split file has them."""
    return [f"{line}|{drug}" for line, drug in zip(lines(learned), drugs(learned), strict=True)]
