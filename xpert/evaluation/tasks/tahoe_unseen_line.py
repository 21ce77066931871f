"""A line that was never measured, or only with a few drugs: its support set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from xpert.evaluation.reference.tuned import grouped_folds
from xpert.evaluation.response_contest import Ask, Contestant, ResponseContest
from xpert.evaluation.splits import Fold, Folds
from xpert.evaluation.task import Goal, Metric, Role, context_of
from xpert.evaluation.tasks.tahoe_signatures import (
    METRICS,
    RankScorer,
    lines,
    overall_mean,
    responses,
    rows_named,
    without_ties,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from xpert.data.responses import Responses

FOLDS = 5
SUPPORTS = (0, 5, 20)


@dataclass(frozen=True)
class TahoeUnseenLine:
    """Lines are dealt; some drugs of each held-out line, drawn by the seed, are learned from as well."""

    name: str = "tahoe_unseen_line"
    title: str = "Tahoe-100M: a line that was never measured, or with 5 or 20 drugs only"
    metrics: tuple[Metric, ...] = METRICS
    goals: tuple[Goal, ...] = (
        Goal("support 0", "spearman", 0.716, 0.720, 0.73),
        Goal("support 0", "pearson_partial", 0.617, 0.622, 0.63),
        Goal("support 5", "spearman", 0.809, 0.817, 0.825),
        Goal("support 5", "pearson_partial", 0.756, 0.766, 0.775),
        Goal("support 20", "spearman", 0.831, 0.848, 0.855),
        Goal("support 20", "pearson_partial", 0.787, 0.807, 0.815),
    )
    unit: Callable[[str], str] = context_of

    def deal(self, data: Path, seed: int) -> Folds:
        """Five parts of the lines."""
        names = np.array(sorted(set(lines(responses(data)))))
        fold = grouped_folds(names.tolist(), FOLDS, np.random.default_rng([seed, FOLDS]))
        return Folds.of_parts(self.name, seed, names.tolist(), fold.tolist())

    def prepare(self, data: Path, folds: Folds) -> ResponseContest:
        """Read the signatures and lay out the refits."""
        learned = responses(data)
        asks = tuple(
            _ask(learned, number, fold, support, folds.seed)
            for support in SUPPORTS
            for number, fold in enumerate(folds.folds)
        )
        observed = without_ties(learned, folds.seed)
        scorer = RankScorer(learned, observed, overall_mean)
        return ResponseContest(learned, observed, asks, _contestants(), scorer)


TASK = TahoeUnseenLine()


def _ask(learned: Responses, number: int, fold: Fold, support: int, seed: int) -> Ask:
    """One refit. Larger supports contain smaller ones; a line without more drugs than the support is not asked."""
    names = lines(learned)
    base, held_out = rows_named(names, fold.train), []
    added = [base]
    for line in sorted(fold.test):
        own = rows_named(names, [line])
        order = np.random.default_rng([seed, *line.encode()]).permutation(own)
        if len(own) > support:
            added.append(order[:support])
            held_out.append(order[support:])
    train, test = (np.sort(np.concatenate(parts)) for parts in (added, held_out))
    return Ask(number, train, test, f"support {support}")


def _contestants() -> dict[str, Contestant]:
    from xpert.evaluation.nulls import shuffled
    from xpert.evaluation.reference.two_way import LineOffset
    from xpert.model.baselines.context_mean import ContextMean
    from xpert.model.baselines.factors import Factors

    return {
        "drug mean": Contestant(Role.REFERENCE, ContextMean()),
        "line offset": Contestant(Role.REFERENCE, LineOffset()),
        "shipped": Contestant(Role.SHIPPED, Factors()),
        "shuffled labels": Contestant(Role.NULL, shuffled(Factors())),
    }
