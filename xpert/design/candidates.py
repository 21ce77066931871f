"""Treatments to choose from: those that a model has measured, and those that it can answer for without."""

from __future__ import annotations

from enum import StrEnum
from itertools import combinations
from typing import TYPE_CHECKING

from xpert.errors import InputError
from xpert.model.own_names import OwnNames
from xpert.perturbation import Dose, Modality, Perturbation, Treatment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xpert.model.bundle import Bundle

MOST_PAIRS = 200_000


class Candidates(StrEnum):
    """Which treatments are ranked."""

    MEASURED = "measured"
    LIBRARY = "library"
    PAIRS = "pairs"

    @property
    def label(self) -> str:
        """What to call them in a list."""
        return _LABELS[self]


_LABELS = {
    Candidates.MEASURED: "measured treatments",
    Candidates.LIBRARY: "measured treatments and every gene or compound of which something is known",
    Candidates.PAIRS: "measured treatments and every pair of measured perturbations",
}


def offered(bundle: Bundle) -> tuple[Candidates, ...]:
    """What a model can be screened with: pairs only where it has measured some combination."""
    has_pairs = any(len(c.treatment.active) > 1 for c in bundle.training.conditions)
    return tuple(kind for kind in Candidates if kind is not Candidates.PAIRS or has_pairs)


def candidates(
    bundle: Bundle, kind: Candidates | str = Candidates.MEASURED, *, dose: Dose | None = None
) -> tuple[Treatment, ...]:
    """Treatments to rank, each once, the measured ones first.

    Parameters
    ----------
    bundle
        The model.
    kind
        ``measured``, ``library`` (also every gene or compound of which enough is known, in each way in which the model
        has perturbed any) or ``pairs`` (also every two measured perturbations together).
    dose
        Of compounds that were not measured, where the model's compounds have doses; their median unless given.

    Raises
    ------
    InputError
        When the model has no candidates of this kind.
    """
    if str(kind) not in set(offered(bundle)):
        raise InputError(
            f"{bundle.name} cannot be screened with {str(kind)!r} candidates; choose one of: "
            f"{', '.join(offered(bundle))}."
        )
    kind = Candidates(kind)
    measured = measured_treatments(bundle)
    if kind is Candidates.MEASURED:
        return measured
    more = (
        _pairs(measured)
        if kind is Candidates.PAIRS
        else _library(bundle, measured, dose or usual_dose(bundle))
    )
    return tuple(dict.fromkeys([*measured, *more]))


def measured_treatments(bundle: Bundle) -> tuple[Treatment, ...]:
    """Every treatment that was measured in any context, once."""
    found = dict.fromkeys(c.treatment.active for c in bundle.training.conditions)
    return tuple(treatment for treatment in found if not treatment.is_control)


def usual_dose(bundle: Bundle) -> Dose | None:
    """The median of the doses of a model's compounds in molar units; None where they have none."""
    doses = sorted(
        p.dose
        for treatment in measured_treatments(bundle)
        for p in treatment.perturbations
        if p.dose is not None and p.dose.micromolar is not None
    )
    return doses[len(doses) // 2] if doses else None


def _pairs(measured: Iterable[Treatment]) -> list[Treatment]:
    """Two measured perturbations together, of kinds that were measured together."""
    measured = tuple(measured)
    together = {frozenset(p.modality for p in t.perturbations) for t in measured if len(t) > 1}
    parts = sorted(
        {p for treatment in measured for p in treatment.perturbations}, key=lambda p: (p.target, str(p))
    )
    found = [
        Treatment.of(a, b)
        for a, b in combinations(parts, 2)
        if a.target != b.target and frozenset((a.modality, b.modality)) in together
    ]
    if len(found) > MOST_PAIRS:
        raise InputError(
            f"{len(parts):,} measured perturbations make {len(found):,} pairs, more than {MOST_PAIRS:,}; "
            "screen the measured treatments, and pair the best of them on the Predict page."
        )
    return found


def _library(bundle: Bundle, measured: Iterable[Treatment], dose: Dose | None) -> list[Treatment]:
    """Single perturbations of whatever is known, except targets that were measured alone in the same way."""
    seen = {
        (p.target, p.modality)
        for treatment in measured
        if len(treatment) == 1
        for p in treatment.perturbations
    }
    names = OwnNames.of(bundle)
    found: list[Treatment] = []
    for modality in bundle.modalities:
        strength = dose if modality is Modality.COMPOUND else None
        for name in _targets(bundle, modality):
            treatment = names.treatment(Treatment.of(Perturbation(name, modality, strength)))
            if (treatment.targets[0], modality) not in seen:
                found.append(treatment)
    return found


def _targets(bundle: Bundle, modality: Modality) -> list[str]:
    """Targets of which enough is known, each compound under one of its names."""
    if modality.is_genetic:
        return [gene for gene in bundle.features.genes.genes if bundle.features.genes.known(gene)]
    by_identity: dict[str, str] = {}
    for compound in bundle.features.compounds.compounds:
        if compound.is_described:
            by_identity.setdefault(compound.identity, compound.name)
    return list(by_identity.values())
