"""Which predictor answers which kind of question: the one that was best on held-out conditions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from xpert.model.baselines.no_change import NoChange
from xpert.model.metrics import METRICS
from xpert.model.question import Question
from xpert.training.bootstrap import interval

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from xpert.data.responses import Floats
    from xpert.training.skill import SkillReport

# With fewer held-out conditions than this a kind of question is decided together with its kin.
FEWEST = 5

COMBINATIONS = (
    Question.BOTH_SINGLES_SEEN,
    Question.ONE_SINGLE_SEEN,
    Question.NO_SINGLE_SEEN,
    Question.UNSEEN_MIXED,
)


@dataclass(frozen=True)
class Decision:
    """What was decided for one kind of question, and on what.

    Attributes
    ----------
    question
        The kind of question.
    predictor
        Name of the predictor that answers it.
    best
        The predictor with the best mean, whether or not it beats no change.
    gain
        How much better than no change the best is on average, in units of the metric, at least 0 in favour.
    lower, upper
        90 % bootstrap interval of `gain`; NaN where it cannot be given.
    posed
        Held-out conditions of this kind; 0 where the kind was never measured.
    conditions
        Held-out conditions that were compared.
    kin
        Kinds of question that these conditions pose: more than `question` where it alone has too few.
    """

    question: Question
    predictor: str
    best: str
    gain: float
    lower: float
    upper: float
    posed: int
    conditions: int
    kin: tuple[Question, ...]

    @property
    def has_skill(self) -> bool:
        """Whether the best predictor beats no change with its whole interval, on conditions of this kind too."""
        return self.lower > 0 and self.posed > 0


def choose(report: SkillReport, *, metric: str = "l2") -> Mapping[Question, str]:
    """Name of the predictor that answers each kind of question; see `decide`."""
    return {question: decision.predictor for question, decision in decide(report, metric=metric).items()}


def decide(report: SkillReport, *, metric: str = "l2") -> Mapping[Question, Decision]:
    """Pick the best predictor per kind of question on held-out conditions.

    The best mean wins; of equals, the one that was given first. It answers only where it beats no change
    with its whole bootstrap interval, else no change answers. A kind of question with fewer than `FEWEST`
    held-out conditions is decided together with its kin: the combinations with each other, anything else
    with everything that was not seen. A picked predictor's skill is a little flattered by having been picked on it.

    Parameters
    ----------
    report
        Must hold the predictor ``no change``.
    metric
        Key of `METRICS`: ``l2``, or ``pearson`` where the size of a response means little.
    """
    if NoChange().name not in report.predictors:
        raise ValueError("skill is measured against no change; add it to the predictors")
    posed = report.trials["question"].to_numpy()
    return {question: _decide(question, report, posed, metric) for question in Question}


def _decide(question: Question, report: SkillReport, posed: npt.NDArray[np.object_], metric: str) -> Decision:
    rows, kin = _comparable(question, posed)
    sign = 1.0 if METRICS[metric].higher_is_better else -1.0
    values = {
        name: sign * np.nan_to_num(table[metric].to_numpy(dtype=float)[rows])
        for name, table in report.scores.items()
    }
    best = max(values, key=lambda name: float(values[name].mean()))
    gain: Floats = values[best] - values[NoChange().name]
    lower, upper = interval(gain, report.trials["treatment"].to_numpy()[rows].tolist())
    return Decision(
        question=question,
        predictor=best if lower > 0 else NoChange().name,
        best=best,
        gain=float(gain.mean()),
        lower=lower,
        upper=upper,
        posed=int((posed == question.value).sum()),
        conditions=len(rows),
        kin=kin,
    )


def _comparable(
    question: Question, posed: npt.NDArray[np.object_]
) -> tuple[npt.NDArray[np.intp], tuple[Question, ...]]:
    """Trials on which a kind of question is decided, and the kinds that they pose."""
    unseen = tuple(q for q in Question if q is not Question.SEEN)
    circles = [(question,), COMBINATIONS if question in COMBINATIONS else unseen, tuple(Question)]
    for circle in circles:
        rows = np.flatnonzero(np.isin(posed, [q.value for q in circle]))
        if len(rows) >= FEWEST or circle == tuple(Question):
            break
    return rows, tuple(q for q in circle if q.value in set(posed[rows]))
