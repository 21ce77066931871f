"""Read the text form of a treatment, and point at the character where that fails."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xpert.errors import InputError, TreatmentSyntaxError
from xpert.perturbation import CONTROL_TEXT, Dose, DoseUnit, Modality, Perturbation

if TYPE_CHECKING:
    from collections.abc import Iterator

_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
LONGEST_TEXT = 10_000


def read_perturbations(text: str) -> tuple[Perturbation, ...]:
    """Perturbations in the order in which `text` names them; none for ``control``.

    Raises
    ------
    TreatmentSyntaxError
        At the first character that cannot be read.
    """
    if len(text) > LONGEST_TEXT:
        reason = f"A treatment has at most {LONGEST_TEXT:,} characters."
        raise TreatmentSyntaxError(reason, text[:60] + "…", 0)
    if text.strip().casefold() == CONTROL_TEXT:
        return ()
    return tuple(_Reader(text).perturbations())


@dataclass(slots=True)
class _Reader:
    """A cursor over the text; every method reads one thing and moves past it."""

    text: str
    at: int = 0

    def perturbations(self) -> Iterator[Perturbation]:
        hit: set[tuple[str, Modality]] = set()
        while True:
            self._skip_spaces()
            start = self.at
            found = self._perturbation()
            if (found.target, found.modality) in hit:
                raise self._error("The same target stands twice; give it one strength.", at=start)
            hit.add((found.target, found.modality))
            yield found
            if self.at >= len(self.text):
                return
            if self.text[self.at] != "+":
                raise self._error("Expected '+' and another perturbation here.")
            self.at += 1

    def _perturbation(self) -> Perturbation:
        start = self.at
        name = self._name()
        modality = self._modality()
        strength = self._strength(modality)
        self._skip_spaces()
        if modality is None and strength is None:
            reason = f"Say how {name!r} is perturbed: {name}:ko, :crispri, :crispra, :kd or :oe for a gene, {name}@1uM for a compound."
            raise self._error(reason, at=self.at)
        try:
            return Perturbation(name, modality or Modality.COMPOUND, strength)
        except InputError as error:
            raise self._error(str(error), at=start) from None

    def _name(self) -> str:
        quoted = self.at < len(self.text) and self.text[self.at] == '"'
        start = self.at
        name = self._quoted_name() if quoted else self._until(r'+:@"\\').strip()
        if not name:
            raise self._error("Expected the name of a gene or a compound here.", at=start)
        if not quoted and name.casefold() == CONTROL_TEXT:
            raise self._error("Control stands alone: it is the treatment without any perturbation.", at=start)
        return name

    def _quoted_name(self) -> str:
        opening = self.at
        self.at += 1
        letters: list[str] = []
        while self.at < len(self.text) and self.text[self.at] != '"':
            self.at += self.text[self.at] == "\\"
            letters += self.text[self.at : self.at + 1]
            self.at += 1
        if self.at >= len(self.text):
            raise self._error("This quote is not closed.", at=opening)
        self.at += 1
        self._skip_spaces()
        return "".join(letters)

    def _modality(self) -> Modality | None:
        if not self._take(":"):
            return None
        start = self.at
        try:
            return Modality.of(self._until('+:@"').strip())
        except InputError as error:
            raise self._error(str(error), at=start) from None

    def _strength(self, modality: Modality | None) -> float | Dose | None:
        if not self._take("@"):
            return None
        self._skip_spaces()
        start = self.at
        number = _NUMBER.match(self.text, self.at)
        if number is None:
            raise self._error("Expected a number here, for example 1uM or 0.7.", at=start)
        self.at = number.end()
        unit_start = self.at
        unit = self._until('+:@"').strip()
        if modality is not None and modality.is_genetic:
            return self._efficacy(float(number[0]), unit, start, unit_start)
        return self._dose(float(number[0]), unit, start, unit_start)

    def _efficacy(self, value: float, unit: str, start: int, unit_start: int) -> float:
        if unit:
            raise self._error(
                "An efficacy is a bare number from 0 to 1; only compounds have a dose unit.", at=unit_start
            )
        if not 0 <= value <= 1:
            raise self._error("An efficacy is a number from 0 to 1.", at=start)
        return value

    def _dose(self, value: float, unit: str, start: int, unit_start: int) -> Dose:
        if not unit:
            reason = "Give the dose a unit, for example 1uM; for a gene, say how it is perturbed before '@'."
            raise self._error(reason, at=unit_start)
        try:
            known_unit = DoseUnit.of(unit)
        except InputError as error:
            raise self._error(str(error), at=unit_start) from None
        try:
            return Dose(value, known_unit)
        except InputError as error:
            raise self._error(str(error), at=start) from None

    def _until(self, stops: str) -> str:
        start = self.at
        while self.at < len(self.text) and self.text[self.at] not in stops:
            self.at += 1
        return self.text[start : self.at]

    def _take(self, character: str) -> bool:
        found = self.at < len(self.text) and self.text[self.at] == character
        self.at += found
        return found

    def _skip_spaces(self) -> None:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1

    def _error(self, reason: str, *, at: int | None = None) -> TreatmentSyntaxError:
        return TreatmentSyntaxError(reason, self.text, self.at if at is None else at)
