"""What was met while labels were read: how often, and what to do about it."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from xpert.data.problem import Problem, listed, plural

if TYPE_CHECKING:
    from xpert.data.problem import Severity
    from xpert.data.schema import ObsSchema
    from xpert.perturbation import DoseUnit

Kind = Literal[
    "no label",
    "unreadable",
    "unknown gene",
    "ambiguous gene",
    "renamed gene",
    "no dose",
    "no unit",
    "zero strength",
]

# Severity, what was found (with {names}, {count} and {cells}), what to do.
_WORDS: dict[Kind, tuple[Severity, str, str]] = {
    "no label": (
        "warning",
        "{cells} without a label, left out.",
        "Give them a label, or the label of control.",
    ),
    "unreadable": (
        "error",
        "{count} that cannot be read ({cells}, left out): {names}.",
        "Correct them in the file, or map the columns otherwise.",
    ),
    "unknown gene": (
        "warning",
        "{count} not among the genes that HGNC knows: {names}.",
        "Correct the names; for compounds, say so: --map modality=compound.",
    ),
    "ambiguous gene": (
        "warning",
        "{count} named as several genes are: {names}.",
        "Write the approved symbol.",
    ),
    "renamed gene": (
        "info",
        "{count} with another name today: {names}.",
        "Nothing to do: the name of today is used.",
    ),
    "no dose": (
        "warning",
        "{count} with cells that have no dose ({cells}): {names}.",
        "State the dose; without it they are a condition of their own.",
    ),
    "zero strength": (
        "info",
        "{cells} of {count} with a dose or an efficacy of 0 count as control.",
        "Nothing to do, unless 0 means that the dose is not known.",
    ),
}

_NOUNS: dict[Kind, str] = {"unreadable": "label", "zero strength": "label", "no dose": "compound"}


@dataclass
class Tally:
    """Counts of what was met, by kind and name.

    Attributes
    ----------
    schema
        Where things stand.
    units
        Dose units that were met.
    """

    schema: ObsSchema
    units: set[DoseUnit] = field(default_factory=set)
    _met: dict[Kind, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, kind: Kind, name: str, cells: int) -> None:
        """Count cells of one kind and name."""
        self._met[kind][name] += cells

    def problems(self) -> tuple[Problem, ...]:
        """One problem for each kind that was met, and one for mixed units."""
        found = [self._problem(kind) for kind in self._met if kind in _WORDS]
        if "no unit" in self._met and self.schema.dose_key is not None:
            found.append(dose_without_unit(self.schema.dose_key))
        if len(self.units) > 1:
            units = listed(sorted(self.units))
            what = f"Doses are in {len(self.units)} different units: {units}."
            where = self.schema.dose_unit_key or self.schema.dose_key or self.schema.perturbation_key or "obs"
            do = "Check that each is meant; amounts are compared after conversion."
            found.append(Problem("warning", where, what, do))
        return tuple(found)

    def _problem(self, kind: Kind) -> Problem:
        severity, what, do = _WORDS[kind]
        met = self._met[kind]
        words = {
            "names": listed(tuple(met)),
            "count": plural(len(met), _NOUNS.get(kind, "target")),
            "cells": plural(met.total(), "cell"),
        }
        where = self.schema.perturbation_key or "obs"
        if kind == "no dose":
            where = self.schema.dose_key or where
        return Problem(severity, where, what.format(**words), do)


def dose_without_unit(column: str) -> Problem:
    """What is asked where doses have no unit."""
    return Problem(
        "warning",
        column,
        "The doses have no unit, so all doses of a compound are one condition.",
        "Say which unit they are in, for example --map dose_unit=uM.",
    )
