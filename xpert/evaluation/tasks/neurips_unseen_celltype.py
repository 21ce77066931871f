"""A cell type of the OpenProblems 2023 data that was never measured, or with a fifth of the drugs only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from xpert.data.collections import load_responses
from xpert.evaluation.reference.drugs import named_drugs
from xpert.evaluation.reference.tuned import grouped_folds
from xpert.evaluation.response_contest import Ask, Contestant, ResponseContest
from xpert.evaluation.splits import Fold, Folds
from xpert.evaluation.task import Goal, Metric, Role, context_of
from xpert.evaluation.tasks.neurips_unseen_drug import FOLDS, panel
from xpert.evaluation.tasks.tahoe_signatures import METRICS, RankScorer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from xpert.data.responses import Floats, Responses

WITH, WITHOUT = "support 27", "support 0"


@dataclass(frozen=True)
class NeuripsUnseenCelltype:
    """Every cell type is asked, once with its support set and once without."""

    name: str = "neurips_unseen_celltype"
    title: str = "OpenProblems 2023, blood cells: a cell type that was never measured, or with 27 drugs only"
    metrics: tuple[Metric, ...] = METRICS
    goals: tuple[Goal, ...] = (
        Goal(WITH, "spearman", 0.344, 0.39, 0.40),
        Goal(WITH, "pearson_partial", 0.227, 0.304, 0.32),
        Goal(WITHOUT, "spearman", 0.264, 0.30, 0.31),
        Goal(WITHOUT, "pearson_partial", 0.231, 0.265, 0.28),
    )
    unit: Callable[[str], str] = context_of

    def deal(self, data: Path, seed: int) -> Folds:
        """A fifth of the drugs, whole parents, is the support set of every cell type."""
        learned = load_responses("neurips2023", data)
        names, types = panel(learned), sorted(learned.context)
        parents = [drug.parent for drug in named_drugs(data, names)]
        fold = grouped_folds(parents, FOLDS, np.random.default_rng([seed, FOLDS, len(types)]))
        support = [n for n, f in zip(names, fold, strict=True) if f == 0]
        rest = [n for n in names if n not in support]
        return Folds(
            self.name,
            seed,
            tuple(
                Fold(
                    tuple(f"{other}|{n}" for other in types if other != cells for n in names)
                    + tuple(f"{cells}|{n}" for n in support),
                    tuple(f"{cells}|{n}" for n in rest),
                )
                for cells in types
            ),
        )

    def prepare(self, data: Path, folds: Folds) -> ResponseContest:
        """Read the signatures and lay out the refits."""
        learned = load_responses("neurips2023", data)
        row = {f"{c.context}|{c.treatment.targets[0]}": i for i, c in enumerate(learned.conditions)}
        where = np.array([c.context for c in learned.conditions])
        asks, own_means = [], {}
        for number, fold in enumerate(folds.folds):
            train, test = (_rows(row, names) for names in (fold.train, fold.test))
            is_support = where[train] == where[test[0]]
            own_means[number] = learned.delta[train[is_support]].mean(axis=0, dtype=float)
            asks += [Ask(number, train, test, WITH), Ask(number, train[~is_support], test, WITHOUT)]

        def support_mean(responses: Responses, ask: Ask) -> Floats:
            return np.repeat(own_means[ask.fold][None], len(ask.test), axis=0)

        scorer = RankScorer(learned, learned, support_mean)
        return ResponseContest(learned, learned, tuple(asks), _contestants(), scorer)


TASK = NeuripsUnseenCelltype()


def _rows(row: dict[str, int], names: tuple[str, ...]) -> np.ndarray:
    """Rows of names, whatever the spaces around a drug."""
    return np.array([row["|".join(part.strip() for part in n.split("|", 1))] for n in names], dtype=np.intp)


def _contestants() -> dict[str, Contestant]:
    from xpert.evaluation.nulls import shuffled
    from xpert.evaluation.reference.shrunk_additive import ShrunkAdditive
    from xpert.model.baselines.context_mean import ContextMean
    from xpert.model.baselines.factors import Factors
    from xpert.model.supported import Supported

    return {
        "drug mean": Contestant(Role.REFERENCE, ContextMean()),
        "shrunk additive": Contestant(Role.REFERENCE, ShrunkAdditive()),
        "corrected by the support set": Contestant(Role.SIMPLE, Supported(Factors())),
        "shipped": Contestant(Role.SHIPPED, Factors()),
        "shuffled labels": Contestant(Role.NULL, shuffled(Factors())),
    }
