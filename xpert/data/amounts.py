"""Doses as files write them: ``10``, ``10 uM``, ``0.1+1``, ``-666``."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from xpert.data.columns import MISSING
from xpert.errors import InputError
from xpert.perturbation import DoseUnit

_AMOUNT = re.compile(
    r"(?P<value>[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)\s*(?P<unit>[^\d\s+|;&_][^+|;&_]*)?"
)
_JOINTS = re.compile(r"\s*[+|;&_]\s*")


@dataclass(frozen=True, slots=True)
class Amount:
    """A number with the unit that stands beside it, if one does."""

    value: float
    unit: DoseUnit | None = None


def read_amounts(text: str) -> tuple[Amount | None, ...]:
    """The amounts of a cell, one per member of a combination; None where one is missing.

    Raises
    ------
    InputError
        When a part is no amount, or is below zero.
    """
    whole = _AMOUNT.fullmatch(text.strip())
    if whole is not None:
        return (_amount(text),)
    return tuple(_amount(part) for part in _JOINTS.split(text.strip()))


def _amount(text: str) -> Amount | None:
    if text.strip().casefold() in MISSING:
        return None
    found = _AMOUNT.fullmatch(text.strip())
    if found is None:
        raise InputError(f"{text!r} is no dose.")
    value = float(found["value"])
    if not (math.isfinite(value) and value >= 0):
        raise InputError(f"{text!r} is no dose: a dose is a number from 0 upwards.")
    return Amount(value, DoseUnit.of(found["unit"]) if found["unit"] else None)
