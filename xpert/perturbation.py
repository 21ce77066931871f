"""What is done to a cell: one `Perturbation`, or a `Treatment` made of several.

The text form is the same in the app, the command line, the API, URLs and files::

    control
    KLF1:crispra
    KLF1:crispra@0.7
    vorinostat@1uM
    KLF1:crispra + MAP2K6:crispra
    JAK2:ko + ruxolitinib@500nM
    "g(+)-JQ1"@1uM

`Treatment.parse` reads it and ``str`` writes it; the two are inverse.
"""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import total_ordering
from typing import Self

from xpert.errors import InputError

CONTROL_TEXT = "control"
RESERVED = '+:@"\\'


class Modality(StrEnum):
    """How a target is perturbed."""

    KNOCKOUT = "knockout"
    CRISPRI = "crispri"
    CRISPRA = "crispra"
    KNOCKDOWN = "knockdown"
    OVEREXPRESSION = "overexpression"
    COMPOUND = "compound"

    @property
    def is_genetic(self) -> bool:
        """Whether the target is a gene."""
        return self is not Modality.COMPOUND

    @property
    def direction(self) -> int:
        """Sign of the intended change of the target's own expression; 0 for a compound."""
        if self is Modality.COMPOUND:
            return 0
        return 1 if self in {Modality.CRISPRA, Modality.OVEREXPRESSION} else -1

    @property
    def code(self) -> str:
        """The short form that the text form prints: ``ko``, ``kd``, ``oe`` …"""
        return _CODES.get(self, self.value)

    @property
    def label(self) -> str:
        """The name to show to a person."""
        return _LABELS[self]

    @classmethod
    def of(cls, spelling: str) -> Modality:
        """Read a usual spelling: ``CRISPRi``, ``KO``, ``shRNA``, ``OE``, ``drug`` …

        Raises
        ------
        InputError
            When the spelling is not one of the usual ones.
        """
        folded = "".join(c for c in spelling.casefold() if c.isalnum())
        if folded not in _SPELLINGS:
            usual = ", ".join(_LABELS.values())
            raise InputError(f"{spelling!r} is no way to perturb that X-Pert knows; use one of: {usual}.")
        return _SPELLINGS[folded]


_CODES = {Modality.KNOCKOUT: "ko", Modality.KNOCKDOWN: "kd", Modality.OVEREXPRESSION: "oe"}

_LABELS = {
    Modality.KNOCKOUT: "knockout",
    Modality.CRISPRI: "CRISPRi",
    Modality.CRISPRA: "CRISPRa",
    Modality.KNOCKDOWN: "knockdown",
    Modality.OVEREXPRESSION: "overexpression",
    Modality.COMPOUND: "compound",
}

_SPELLINGS: dict[str, Modality] = {
    spelling: modality
    for modality, spellings in {
        Modality.KNOCKOUT: "ko knockout crispr crisprko crisprcas9 cas9 crisprcut crisprn deletion null trtxpr",
        Modality.CRISPRI: "crispri crisprinterference dcas9krab i interference",
        Modality.CRISPRA: "crispra crispractivation dcas9vp64 activation a",
        Modality.KNOCKDOWN: "kd knockdown shrna sirna rnai sh si aso trtsh trtshcgs",
        Modality.OVEREXPRESSION: "oe overexpression orf cdna overexpressed trtoe",
        Modality.COMPOUND: "compound chemical drug smallmolecule molecule cpd cp trtcp",
    }.items()
    for spelling in spellings.split()
}


class DoseUnit(StrEnum):
    """Unit of a dose, as printed."""

    NANOMOLAR = "nM"
    MICROMOLAR = "uM"
    MILLIMOLAR = "mM"
    MOLAR = "M"
    NANOGRAM_PER_ML = "ng/mL"
    MICROGRAM_PER_ML = "ug/mL"
    PERCENT = "%"

    @classmethod
    def of(cls, spelling: str) -> DoseUnit:
        """Read a unit; ``µ`` (either code point) and ``u`` are the same, mL and ml too.

        Raises
        ------
        InputError
            When the spelling is no unit; ``mM`` and ``MM`` are different things, so case counts in molar units.
        """
        plain = unicodedata.normalize("NFKC", spelling.strip()).replace("μ", "u").replace(" ", "")
        plain = (
            plain.replace("umol/L", "uM")
            .replace("nmol/L", "nM")
            .replace("mmol/L", "mM")
            .replace("mol/L", "M")
        )
        plain = plain.replace("mcg", "ug").replace("/ml", "/mL").replace("percent", "%")
        for unit in cls:
            if plain in {unit.value, unit.value.replace("M", "molar")}:
                return unit
        lower_case = {"um": cls.MICROMOLAR, "nm": cls.NANOMOLAR}
        if plain in lower_case:
            return lower_case[plain]
        raise InputError(f"{spelling!r} is no dose unit; use one of: {', '.join(cls)}.")


# Powers of ten of mol/L and of g/L.
_MOLAR = {DoseUnit.NANOMOLAR: -9, DoseUnit.MICROMOLAR: -6, DoseUnit.MILLIMOLAR: -3, DoseUnit.MOLAR: 0}
_MASS = {DoseUnit.NANOGRAM_PER_ML: -6, DoseUnit.MICROGRAM_PER_ML: -3}


@total_ordering
@dataclass(frozen=True, slots=True, eq=False)
class Dose:
    """An amount with its unit. ``500 nM`` and ``0.5 uM`` are equal.

    Attributes
    ----------
    value
        Amount in `unit`, finite and not negative.
    unit
        One of `DoseUnit`.
    """

    value: float
    unit: DoseUnit

    def __post_init__(self) -> None:
        if not (math.isfinite(self.value) and self.value >= 0):
            raise InputError(f"A dose is a number from 0 upwards, not {self.value}.")
        object.__setattr__(self, "value", abs(float(self.value)))  # no minus zero

    def to(self, unit: DoseUnit, *, molecular_weight: float | None = None) -> Dose:
        """Convert to another unit.

        Parameters
        ----------
        unit
            Unit wanted.
        molecular_weight
            In g/mol; needed between molar and mass units only.

        Raises
        ------
        InputError
            When no conversion exists.
        """
        if unit is self.unit:
            return self
        for scale in (_MOLAR, _MASS):
            if self.unit in scale and unit in scale:
                return Dose(_shifted(self.value, scale[self.unit] - scale[unit]), unit)
        if molecular_weight is None or DoseUnit.PERCENT in {unit, self.unit}:
            raise InputError(f"{self} cannot be converted to {unit} without the compound's molecular weight.")
        if self.unit in _MOLAR:
            grams_per_litre = _shifted(self.value, _MOLAR[self.unit]) * molecular_weight
            return Dose(_shifted(grams_per_litre, -_MASS[unit]), unit)
        molar = _shifted(self.value, _MASS[self.unit]) / molecular_weight
        return Dose(_shifted(molar, -_MOLAR[unit]), unit)

    @property
    def micromolar(self) -> float | None:
        """Concentration in µM, or None where the unit is not molar."""
        return self.to(DoseUnit.MICROMOLAR).value if self.unit in _MOLAR else None

    @property
    def _key(self) -> tuple[str, float]:
        """Dimension and amount in its base unit, to 12 digits: what equality compares."""
        for scale in (_MOLAR, _MASS):
            if self.unit in scale:
                return (
                    "molar" if scale is _MOLAR else "mass",
                    float(f"{_shifted(self.value, scale[self.unit]):.12g}"),
                )
        return (self.unit.value, float(f"{self.value:.12g}"))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Dose) and self._key == other._key

    def __lt__(self, other: Dose) -> bool:
        return self._key < other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def __str__(self) -> str:
        return f"{_number(self.value)}{self.unit}"


@dataclass(frozen=True, slots=True)
class Perturbation:
    """One intervention: what is hit, how, and how strongly.

    Attributes
    ----------
    target
        Gene symbol or compound name.
    modality
        One of `Modality`.
    strength
        For a gene its efficacy in [0, 1], 1 where unknown; for a compound its `Dose`,
        or None where the data do not state one.
    """

    target: str
    modality: Modality
    strength: float | Dose | None = None

    def __post_init__(self) -> None:
        if not self.target or self.target != self.target.strip():
            raise InputError("A perturbation needs the name of its target, without spaces around it.")
        if any(unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} for c in self.target):
            raise InputError(f"The name {self.target!r} holds a control character.")
        if self.modality.is_genetic:
            self._check_efficacy()
        elif isinstance(self.strength, float | int):
            raise InputError(f"The dose of {self.target!r} needs a unit, for example {self.target}@1uM.")

    def _check_efficacy(self) -> None:
        if self.strength is None:
            object.__setattr__(self, "strength", 1.0)
        if not isinstance(self.strength, float | int) or not 0 <= self.strength <= 1:
            raise InputError(f"The efficacy of {self.target!r} is a number from 0 to 1, not {self.strength}.")
        object.__setattr__(self, "strength", abs(float(self.strength)))  # no minus zero

    @property
    def efficacy(self) -> float:
        """Efficacy of a genetic perturbation, 0 to 1."""
        if not isinstance(self.strength, float):
            raise TypeError("a compound has a dose, not an efficacy")
        return self.strength

    @property
    def dose(self) -> Dose | None:
        """Dose of a compound; None where it is not stated, or for a gene."""
        return self.strength if isinstance(self.strength, Dose) else None

    @property
    def is_active(self) -> bool:
        """False where the strength is exactly zero: such a perturbation changes nothing."""
        return self.dose.value > 0 if self.dose is not None else self.strength != 0

    @property
    def _order(self) -> tuple[str, str, str]:
        return (self.target, self.modality.value, str(self.strength))

    def __str__(self) -> str:
        name = quote(self.target)
        if self.dose is not None:
            return f"{name}@{self.dose}"
        if not self.modality.is_genetic or self.strength == 1.0:
            return f"{name}:{self.modality.code}"
        return f"{name}:{self.modality.code}@{_number(self.efficacy)}"


@dataclass(frozen=True, slots=True)
class Treatment:
    """Everything that is done to one cell: an unordered set of perturbations.

    Attributes
    ----------
    perturbations
        The set; empty for control.
    """

    perturbations: frozenset[Perturbation] = frozenset()

    def __post_init__(self) -> None:
        hit = [(p.target, p.modality) for p in self.perturbations]
        twice = sorted({target for target, modality in hit if hit.count((target, modality)) > 1})
        if twice:
            raise InputError(
                f"{', '.join(twice)} stands twice in one treatment; give each target one strength."
            )

    @classmethod
    def of(cls, *perturbations: Perturbation) -> Self:
        """Build a treatment from its perturbations, in any order."""
        return cls(frozenset(perturbations))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text form.

        Raises
        ------
        TreatmentSyntaxError
            With the position of the character that could not be read.
        """
        from xpert.treatment_text import read_perturbations

        return cls(frozenset(read_perturbations(text)))

    @property
    def is_control(self) -> bool:
        """Whether nothing is done at all."""
        return not self.perturbations

    @property
    def active(self) -> Treatment:
        """The same treatment without perturbations of zero strength."""
        return Treatment(frozenset(p for p in self.perturbations if p.is_active))

    @property
    def ordered(self) -> tuple[Perturbation, ...]:
        """The perturbations in the order in which they are printed."""
        return tuple(sorted(self.perturbations, key=lambda p: p._order))

    @property
    def targets(self) -> tuple[str, ...]:
        """Names of all targets, in printed order."""
        return tuple(p.target for p in self.ordered)

    def __len__(self) -> int:
        return len(self.perturbations)

    def __str__(self) -> str:
        return " + ".join(map(str, self.ordered)) or CONTROL_TEXT


CONTROL = Treatment()


def quote(name: str) -> str:
    """A target's name as the text form writes it: in double quotes where it holds a reserved character."""
    if name.casefold() == CONTROL_TEXT or any(c in RESERVED for c in name):
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return name


def _number(value: float) -> str:
    """Shortest text that reads back as the same number, without a trailing ``.0``."""
    return repr(float(value)).removesuffix(".0")


def _shifted(value: float, exponent: int) -> float:
    """``value × 10**exponent`` by division where that is exact."""
    return value * 10.0**exponent if exponent >= 0 else value / 10.0**-exponent
