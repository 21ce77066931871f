"""How strongly a perturbation acts, as one number from 0 to 1.

A dose acts by a saturating curve, so that equal steps in log dose count alike around its midpoint and nothing
counts at zero; the efficacy of a genetic perturbation is linear.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from xpert.errors import InputError
from xpert.perturbation import DoseUnit

if TYPE_CHECKING:
    from xpert.perturbation import Dose, Perturbation

HALF_MAXIMAL_MICROMOLAR = 1.0
HALF_MAXIMAL_PERCENT = 0.1
UNSTATED = 1.0


def strength(
    perturbation: Perturbation,
    *,
    molecular_weight: float | None = None,
    half_maximal: float = HALF_MAXIMAL_MICROMOLAR,
) -> float:
    """Strength in [0, 1]: exactly 0 at zero dose or efficacy, 1 for a compound whose dose is not stated.

    Parameters
    ----------
    perturbation
        What is done.
    molecular_weight
        In g/mol; needed for a dose in mass units.
    half_maximal
        Concentration in µM at which a compound acts with half its strength. The default is a typical screening
        dose, not a property of the compound.

    Raises
    ------
    InputError
        When a dose in mass units meets a compound without a known structure.
    """
    if perturbation.modality.is_genetic:
        return perturbation.efficacy
    if perturbation.dose is None:
        return UNSTATED
    return _saturating(perturbation.dose, perturbation.target, molecular_weight, half_maximal)


def _saturating(dose: Dose, target: str, molecular_weight: float | None, half_maximal: float) -> float:
    if dose.value == 0:
        return 0.0
    if dose.unit is DoseUnit.PERCENT:
        return dose.value / (dose.value + HALF_MAXIMAL_PERCENT)
    amount = dose.micromolar
    if amount is None:
        if molecular_weight is None:
            raise InputError(
                f"The dose {dose} of {target!r} is a mass, and its structure is not known; give the dose in uM."
            )
        amount = dose.to(DoseUnit.MICROMOLAR, molecular_weight=molecular_weight).value
    return amount / (amount + half_maximal)
