"""What a bundle has measured, laid out for choosing: names for type-ahead and how each was perturbed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from xpert.model.own_names import OwnNames
from xpert.model.question import Question
from xpert.perturbation import Dose, DoseUnit, Modality, Perturbation, Treatment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xpert.data.responses import Condition
    from xpert.model.bundle import Bundle
    from xpert.model.question import Known


@dataclass(frozen=True, eq=False)
class Choices:
    """What can be chosen with one bundle.

    Attributes
    ----------
    targets
        Every name for type-ahead.
    usual
        For each measured target, the perturbation that was measured most often.
    strengths
        For each measured target, its measured strengths, in the order of their size.
    modalities
        Ways to perturb that the bundle knows.
    measured
        The measured conditions, for telling how far a question lies from them.
    names
        The bundle's own names of its targets.
    """

    targets: tuple[str, ...]
    usual: Mapping[str, Perturbation]
    strengths: Mapping[str, tuple[str, ...]]
    modalities: tuple[Modality, ...]
    measured: Known
    names: OwnNames

    @classmethod
    def of(cls, bundle: Bundle) -> Self:
        """Collect them; some milliseconds for thousands of conditions."""
        conditions = bundle.training.conditions
        counts: dict[str, Counter[Perturbation]] = {}
        for condition in conditions:
            for perturbation in condition.treatment.perturbations:
                counts.setdefault(perturbation.target, Counter())[perturbation] += 1
        return cls(
            targets=tuple(bundle.targets),
            usual={target: counted.most_common(1)[0][0] for target, counted in counts.items()},
            strengths={target: _strengths(counted) for target, counted in counts.items()},
            modalities=tuple(bundle.modalities),
            measured=bundle.known,
            names=OwnNames.of(bundle),
        )

    def question(self, condition: Condition) -> Question:
        """How far `condition` lies from the measured ones, whatever its targets are called."""
        own = replace(condition, treatment=self.names.treatment(condition.treatment))
        return self.measured.classify(own)

    def first_guess(self, name: str) -> Perturbation:
        """The perturbation to offer for a name: as it was measured, or else as its kind is.

        A name that is neither measured nor a gene is taken for a compound where the bundle has any.
        """
        if name in self.usual:
            return self.usual[name]
        genetic = [m for m in self.modalities if m.is_genetic]
        symbol = _symbol(name) if genetic else None
        if symbol is not None:
            return self.usual.get(symbol) or Perturbation(symbol, genetic[0])
        if Modality.COMPOUND in self.modalities:
            compound = Perturbation(name, Modality.COMPOUND, self._usual_dose)
            (own,) = self.names.treatment(Treatment.of(compound)).perturbations
            return self.usual.get(own.target, compound)
        return Perturbation(name, genetic[0])

    @property
    def _usual_dose(self) -> Dose | None:
        doses = Counter(p.dose for p in self.usual.values() if p.modality is Modality.COMPOUND)
        return doses.most_common(1)[0][0] if doses else Dose(1.0, DoseUnit.MICROMOLAR)

    def ways(self, target: str) -> Sequence[Modality]:
        """How `target` can be perturbed: a measured compound only as a compound, a measured gene only as a gene."""
        if target not in self.usual:
            return self.modalities
        genetic = self.usual[target].modality.is_genetic
        return [m for m in self.modalities if m.is_genetic == genetic]


def nearness(question: Question) -> int:
    """How well measurements cover a question: 2 the very condition, 1 its parts or another place, 0 neither."""
    covered = {
        Question.SEEN: 2,
        Question.NEW_PAIR: 1,
        Question.SEEN_TREATMENT_NEW_CONTEXT: 1,
        Question.NEW_DOSE: 1,
        Question.BOTH_SINGLES_SEEN: 1,
    }
    return covered.get(question, 0)


def in_context(treatment: Treatment, context: str) -> Condition:
    """One condition."""
    from xpert.data.responses import Condition

    return Condition(context, treatment)


def _strengths(counted: Counter[Perturbation]) -> tuple[str, ...]:
    doses = sorted({p.dose for p in counted if p.dose is not None})
    return tuple(dict.fromkeys(str(d) for d in doses))


def _symbol(name: str) -> str | None:
    from xpert.data.genes import GeneNames

    return GeneNames.load().resolve(name)
