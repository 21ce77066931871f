"""A drug that was measured in no line; salts of one parent stay together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from xpert.evaluation.reference.tuned import grouped_folds
from xpert.evaluation.response_contest import Ask, Contestant, ResponseContest
from xpert.evaluation.splits import Folds
from xpert.evaluation.task import ALL, Goal, Metric, Role, targets_of
from xpert.evaluation.tasks.tahoe_signatures import (
    METRICS,
    RankScorer,
    drugs,
    line_means,
    responses,
    rows_named,
    without_ties,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from xpert.data.responses import Responses

FOLDS = 5


@dataclass(frozen=True)
class TahoeUnseenDrug:
    """Parents of drugs are dealt."""

    name: str = "tahoe_unseen_drug"
    title: str = "Tahoe-100M: a drug that was never measured, in a measured line"
    metrics: tuple[Metric, ...] = METRICS
    goals: tuple[Goal, ...] = (
        Goal(ALL, "spearman", 0.608, 0.607, 0.62),
        Goal(ALL, "pearson_partial", 0.032, 0.050, 0.08),
    )
    unit: Callable[[str], str] = targets_of

    def deal(self, data: Path, seed: int) -> Folds:
        """Five parts of the drugs; names of one parent compound stay together."""
        names = np.array(sorted(set(drugs(responses(data)))))
        fold = grouped_folds(parents(names.tolist()), FOLDS, np.random.default_rng([seed, FOLDS]))
        return Folds.of_parts(self.name, seed, names.tolist(), fold.tolist())

    def prepare(self, data: Path, folds: Folds) -> ResponseContest:
        """Read the signatures and lay out the refits."""
        learned = responses(data)
        names = drugs(learned)
        asks = tuple(
            Ask(i, rows_named(names, fold.train), rows_named(names, fold.test))
            for i, fold in enumerate(folds.folds)
        )
        observed = without_ties(learned, folds.seed)
        scorer = RankScorer(learned, observed, line_means)
        return ResponseContest(learned, observed, asks, _contestants(data, learned, folds.seed), scorer)


TASK = TahoeUnseenDrug()


def parents(names: list[str]) -> list[str]:
    """The parent compound of each name, or the name without its salt where the compound is not known."""
    from xpert.features.compounds import CompoundKnowledge
    from xpert.features.naming import variants

    known = CompoundKnowledge.load()
    found = [known.find(name) for name in names]
    return [
        compound.identity if compound else list(variants(name))[-1]
        for name, compound in zip(names, found, strict=True)
    ]


def _contestants(data: Path, learned: Responses, seed: int) -> dict[str, Contestant]:
    from xpert.evaluation.nulls import shuffled, shuffled_features
    from xpert.evaluation.reference.drugs import named_drugs
    from xpert.evaluation.reference.structure_and_line import Panel, StructureAndLine
    from xpert.evaluation.reference.two_way import TwoWay
    from xpert.model.baselines.factors import Factors
    from xpert.model.baselines.mean_shift import MeanShift

    panel = Panel(named_drugs(data, sorted(set(drugs(learned)))))
    return {
        "line mean": Contestant(Role.REFERENCE, MeanShift()),
        "kernel ridge and line": Contestant(Role.REFERENCE, StructureAndLine(panel, seed)),
        "additive": Contestant(Role.SIMPLE, TwoWay(damping=1.0)),
        "shipped": Contestant(Role.SHIPPED, Factors()),
        "shuffled labels": Contestant(Role.NULL, shuffled(Factors())),
        "shuffled features": Contestant(Role.NULL, shuffled_features(Factors(), learned)),
    }
