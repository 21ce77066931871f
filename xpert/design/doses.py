"""At which doses a compound was measured, and which to ask."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from xpert.errors import InputError
from xpert.model.own_names import OwnNames
from xpert.perturbation import Dose, DoseUnit, Treatment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xpert.data.responses import Floats
    from xpert.model.bundle import Bundle
    from xpert.perturbation import Perturbation

MOST_DOSES = 12
# How far beyond the measured doses one more is asked, as a factor.
_OUTSIDE = 3.0


@dataclass(frozen=True)
class SeenDoses:
    """At which doses a model has measured a compound.

    Attributes
    ----------
    target
        The compound by the model's own name.
    doses
        In rising order, in one unit; empty where the model has measured none with a dose.
    here
        Whether they were measured in the context that is asked about, and not only elsewhere.
    """

    target: str
    doses: tuple[Dose, ...]
    here: bool

    @property
    def unit(self) -> DoseUnit:
        """Unit of the doses."""
        return self.doses[0].unit

    @property
    def values(self) -> Floats:
        """The doses as numbers."""
        return np.array([d.value for d in self.doses])


def seen_doses(model: Bundle, context: str, perturbation: Perturbation) -> SeenDoses:
    """At which doses the model has measured a compound alone: in this context, or else in any.

    Raises
    ------
    InputError
        For a gene, which has no dose.
    """
    if perturbation.modality.is_genetic:
        raise InputError(f"{perturbation.target} is a gene: a dose belongs to a compound.")
    (own,) = OwnNames.of(model).treatment(Treatment.of(perturbation)).perturbations
    found = [
        (condition.context, p.dose)
        for condition in model.training.conditions
        if len(condition.treatment) == 1
        for p in condition.treatment.perturbations
        if p.target == own.target and p.dose is not None and p.dose.value > 0
    ]
    here = {dose for where, dose in found if where == context}
    doses = sorted(here or {dose for _, dose in found})
    unit = doses[0].unit if doses else DoseUnit.MICROMOLAR
    same = [dose.to(unit) for dose in doses if _convertible(dose, unit)]
    return SeenDoses(own.target, tuple(same), bool(here))


def has_doses(model: Bundle) -> bool:
    """Whether a model has measured any compound at two doses or more."""
    seen: dict[str, set[Dose]] = {}
    for condition in model.training.conditions:
        for p in condition.treatment.perturbations:
            if p.dose is not None:
                seen.setdefault(p.target, set()).add(p.dose)
    return any(len(doses) > 1 for doses in seen.values())


def dose_grid(seen: SeenDoses, most: int = MOST_DOSES) -> tuple[Dose, ...]:
    """Doses to ask: even steps of log dose between the lowest and the highest measured one, and one beyond each.

    The measured doses themselves are left out: there the measurement stands.
    """
    if not seen.doses:
        return tuple(Dose(value, DoseUnit.MICROMOLAR) for value in (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30))
    low, high = seen.values.min(), seen.values.max()
    count = most - 2
    inner = low * (high / low) ** ((np.arange(count) + 0.5) / count) if high > low else []
    chosen = [low / _OUTSIDE, *inner, high * _OUTSIDE]
    doses = {Dose(float(f"{value:.3g}"), seen.unit) for value in chosen}
    return tuple(sorted(doses - set(seen.doses)))


def asked_doses(seen: SeenDoses, doses: Sequence[Dose]) -> tuple[Dose, ...]:
    """Doses to predict, in rising order and one unit.

    Raises
    ------
    InputError
        For too many, or for units that do not meet.
    """
    if not doses:
        return dose_grid(seen)
    unit = seen.unit if seen.doses else doses[0].unit
    wanted = sorted({d.to(unit) for d in doses if d.value > 0})
    if not 2 <= len(wanted) <= MOST_DOSES:
        raise InputError(f"Give from 2 to {MOST_DOSES} doses above zero; these are {len(wanted)}.")
    return tuple(wanted)


def at_doses(perturbation: Perturbation, doses: Sequence[Dose]) -> list[Treatment]:
    """The compound at each dose."""
    return [Treatment.of(replace(perturbation, strength=dose)) for dose in doses]


def _convertible(dose: Dose, unit: DoseUnit) -> bool:
    try:
        dose.to(unit)
    except InputError:
        return False
    return True
