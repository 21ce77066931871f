"""How well predictors answer each kind of question, measured on conditions they have not seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd

from xpert.model.choices import EVERYWHERE
from xpert.model.question import Question
from xpert.training.bootstrap import interval
from xpert.training.holdout import Holdout, holdouts
from xpert.training.scoring import Scorer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from xpert.data.responses import Floats, Responses
    from xpert.model.predictor import Predictor


class Progress(Protocol):
    """Called after each refit."""

    def __call__(self, done: int, total: int, doing: str) -> None:
        """`done` of `total` refits are finished; `doing` names the last one."""
        ...


@dataclass(frozen=True, eq=False)
class SkillReport:
    """What was predicted for held-out conditions, and how good it was.

    A *trial* is one condition that was held out in one way; a condition can stand in several trials.

    Attributes
    ----------
    table
        Columns ``question, context, predictor, metric, value, lower, upper, conditions``: the mean over trials
        of a kind of question with its 90 % bootstrap interval over treatments; see `summarise`.
    trials
        One row per trial: ``row`` (of the responses), ``context, treatment, question, protocol, fold``.
    scores
        Per predictor a table of trials × metrics.
    predicted
        Per predictor the held-out predictions, float32, shape ``(trials, genes)``.
    holdouts
        What was held out of what; the column ``fold`` of `trials` is a place in it.
    """

    table: pd.DataFrame
    trials: pd.DataFrame
    scores: Mapping[str, pd.DataFrame]
    predicted: Mapping[str, Floats]
    holdouts: tuple[Holdout, ...]

    @property
    def predictors(self) -> tuple[str, ...]:
        """Names in the order in which they were given: the simplest first."""
        return tuple(self.predicted)

    @property
    def questions(self) -> tuple[Question, ...]:
        """Kinds of question that were posed."""
        posed = set(self.trials["question"])
        return tuple(q for q in Question if q.value in posed)

    def out_of_fold(self, predictor: str, conditions: int) -> Floats:
        """One held-out prediction per condition, shape ``(conditions, genes)``; NaN where it was never held out.

        Of several trials of a condition the first in the order of `holdout.holdouts` counts: combination,
        target, context, dose.
        """
        predicted = self.predicted[predictor]
        rows = np.full((conditions, predicted.shape[1]), np.nan, dtype=np.float32)
        held_out = self.trials["row"].to_numpy(dtype=np.intp)
        rows[held_out[::-1]] = predicted[::-1]
        return rows


def measure_skill(
    responses: Responses,
    predictors: Sequence[Predictor],
    *,
    seed: int = 0,
    folds: int = 5,
    groups: Mapping[str, str] | None = None,
    halves: tuple[Responses, Responses] | None = None,
    progress: Progress | None = None,
) -> SkillReport:
    """Refit every predictor for every hold-out and score what it says of the held-out conditions.

    Parameters
    ----------
    responses
        Everything that was measured.
    predictors
        Fitted or not, the simplest first; they are refitted. Names must differ.
    seed, folds, groups
        See `holdout.holdouts`.
    halves
        The same conditions measured on two disjoint halves of the cells; with them measured conditions are
        asked too: fitted to one half, scored against the other.
    progress
        Called after each refit.

    Raises
    ------
    ValueError
        When two predictors share a name, or the conditions pose no question that can be held out.
    """
    names = [p.name for p in predictors]
    if len(set(names)) < len(names):
        raise ValueError(f"predictors need different names, not {names}")
    plan = holdouts(responses.conditions, seed=seed, folds=folds, groups=groups)
    if not plan and halves is None:
        raise ValueError("these conditions can pose no question: there is nothing to hold out")
    runs = [_Run(responses, responses, holdout) for holdout in plan]
    runs += [] if halves is None else [_seen(halves)]
    results = _run_all(runs, predictors, progress)
    trials = pd.concat([run.trials(number) for number, run in enumerate(runs)], ignore_index=True)
    scores = {name: pd.concat([r[name][0] for r in results], ignore_index=True) for name in names}
    predicted = {name: np.concatenate([r[name][1] for r in results]) for name in names}
    return SkillReport(
        summarise(trials, scores), trials, scores, predicted, tuple(run.holdout for run in runs)
    )


def summarise(trials: pd.DataFrame, scores: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The mean of each metric per kind of question and predictor, with its interval.

    The column ``context`` is empty for all contexts together; where there are several, each has rows of its own.
    """
    contexts = list(dict.fromkeys(trials["context"].tolist()))
    rows = []
    for question in Question:
        for context in [EVERYWHERE, *(contexts if len(contexts) > 1 else [])]:
            posed = (trials["question"] == question.value).to_numpy()
            here = (trials["context"] == context).to_numpy() | (context == EVERYWHERE)
            rows += _means(question.value, context, trials, scores, np.flatnonzero(posed & here))
    columns = ["question", "context", "predictor", "metric", "value", "lower", "upper", "conditions"]
    return pd.DataFrame(rows, columns=columns)


def _means(
    question: str,
    context: str,
    trials: pd.DataFrame,
    scores: Mapping[str, pd.DataFrame],
    chosen: npt.NDArray[np.intp],
) -> list[tuple[str, str, str, str, float, float, float, int]]:
    clusters = trials["treatment"].to_numpy()[chosen].tolist()
    rows = []
    for predictor, table in scores.items() if len(chosen) else ():
        for metric in table.columns:
            values = table[metric].to_numpy(dtype=float)[chosen]
            lower, upper = interval(values, clusters)
            scored = int(np.isfinite(values).sum())
            mean = float(np.nanmean(values)) if scored else float("nan")
            rows.append((question, context, predictor, metric, mean, lower, upper, scored))
    return rows


@dataclass(frozen=True, eq=False)
class _Run:
    """A hold-out with the responses to learn from and those to compare with."""

    learned: Responses
    observed: Responses
    holdout: Holdout

    def trials(self, number: int) -> pd.DataFrame:
        conditions = [self.observed.conditions[i] for i in self.holdout.test]
        return pd.DataFrame(
            {
                "row": self.holdout.test,
                "context": [c.context for c in conditions],
                "treatment": [str(c.treatment) for c in conditions],
                "question": [q.value for q in self.holdout.questions],
                "protocol": self.holdout.protocol,
                "fold": number,
            }
        )

    def score(self, predictor: Predictor, scorer: Scorer) -> tuple[pd.DataFrame, Floats]:
        asked = [self.observed.conditions[i] for i in self.holdout.test]
        fitted = predictor.fit(self.learned.take(self.holdout.train))
        predicted = np.asarray(fitted.predict(asked, self.observed.context), dtype=np.float32)
        return scorer.score(predicted), predicted


def _run_all(
    runs: Sequence[_Run], predictors: Sequence[Predictor], progress: Progress | None
) -> list[dict[str, tuple[pd.DataFrame, Floats]]]:
    results, total = [], len(runs) * len(predictors)
    for number, run in enumerate(runs):
        training = run.learned.take(run.holdout.train)
        scorer = Scorer.of(run.observed, run.holdout.test, training)
        answers = {}
        for place, predictor in enumerate(predictors):
            answers[predictor.name] = run.score(predictor, scorer)
            if progress is not None:
                doing = f"{predictor.name}, {run.holdout.protocol} held out"
                progress(number * len(predictors) + place + 1, total, doing)
        results.append(answers)
    return results


def _seen(halves: tuple[Responses, Responses]) -> _Run:
    first, second = halves
    if first.conditions != second.conditions:
        raise ValueError("the two halves must hold the same conditions in the same order")
    rows = np.arange(len(first))
    return _Run(first, second, Holdout("cells", rows, rows, (Question.SEEN,) * len(rows)))
