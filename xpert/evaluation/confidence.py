"""Do intervals hold what they state, and does an expected error know which condition will be wrong?

For each refit of a contest, the conditions that other refits ask about and that this one may learn from are left
out in a few parts, by the task's own rule; the errors on them calibrate the intervals and the expected error of
the shipped predictor. Both are then compared with the conditions of the refit, of which nothing was seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from xpert.evaluation.task import Role
from xpert.model.baselines.kernels import PriorKnowledge
from xpert.model.calibration import LEVELS, Asked, Calibration
from xpert.model.question import Known
from xpert.training.calibration import LIKENESS, Likeness

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from xpert.data.responses import Floats
    from xpert.evaluation.response_contest import Ask, ResponseContest

    Rows = npt.NDArray[np.intp]

# Into at most this many parts the other refits are gathered; each part is one more fit.
MOST_PARTS = 5
CONDITION_COLUMNS = (
    "subset", "fold", "condition", "question", "expected", "actual", "novelty",
    *(f"{what}_{round(100 * level)}" for what in ("inside", "width") for level in LEVELS),
)  # fmt: skip
GENE_COLUMNS = ("subset", "gene", "level", "inside", "conditions")
SUMMARY_COLUMNS = (
    "subset", "level", "conditions", "coverage", "width", "low_conditions", "high_conditions", "low_genes",
    "high_genes", "expected_correlation", "novelty_correlation",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Confidence:
    """What intervals and expected errors were worth on held-out conditions.

    Attributes
    ----------
    conditions
        One row per held-out condition, columns `CONDITION_COLUMNS`: expected and actual root mean squared
        error, distance to the nearest treatment that was learned from, share of genes inside the interval of
        each level and its mean full width, in the readout.
    genes
        One row per gene and level, columns `GENE_COLUMNS`: share of conditions inside.
    """

    conditions: pd.DataFrame
    genes: pd.DataFrame

    def summary(self) -> pd.DataFrame:
        """One row per subset and level, columns `SUMMARY_COLUMNS`.

        ``coverage`` is the share of gene values inside; ``low_…`` and ``high_…`` are the 10th and 90th
        percentile over conditions and over genes. The correlations are Spearman's, of the expected error and of
        the distance to the nearest treatment, with the actual error over conditions.
        """
        subsets = list(dict.fromkeys(self.conditions["subset"].tolist()))
        rows = [self._row(subset, level) for subset in subsets for level in LEVELS]
        return pd.DataFrame(rows, columns=list(SUMMARY_COLUMNS))

    def _row(self, subset: str, level: float) -> tuple[object, ...]:
        part = self.conditions[self.conditions["subset"] == subset]
        genes = self.genes[(self.genes["subset"] == subset) & (self.genes["level"] == level)]["inside"]
        inside = part[f"inside_{round(100 * level)}"]
        return (
            subset, level, len(part), float(inside.mean()), float(part[f"width_{round(100 * level)}"].mean()),
            *(float(values.quantile(share)) for values in (inside, genes) for share in (0.1, 0.9)),
            _agreement(part["expected"], part["actual"]), _agreement(part["novelty"], part["actual"]),
        )  # fmt: skip


def confidence(contest: ResponseContest, model: str | None = None) -> Confidence:
    """Calibrate a model inside each training part, and compare with what it could not know.

    Parameters
    ----------
    contest
        Has at least two refits in each subset.
    model
        Name of a contestant; by default the one that is shipped.

    Raises
    ------
    ValueError
        When a subset has one refit only, so that nothing can be left out by the task's rule.
    """
    bench, by_subset = _bench(contest, model)
    judged = [bench.judge(ask, asks) for asks in by_subset.values() for ask in asks]
    return Confidence(
        pd.concat([found.conditions for found in judged], ignore_index=True), _by_gene(judged, contest)
    )


@dataclass(frozen=True, eq=False)
class Calibrated:
    """One refit with a calibration that was learned inside its training part.

    Attributes
    ----------
    ask
        The refit.
    calibration
        Knows nothing of what the refit is asked.
    asked
        The answers, with what they are judged by.
    observed
        What was measured, NaN where not or where a gene is not expressed, shape ``(test, genes)``.
    """

    ask: Ask
    calibration: Calibration
    asked: Asked
    observed: Floats


def calibrated(contest: ResponseContest, model: str | None = None) -> Iterator[Calibrated]:
    """Every refit of a contest with its own calibration; see `confidence`."""
    bench, by_subset = _bench(contest, model)
    for asks in by_subset.values():
        for ask in asks:
            yield bench.calibrated(ask, asks)


def _bench(contest: ResponseContest, model: str | None) -> tuple[_Bench, dict[str, list[Ask]]]:
    """A contest with one of its models, and its refits by subset."""
    name = model or next(n for n, role in contest.contestants.items() if role is Role.SHIPPED)
    bench = _Bench(contest, name, Likeness.of(contest.learned.conditions, PriorKnowledge(), LIKENESS))
    by_subset: dict[str, list[Ask]] = {}
    for ask in contest.asks:
        by_subset.setdefault(ask.subset, []).append(ask)
    return bench, by_subset


@dataclass(frozen=True, eq=False)
class _Judged:
    """One refit: its conditions, and whether each gene was inside, shape ``(levels, conditions, genes)``."""

    subset: str
    conditions: pd.DataFrame
    inside: npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class _Bench:
    """A contest with one of its models."""

    contest: ResponseContest
    model: str
    likeness: Likeness

    def judge(self, ask: Ask, asks: Sequence[Ask]) -> _Judged:
        """Calibrate on what the refit learns from, and compare on what it is asked."""
        found = self.calibrated(ask, asks)
        calibration, asked = found.calibration, found.asked
        observed = self.contest.observed.delta[ask.test].astype(np.float64)
        missed = np.abs(found.observed - asked.shift)
        measured = np.isfinite(missed)
        half = [calibration.half_width(asked, level=level) for level in LEVELS]
        inside = np.array([np.where(measured, missed <= width, np.nan) for width in half], dtype=np.float32)
        table = pd.DataFrame(
            {
                "subset": ask.subset,
                "fold": ask.fold,
                "condition": [str(self.contest.observed.conditions[i]) for i in ask.test],
                "question": [question.value for question in asked.questions],
                "expected": calibration.expected_error(asked),
                "actual": np.sqrt(np.nanmean((observed - asked.shift) ** 2, axis=1)),
                "novelty": asked.novelty,
            }
        )
        for number, level in enumerate(LEVELS):
            table[f"inside_{round(100 * level)}"] = np.nanmean(inside[number], axis=1)
            table[f"width_{round(100 * level)}"] = 2 * half[number].mean(axis=1)
        return _Judged(ask.subset, table[list(CONDITION_COLUMNS)], inside)

    def calibrated(self, ask: Ask, asks: Sequence[Ask]) -> Calibrated:
        """Calibrate on what the refit learns from, and answer what it is asked."""
        parts = [self.asked(train, test) for train, test in self.inner(ask, asks)]
        if not parts:
            raise ValueError(f"the subset {ask.subset!r} has nothing to leave out beside fold {ask.fold}")
        calibration = Calibration.fit(_joined([a for a, _ in parts]), np.concatenate([o for _, o in parts]))
        asked, observed = self.asked(ask.train, ask.test)
        return Calibrated(ask, calibration, asked, np.where(self.silent(ask), np.nan, observed))

    def silent(self, ask: Ask) -> npt.NDArray[np.bool_]:
        """Genes without any response in the context as far as was learned, shape ``(test, genes)``.

        They are not expressed there; that their intervals hold is no merit.
        """
        learned = self.contest.learned.take(ask.train)
        contexts = np.array([c.context for c in learned.conditions])
        moves = np.nan_to_num(learned.delta) != 0
        known = {name: ~moves[contexts == name].any(axis=0) for name in set(contexts.tolist())}
        anywhere = ~moves.any(axis=0)
        return np.array(
            [known.get(self.contest.observed.conditions[i].context, anywhere) for i in ask.test], dtype=bool
        )

    def inner(self, ask: Ask, asks: Sequence[Ask]) -> Iterator[tuple[Rows, Rows]]:
        """What to learn from and what to ask inside the training part of a refit, by the rule of the task."""
        others = [other for other in asks if other is not ask]
        for number in range(min(MOST_PARTS, len(others))):
            part = others[number::MOST_PARTS]
            test = np.intersect1d(np.concatenate([other.test for other in part]), ask.train)
            train = ask.train
            for other in part:
                train = np.intersect1d(train, other.train)
            train = np.setdiff1d(train, test)
            if len(test) and len(train):
                yield train, test

    def asked(self, train: Rows, test: Rows) -> tuple[Asked, Floats]:
        """Predictions of a refit with what they can be judged by, and what was observed."""
        learned, observed = self.contest.learned, self.contest.observed
        fitted = self.contest.models[self.model].predictor.fit(learned.take(train))
        conditions = [observed.conditions[i] for i in test]
        known = Known.of(learned.conditions[i] for i in train)
        own = self.likeness.own[test]
        asked = Asked(
            tuple(known.classify(c) for c in conditions),
            tuple(c.context for c in conditions),
            np.asarray(fitted.predict(conditions, observed.context), dtype=np.float64),
            self.likeness.novelty(test, train),
            self.likeness.cosine[own],
            own,
        )
        return asked, observed.delta[test].astype(np.float64)


def _joined(parts: Sequence[Asked]) -> Asked:
    return Asked(
        tuple(q for part in parts for q in part.questions),
        tuple(c for part in parts for c in part.contexts),
        np.concatenate([part.shift for part in parts]),
        np.concatenate([part.novelty for part in parts]),
        np.concatenate([part.near for part in parts if part.near is not None]),
        np.concatenate([part.own for part in parts if part.own is not None]),
    )


def _by_gene(judged: Sequence[_Judged], contest: ResponseContest) -> pd.DataFrame:
    tables = []
    for subset in dict.fromkeys(found.subset for found in judged):
        inside = np.concatenate([found.inside for found in judged if found.subset == subset], axis=1)
        measured = np.isfinite(inside).sum(axis=1)
        share = np.nansum(inside, axis=1) / np.where(measured, measured, np.nan)
        tables += [
            pd.DataFrame(
                {
                    "subset": subset,
                    "gene": contest.observed.genes,
                    "level": level,
                    "inside": share[number],
                    "conditions": measured[number],
                }
            )
            for number, level in enumerate(LEVELS)
        ]
    return pd.concat(tables, ignore_index=True)[list(GENE_COLUMNS)]


def _agreement(said: pd.Series, actual: pd.Series) -> float:
    """Spearman correlation; NaN where one of the two is the same for every condition."""
    if len(said) < 3 or said.nunique() < 2 or actual.nunique() < 2:
        return float("nan")
    return float(said.rank().corr(actual.rank()))
