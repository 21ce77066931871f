"""What the Tahoe tasks share: signed ranks, how they are scored, and who is asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from xpert.data.collections import load_responses
from xpert.evaluation.response_contest import scored
from xpert.evaluation.task import Metric
from xpert.model.metrics import partial_pearson, spearman, top_share

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt
    import pandas as pd

    from xpert.data.responses import Floats, Responses
    from xpert.evaluation.response_contest import Ask

    Rows = npt.NDArray[np.intp]

TOP = 100
# Ranks are stored in whole steps of 1/127; less than a step, drawn with the seed of the folds, breaks their ties.
JITTER, JITTER_SEED = 1e-3, 77
SPEARMAN = Metric("spearman", "Spearman")
PARTIAL = Metric("pearson_partial", "Pearson beyond the training mean")
UP = Metric("top100_up", f"top {TOP} up found")
DOWN = Metric("top100_down", f"top {TOP} down found")
METRICS = (SPEARMAN, PARTIAL, UP, DOWN)


def responses(data: Path) -> Responses:
    """Every signature of the collection."""
    return load_responses("tahoe", data)


def without_ties(learned: Responses, seed: int) -> Responses:
    """The truth that answers are compared with: the same ranks, their ties broken at random."""
    draw = np.random.default_rng(seed + JITTER_SEED).uniform(-JITTER, JITTER, learned.delta.shape)
    return replace(learned, delta=learned.delta + draw.astype(np.float32))


def drugs(learned: Responses) -> list[str]:
    """Name of the drug of every row."""
    return [c.treatment.targets[0] for c in learned.conditions]


def lines(learned: Responses) -> list[str]:
    """Name of the cell line of every row."""
    return [c.context for c in learned.conditions]


def rows_named(names: Sequence[str], wanted: Sequence[str]) -> Rows:
    """Rows that bear one of the wanted names, whatever the spaces around it."""
    return np.flatnonzero(np.isin(np.array(names), [name.strip() for name in wanted]))


def line_means(learned: Responses, ask: Ask) -> Floats:
    """Mean training signature of each asked row's line, of all lines where it has none, shape ``(test, genes)``."""
    where = np.array(lines(learned))
    everywhere = _mean(learned.delta[ask.train])
    means = {}
    for line in dict.fromkeys(where[ask.test].tolist()):
        mean = _mean(learned.delta[ask.train[where[ask.train] == line]])
        means[line] = np.where(np.isfinite(mean), mean, everywhere)
    return np.array([means[line] for line in where[ask.test]])


def overall_mean(learned: Responses, ask: Ask) -> Floats:
    """Mean training signature of the lines that are not asked about, shape ``(test, genes)``."""
    where = np.array(lines(learned))
    others = ask.train[~np.isin(where[ask.train], where[ask.test])]
    return np.repeat(_mean(learned.delta[others])[None], len(ask.test), axis=0)


@dataclass(frozen=True, eq=False)
class RankScorer:
    """Scores predicted ranks.

    Attributes
    ----------
    learned, observed
        What was learned from, and the same without ties.
    reference
        The profile that `PARTIAL` projects out of an ask, shape ``(test, genes)``.
    """

    learned: Responses
    observed: Responses
    reference: Callable[[Responses, Ask], Floats]

    def __call__(self, ask: Ask, predicted: Floats) -> pd.DataFrame:
        """Score the answers to one refit."""
        truth = self.observed.delta[ask.test]
        scores: Mapping[str, Floats] = {
            SPEARMAN.name: spearman(predicted, truth),
            PARTIAL.name: partial_pearson(predicted, truth, self.reference(self.learned, ask)),
            UP.name: top_share(predicted, truth, top=TOP),
            DOWN.name: top_share(predicted, truth, top=TOP, up=False),
        }
        return scored(self.observed, ask, scores)


def _mean(delta: Floats) -> Floats:
    """Mean of what was measured, NaN where nothing was, shape ``(genes,)``."""
    is_measured = np.isfinite(delta)
    count = is_measured.sum(axis=0)
    total = np.where(is_measured, delta, 0).sum(axis=0, dtype=float)
    mean: Floats = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return mean
