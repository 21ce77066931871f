"""What kind of question a condition is, seen from what was measured: each kind has its own skill."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Self

from xpert.perturbation import Modality, Perturbation, Treatment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from xpert.data.responses import Condition

# A perturbation without its strength, and a treatment as a set of these.
Hit = tuple[str, Modality]
Hits = frozenset[Hit]


class Question(StrEnum):
    """How far a condition lies from the measured ones."""

    SEEN = "seen"
    NEW_PAIR = "new_pair"
    SEEN_TREATMENT_NEW_CONTEXT = "seen_treatment_new_context"
    NEW_DOSE = "new_dose"
    BOTH_SINGLES_SEEN = "both_singles_seen"
    ONE_SINGLE_SEEN = "one_single_seen"
    NO_SINGLE_SEEN = "no_single_seen"
    UNSEEN_GENE = "unseen_gene"
    UNSEEN_COMPOUND = "unseen_compound"
    UNSEEN_MIXED = "unseen_mixed"

    @property
    def label(self) -> str:
        """The kind of question in words for a person."""
        return _LABELS[self]


_LABELS = {
    Question.SEEN: "measured treatment in a measured context",
    Question.NEW_PAIR: "measured treatment in a context that was measured with others",
    Question.SEEN_TREATMENT_NEW_CONTEXT: "measured treatment in a context that was never measured",
    Question.NEW_DOSE: "measured treatment at another strength",
    Question.BOTH_SINGLES_SEEN: "combination whose parts were each measured alone",
    Question.ONE_SINGLE_SEEN: "combination of which some parts were measured alone",
    Question.NO_SINGLE_SEEN: "combination of which no part was measured alone",
    Question.UNSEEN_GENE: "gene that was never perturbed alone in this way",
    Question.UNSEEN_COMPOUND: "compound that was never measured alone",
    Question.UNSEEN_MIXED: "new combination of genes with compounds",
}


@dataclass(frozen=True)
class Known:
    """What was measured, laid out so that many conditions can be classified against it.

    Attributes
    ----------
    conditions
        Every measured condition, each treatment without perturbations of zero strength.
    """

    conditions: frozenset[tuple[str, Treatment]]

    @classmethod
    def of(cls, training: Iterable[Condition]) -> Self:
        """Collect the measured conditions."""
        return cls(frozenset((c.context, c.treatment.active) for c in training))

    @cached_property
    def _hits(self) -> dict[str, set[Hits]]:
        """Strength-free treatments per context."""
        by_context: dict[str, set[Hits]] = {}
        for context, treatment in self.conditions:
            by_context.setdefault(context, set()).add(hits(treatment))
        return by_context

    def classify(self, condition: Condition) -> Question:
        """The kind of question that `condition` is.

        Singles count as measured only in the context that is asked about: what a gene does in one
        cell line is no evidence for how it combines in another. Control, and any treatment of zero
        strength, is `Question.SEEN`: its answer is known to be no shift.
        """
        treatment = condition.treatment.active
        if treatment.is_control or (condition.context, treatment) in self.conditions:
            return Question.SEEN
        asked = hits(treatment)
        here = self._hits.get(condition.context, set())
        if asked in here:
            return Question.NEW_DOSE
        if any(asked in measured for measured in self._hits.values()):
            return Question.NEW_PAIR if here else Question.SEEN_TREATMENT_NEW_CONTEXT
        return _kind_of_unseen(treatment, asked, here)


def classify(condition: Condition, training: Sequence[Condition]) -> Question:
    """The kind of question that `condition` is to someone who measured `training`.

    For many conditions against the same training, build `Known` once.
    """
    return Known.of(training).classify(condition)


def hits(treatment: Treatment) -> Hits:
    """What a treatment hits and how, without strengths."""
    return frozenset((p.target, p.modality) for p in treatment.perturbations)


def single(perturbation: Perturbation) -> Treatment:
    """The treatment that is this perturbation alone."""
    return Treatment.of(perturbation)


def _kind_of_unseen(treatment: Treatment, asked: Hits, here: set[Hits]) -> Question:
    genetic = {p.modality.is_genetic for p in treatment.perturbations}
    if len(treatment) == 1:
        return Question.UNSEEN_GENE if True in genetic else Question.UNSEEN_COMPOUND
    if len(genetic) == 2:
        return Question.UNSEEN_MIXED
    seen = sum(frozenset({hit}) in here for hit in asked)
    if seen == 0:
        return Question.NO_SINGLE_SEEN
    return Question.BOTH_SINGLES_SEEN if seen == len(asked) else Question.ONE_SINGLE_SEEN
