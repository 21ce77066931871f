"""Which predictor answers which kind of question: the one that was best on held-out conditions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from xpert.model.baselines.no_change import NoChange
from xpert.model.choices import EVERYWHERE, Choices
from xpert.model.metrics import METRICS
from xpert.model.question import Question
from xpert.training.bootstrap import interval

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from xpert.data.responses import Floats
    from xpert.training.skill import SkillReport

# With fewer held-out conditions than this a kind of question is decided together with its kin, and a context
# together with the others.
FEWEST = 5
# Halves of a condition's cells that agree less than this hold no signal that could be predicted.
NO_SIGNAL = 0.1

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
    context
        The context it was decided for; empty for everywhere.
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
    has_signal
        False where the measurements do not replicate, so that nothing can be decided and no change answers.
    """

    question: Question
    context: str
    predictor: str
    best: str
    gain: float
    lower: float
    upper: float
    posed: int
    conditions: int
    kin: tuple[Question, ...]
    has_signal: bool = True

    @property
    def has_skill(self) -> bool:
        """Whether the best predictor beats no change with its whole interval, on conditions of this kind too."""
        return self.lower > 0 and self.posed > 0


@dataclass(frozen=True)
class Decisions:
    """Every decision: one for each kind of question, and more for contexts with enough held-out conditions."""

    made: tuple[Decision, ...]

    @property
    def choices(self) -> Choices:
        """The predictors alone."""
        return Choices(
            {d.question: d.predictor for d in self.made if d.context == EVERYWHERE},
            {(d.question, d.context): d.predictor for d in self.made if d.context != EVERYWHERE},
        )

    def of(self, question: Question, context: str = EVERYWHERE) -> Decision:
        """The decision on a kind of question, for a context where it has one of its own."""
        made = {(d.question, d.context): d for d in self.made}
        return made.get((question, context), made[question, EVERYWHERE])


def choose(report: SkillReport, *, metric: str = "l2") -> Choices:
    """Names of the predictors that answer each kind of question; see `decide`."""
    return decide(report, metric=metric).choices


def decide(
    report: SkillReport, *, metric: str = "l2", reliability: Mapping[str, float] | None = None
) -> Decisions:
    """Pick the best predictor per kind of question, and per context, on held-out conditions.

    The best mean wins; of equals, the one that was given first. It answers only where it beats no change
    with its whole bootstrap interval, else no change answers. A kind of question with fewer than `FEWEST`
    held-out conditions is decided together with its kin: the combinations with each other, anything else
    with everything that was not seen. A context with as many of its own is decided apart, since what can be
    predicted in one cell line may be noise in another. A picked predictor's skill is a little flattered by
    having been picked on it.

    Parameters
    ----------
    report
        Must hold the predictor ``no change``.
    metric
        Key of `METRICS`: ``l2``, or ``pearson`` where the size of a response means little.
    reliability
        Median correlation between halves of the cells by context, where known. Where it is below `NO_SIGNAL`
        no change answers, and the context has no say in what is decided for all: predictors that share one
        noisy control mean agree with each other there without knowing anything.
    """
    if NoChange().name not in report.predictors:
        raise ValueError("skill is measured against no change; add it to the predictors")
    ballot = _Ballot(report, metric, _silent(reliability or {}))
    contexts = list(dict.fromkeys(report.trials["context"].tolist()))
    everywhere = [ballot.decide(question) for question in Question]
    apart = [
        decision
        for question in Question
        for context in (contexts if len(contexts) > 1 else [])
        if (decision := ballot.decide_in(question, context)) is not None
    ]
    return Decisions((*everywhere, *apart))


def _silent(reliability: Mapping[str, float]) -> frozenset[str]:
    return frozenset(context for context, value in reliability.items() if value < NO_SIGNAL)


@dataclass(frozen=True, eq=False)
class _Ballot:
    """Held-out conditions that have a say."""

    report: SkillReport
    metric: str
    silent: frozenset[str]

    @property
    def posed(self) -> npt.NDArray[np.object_]:
        return self.report.trials["question"].to_numpy()

    @property
    def where(self) -> npt.NDArray[np.object_]:
        return self.report.trials["context"].to_numpy()

    def decide(self, question: Question) -> Decision:
        """For every context that has no decision of its own."""
        heard = ~np.isin(self.where, list(self.silent))
        posed = self.posed == question.value
        if posed.any() and not (posed & heard).any():
            return self._no_change(question, EVERYWHERE, int(posed.sum()))
        rows, kin = _comparable(question, np.where(heard, self.posed, ""))
        if not len(rows):
            return self._no_change(question, EVERYWHERE, 0)
        return self._elect(question, EVERYWHERE, rows, kin)

    def decide_in(self, question: Question, context: str) -> Decision | None:
        """For one context; None where it has too few conditions of its own."""
        rows = np.flatnonzero((self.posed == question.value) & (self.where == context))
        if context in self.silent:
            return self._no_change(question, context, len(rows))
        return self._elect(question, context, rows, (question,)) if len(rows) >= FEWEST else None

    def _elect(
        self, question: Question, context: str, rows: npt.NDArray[np.intp], kin: tuple[Question, ...]
    ) -> Decision:
        sign = 1.0 if METRICS[self.metric].higher_is_better else -1.0
        values = {
            name: sign * np.nan_to_num(table[self.metric].to_numpy(dtype=float)[rows])
            for name, table in self.report.scores.items()
        }
        best = max(values, key=lambda name: float(values[name].mean()))
        gain: Floats = values[best] - values[NoChange().name]
        lower, upper = interval(gain, self.report.trials["treatment"].to_numpy()[rows].tolist())
        return Decision(
            question=question,
            context=context,
            predictor=best if lower > 0 else NoChange().name,
            best=best,
            gain=float(gain.mean()),
            lower=lower,
            upper=upper,
            posed=int(np.isin(rows, np.flatnonzero(self.posed == question.value)).sum()),
            conditions=len(rows),
            kin=kin,
        )

    def _no_change(self, question: Question, context: str, posed: int) -> Decision:
        name, unknown = NoChange().name, float("nan")
        return Decision(
            question, context, name, name, 0.0, unknown, unknown, posed, posed, (question,), has_signal=False
        )


def _comparable(
    question: Question, posed: npt.NDArray[np.object_]
) -> tuple[npt.NDArray[np.intp], tuple[Question, ...]]:
    """Trials on which a kind of question is decided, and the kinds that they pose."""
    unseen = tuple(q for q in Question if q is not Question.SEEN)
    circles = [(question,), COMBINATIONS if question in COMBINATIONS else unseen, tuple(Question)]
    for circle in circles:
        rows = np.flatnonzero([value in {q.value for q in circle} for value in posed])
        if len(rows) >= FEWEST or circle == tuple(Question):
            break
    return rows, tuple(q for q in circle if q.value in set(posed[rows]))
