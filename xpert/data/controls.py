"""Which labels mean that a cell was not perturbed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from xpert.data.genes import MatchKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from xpert.data.genes import GeneNames

Strength = Literal["clear", "weak"]

_CLEAR_SPELLINGS = """
control controls ctrl ctl nontargeting nontargetingcontrol nontarget nontargetcontrol
 notarget notargeting nt ntc neg negctrl negctl negcontrol negativecontrol
negativectrl dmso dmsotf vehicle vehiclecontrol untreated untrt mock unperturbed nonperturbed noperturbation
safetargeting safetarget safe safeharbor safeharbour pbs scramble scrambled ctlvehicle ctluntrt ctlvector
ctlvehiclecns ctluntrtcns ctlvectorcns nonperturbing
"""
# Control in some files and something else in others: believed only where no clear label is found.
_WEAK_SPELLINGS = """
none unstimulated unst noguide gfp egfp rfp bfp lacz luciferase luc aavs1 rosa26 emptyvector empty intergenic
media medium baseline blank wildtype wt naive background saline water sham notreatment
"""
_NUMBER = re.compile(r"(?:sgrna|grna|guide|sg|g)?\d*$")
_CLEAR = frozenset(_CLEAR_SPELLINGS.split())
_WEAK = frozenset(_WEAK_SPELLINGS.split())


def control_strength(label: str) -> Strength | None:
    """Whether a label is a usual spelling of control; a guide's number at its end does not count (``NTg7``)."""
    folded = "".join(c for c in label.casefold() if c.isalnum())
    for spelling in (folded, folded.rstrip("0123456789"), _NUMBER.sub("", folded)):
        if spelling in _CLEAR:
            return "clear"
    return "weak" if folded in _WEAK else None


def find_controls(labels: Iterable[str], genes: GeneNames) -> tuple[tuple[str, ...], Strength | None]:
    """The labels that mean control, and whether that is clear.

    The approved symbols CTRL and NT3 are genes where another label is a clear control.
    """
    listed = list(labels)
    clear = [label for label in listed if control_strength(label) == "clear"]
    surely = [label for label in clear if not is_symbol(label, genes)]
    if surely or clear:
        return tuple(surely or clear), "clear"
    weak = tuple(label for label in listed if control_strength(label) == "weak")
    return weak, "weak" if weak else None


def is_control_member(part: str, control_labels: Collection[str]) -> bool:
    """Whether a part of a combination is control (``KLF1+ctrl``)."""
    return part in control_labels or control_strength(part) == "clear"


def is_symbol(label: str, genes: GeneNames) -> bool:
    """Whether a label is an approved symbol, spelt exactly so."""
    match = genes.match(label)
    return match.kind is MatchKind.APPROVED and match.symbol == label
