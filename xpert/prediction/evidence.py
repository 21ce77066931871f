"""What stands behind a prediction, in numbers and in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from xpert.data.responses import Condition
from xpert.model.question import Known, Question
from xpert.prediction import sentences
from xpert.prediction.nearest import MeasuredTreatments
from xpert.prediction.skill import HeldOut

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from xpert.model.bundle import Bundle
    from xpert.perturbation import Treatment
    from xpert.prediction.controls import PlacedContext
    from xpert.prediction.nearest import Neighbour
    from xpert.prediction.skill import Score
    from xpert.prediction.support import Supporting

ERROR_METRIC, CORRELATION_METRIC = "l2", "pearson"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a prediction rests on. Its proof is told from the training data alone, never from a support set.

    Attributes
    ----------
    question
        How far the condition lies from what was measured.
    treatment_seen
        Whether this very treatment was measured, in any context.
    context_seen
        Whether anything was measured in this context.
    nearest
        Measured treatments nearest to this one, nearest first.
    predictor
        Name of the predictor that answered, the best one on held-out treatments of this kind.
    expected_error
        Its mean distance to the observed shift (Euclidean over all genes, in the readout) on held-out
        conditions of this kind of question; None where it could not be measured.
    expected_correlation
        Its mean Pearson correlation with the observed shift there; None where it could not be measured.
    baseline_name, baseline_error
        The best simple baseline on the same conditions, and its distance.
    beats_baseline
        Whether `predictor` is more than a simple baseline and came closer; None where not measured.
    reliability
        Mean split-half correlation of the measured treatments in this context; None where not measured.
    sentences
        All of it in plain words, the most important first.
    support
        How treatments that the reader measured in this context entered the answer; None where there are none. It
        speaks for no skill: every error above is that of the model without them.
    """

    question: Question
    treatment_seen: bool
    context_seen: bool
    nearest: tuple[Neighbour, ...]
    predictor: str
    expected_error: float | None
    expected_correlation: float | None
    baseline_name: str | None
    baseline_error: float | None
    beats_baseline: bool | None
    reliability: float | None
    sentences: tuple[str, ...]
    support: Supporting | None = None

    def __post_init__(self) -> None:
        if not self.sentences:
            raise ValueError("evidence needs at least one sentence")

    def to_dict(self) -> dict[str, Any]:
        """The same as plain values, ready for JSON."""
        return {
            "question": self.question.value,
            "treatment_seen": self.treatment_seen,
            "context_seen": self.context_seen,
            "nearest": [
                {"treatment": str(n.treatment), "context": n.context, "distance": n.distance}
                for n in self.nearest
            ],
            "predictor": self.predictor,
            "expected_error": self.expected_error,
            "expected_correlation": self.expected_correlation,
            "baseline": self.baseline_name,
            "baseline_error": self.baseline_error,
            "beats_baseline": self.beats_baseline,
            "reliability": self.reliability,
            "sentences": list(self.sentences),
            "support": None if self.support is None else self.support.to_dict(),
        }


class Answer(NamedTuple):
    """Who answered, whether the answer is any shift at all, and which measured treatments corrected it."""

    predictor: str
    moves: bool
    support: Supporting | None = None


@dataclass(frozen=True, eq=False)
class Witness:
    """A bundle's training data and skill, laid out to give evidence on many conditions.

    Attributes
    ----------
    bundle
        The model.
    known
        What was measured, for the kind of question.
    measured
        The same, for distances.
    held_out
        Skill on held-out conditions.
    """

    bundle: Bundle
    known: Known
    measured: MeasuredTreatments
    held_out: HeldOut

    @classmethod
    def of(cls, bundle: Bundle) -> Witness:
        """Prepare the evidence of one bundle."""
        conditions = bundle.training.conditions
        return cls(
            bundle,
            Known.of(conditions),
            MeasuredTreatments.of(conditions, bundle.novelty),
            HeldOut(bundle.skill, bundle.baselines),
        )

    def testify(
        self, treatments: Sequence[Treatment], context: PlacedContext, answers: Sequence[Answer]
    ) -> list[Evidence]:
        """Evidence on treatments in one context.

        Parameters
        ----------
        treatments
            Without perturbations of zero strength.
        context
            Where they are asked about.
        answers
            Who answered each, and whether any gene moves.
        """
        asked = [t for t in treatments if not t.is_control]
        nearest = iter(self.measured.nearest(asked, context.context.name))
        return [
            self._of_control(context) if t.is_control else self._of(t, context, answer, next(nearest))
            for t, answer in zip(treatments, answers, strict=True)
        ]

    def _of(
        self, treatment: Treatment, context: PlacedContext, answer: Answer, nearest: tuple[Neighbour, ...]
    ) -> Evidence:
        condition, predictor = Condition(context.context.name, treatment), answer.predictor
        question = self.known.classify(condition)
        score = self.held_out.score(question, condition.context, predictor, ERROR_METRIC)
        correlation = self.held_out.score(question, condition.context, predictor, CORRELATION_METRIC)
        baseline = self.held_out.best_baseline(question, condition.context, ERROR_METRIC)
        is_baseline = predictor in self.held_out.baselines
        better = None
        if score is not None and baseline is not None:
            better = not is_baseline and score.value < baseline.value
        reliability, replicated = self._reliability(condition.context)
        said = (
            sentences.about_question(condition, question, self.measured.where(treatment)),
            None if answer.support is None else sentences.about_support(condition.context, answer.support),
            None if answer.moves else sentences.about_stillness(question),
            *self._about_data(treatment, context),
            sentences.about_nearest(nearest),
            sentences.about_error(score, correlation, question, self.bundle.readout),
            self._about_baseline(condition.context, question, answer, score)
            if reliability is None or reliability >= sentences.NO_SIGNAL
            else sentences.about_silence(predictor),
            None if answer.support is None else sentences.about_interval(answer.support),
            None
            if reliability is None
            else sentences.about_reliability(condition.context, reliability, replicated),
        )
        return Evidence(
            question=question,
            treatment_seen=bool(self.measured.where(treatment)),
            context_seen=condition.context in self._contexts,
            nearest=nearest,
            predictor=predictor,
            expected_error=None if score is None else score.value,
            expected_correlation=None if correlation is None else correlation.value,
            baseline_name=None if baseline is None else baseline.predictor,
            baseline_error=None if baseline is None else baseline.value,
            beats_baseline=better,
            reliability=reliability,
            sentences=tuple(s for s in said if s),
            support=answer.support,
        )

    def _of_control(self, context: PlacedContext) -> Evidence:
        return Evidence(
            question=Question.SEEN,
            treatment_seen=True,
            context_seen=context.context.name in self._contexts,
            nearest=(),
            predictor="control",
            expected_error=0.0,
            expected_correlation=None,
            baseline_name=None,
            baseline_error=None,
            beats_baseline=None,
            reliability=None,
            sentences=(sentences.NOTHING_DONE,),
        )

    def _about_baseline(
        self, context: str, question: Question, answer: Answer, score: Score | None
    ) -> str | None:
        """Whether the network answered, and whether it beat the simple baselines."""
        if answer.predictor not in self.held_out.baselines:
            baseline = self.held_out.best_baseline(question, context, ERROR_METRIC)
            return sentences.about_baseline(score, baseline)
        if question is Question.SEEN:  # what was measured is given back, which is no model's merit
            return None
        network = self.held_out.best_network(question, context, ERROR_METRIC)
        return sentences.about_own_baseline(answer.predictor, score, network)

    def _about_data(self, treatment: Treatment, context: PlacedContext) -> Iterator[str | None]:
        """What is particular about this context and these targets."""
        name = context.context.name
        if name not in self._contexts:
            yield sentences.about_context(name, self._contexts)
        if not context.is_own and not self.bundle.readout.is_differential:
            genes = len(self.bundle.genes)
            yield sentences.about_control(name, context.context.cells, context.missing, genes)
        vectors = self.bundle.features.encode(treatment.ordered, self.bundle.targets)
        unknown = [
            p.target for p, known in zip(treatment.ordered, vectors.is_known, strict=True) if not known
        ]
        if unknown:
            yield sentences.about_unknown(unknown)

    @cached_property
    def _contexts(self) -> tuple[str, ...]:
        """Contexts in which something was measured."""
        return tuple(sorted({c.context for c in self.bundle.training.conditions}))

    def _reliability(self, context: str) -> tuple[float | None, int]:
        """Mean replicate correlation in a context, and over how many treatments."""
        training = self.bundle.training
        here = np.array([c.context == context for c in training.conditions], dtype=bool)
        values = np.asarray(training.reliability, dtype=np.float64)[here]
        values = values[np.isfinite(values)]
        return (float(values.mean()), len(values)) if len(values) else (None, 0)
