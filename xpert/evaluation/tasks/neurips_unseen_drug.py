"""A drug that was measured in no cell type of the OpenProblems 2023 data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from xpert.data.collections import load_responses
from xpert.evaluation.reference.drugs import named_drugs
from xpert.evaluation.reference.tuned import grouped_folds
from xpert.evaluation.response_contest import Ask, Contestant, ResponseContest
from xpert.evaluation.splits import Folds
from xpert.evaluation.task import ALL, Goal, Metric, Role, targets_of
from xpert.evaluation.tasks.tahoe_signatures import METRICS, RankScorer, drugs, line_means, rows_named

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from xpert.data.responses import Responses

FOLDS = 5


@dataclass(frozen=True)
class NeuripsUnseenDrug:
    """Parents of drugs are dealt."""

    name: str = "neurips_unseen_drug"
    title: str = "OpenProblems 2023, blood cells: a drug that was never measured"
    metrics: tuple[Metric, ...] = METRICS
    goals: tuple[Goal, ...] = (
        Goal(ALL, "spearman", 0.302, 0.306, 0.32),
        Goal(ALL, "pearson_partial", 0.082, 0.106, 0.13),
    )
    unit: Callable[[str], str] = targets_of

    def deal(self, data: Path, seed: int) -> Folds:
        """Five parts of the drugs; names of one parent compound stay together."""
        names = panel(load_responses("neurips2023", data))
        parents = [drug.parent for drug in named_drugs(data, names)]
        fold = grouped_folds(parents, FOLDS, np.random.default_rng([seed, FOLDS]))
        return Folds.of_parts(self.name, seed, names, fold.tolist())

    def prepare(self, data: Path, folds: Folds) -> ResponseContest:
        """Read the signatures and lay out the refits."""
        learned = load_responses("neurips2023", data)
        names = drugs(learned)
        asks = tuple(
            Ask(i, rows_named(names, fold.train), rows_named(names, fold.test))
            for i, fold in enumerate(folds.folds)
        )
        scorer = RankScorer(learned, learned, line_means)
        return ResponseContest(learned, learned, asks, _contestants(data, learned, folds.seed), scorer)


TASK = NeuripsUnseenDrug()


def panel(learned: Responses) -> list[str]:
    """Every drug once."""
    return sorted(set(drugs(learned)))


def _contestants(data: Path, learned: Responses, seed: int) -> dict[str, Contestant]:
    from xpert.evaluation.nulls import shuffled, shuffled_features
    from xpert.evaluation.reference.morgan_ridge import MorganRidge
    from xpert.evaluation.reference.structure_and_line import Panel
    from xpert.evaluation.reference.tuned import RIDGES, Tuning, ridge_path
    from xpert.model.baselines.factors import Factors
    from xpert.model.baselines.mean_shift import MeanShift

    known = Panel(named_drugs(data, panel(learned)))
    place = {drug.name: i for i, drug in enumerate(known.drugs) if drug.smiles is not None}
    tuning = Tuning(ridge_path, RIDGES, [drug.parent for drug in known.drugs], seed + 1)
    return {
        "mean of the cell type": Contestant(Role.REFERENCE, MeanShift()),
        "kernel ridge on Morgan and annotation": Contestant(
            Role.REFERENCE, MorganRidge(known.kernels, place, tuning)
        ),
        "shipped": Contestant(Role.SHIPPED, Factors()),
        "shuffled labels": Contestant(Role.NULL, shuffled(Factors())),
        "shuffled features": Contestant(Role.NULL, shuffled_features(Factors(), learned)),
    }
