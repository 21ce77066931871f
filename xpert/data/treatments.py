"""What was done to each cell, read from its columns as the schema says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from xpert.data.amounts import read_amounts
from xpert.data.columns import combine, factor
from xpert.data.controls import is_symbol
from xpert.data.labels import LabelReader, combinations
from xpert.data.schema import LabelForm
from xpert.data.tally import Tally
from xpert.errors import InputError
from xpert.perturbation import CONTROL, Dose, DoseUnit, Modality, Perturbation, Treatment

if TYPE_CHECKING:
    import pandas as pd

    from xpert.data.amounts import Amount
    from xpert.data.columns import Codes, Factor
    from xpert.data.genes import GeneNames, Organism
    from xpert.data.labels import Member
    from xpert.data.problem import Problem
    from xpert.data.schema import ObsSchema


@dataclass(frozen=True, eq=False)
class CellTreatments:
    """The treatment of each cell.

    Attributes
    ----------
    codes
        Index into `treatments`, -1 where the cell's label cannot be read, shape ``(cells,)``.
    treatments
        Distinct treatments in order of first appearance; control may be among them.
    problems
        What was met on the way.
    """

    codes: Codes
    treatments: tuple[Treatment, ...]
    problems: tuple[Problem, ...]


def read_treatments(
    obs: pd.DataFrame, schema: ObsSchema, genes: GeneNames, organism: Organism
) -> CellTreatments:
    """Read every cell's treatment; each distinct combination of values is read once.

    Parameters
    ----------
    obs
        Annotation of the cells.
    schema
        What its columns mean.
    genes
        Names that the targets of genetic perturbations are resolved by.
    organism
        Names of mouse genes are kept as they are.
    """
    if schema.perturbation_key is None:
        return CellTreatments(np.zeros(len(obs), dtype=np.int64), (CONTROL,), ())
    columns = {
        name: factor(obs[column])
        for name, column in schema.columns.items()
        if name in _READ and column is not None
    }
    codes, rows = combine([found.codes for found in columns.values()])
    cells = np.bincount(codes, minlength=len(rows))
    reader = _Reader(schema, genes, organism, columns)
    place: dict[Treatment, int] = {}
    of_row = np.full(len(rows), -1, dtype=np.int64)
    for row, values in enumerate(_texts(columns, rows)):
        treatment = reader.read(values, int(cells[row]))
        if treatment is not None:
            of_row[row] = place.setdefault(treatment, len(place))
    return CellTreatments(of_row[codes], tuple(place), reader.tally.problems())


_READ = ("perturbation_key", "control_key", "modality_key", "dose_key", "dose_unit_key", "efficacy_key")


def _texts(columns: dict[str, Factor], rows: Codes) -> list[dict[str, str | None]]:
    """Each distinct row as text by field; None where missing."""
    named = list(columns.items())
    return [
        {
            name: found.values[code] if code >= 0 else None
            for (name, found), code in zip(named, row, strict=True)
        }
        for row in rows.tolist()
    ]


class _Reader:
    """Reads one row of values at a time and keeps a tally of what was met."""

    def __init__(
        self, schema: ObsSchema, genes: GeneNames, organism: Organism, columns: dict[str, Factor]
    ) -> None:
        self.schema = schema
        self.genes = genes
        self.is_human = organism != "mouse"
        self.tally = Tally(schema)
        control = schema.control_labels if schema.control_key is None else ()
        whole = _whole(columns, schema, genes)
        guides = genes if schema.label_form is LabelForm.GUIDE else None
        self.labels = LabelReader(schema.separator, whole, frozenset(control), guides)

    def read(self, values: dict[str, str | None], cells: int) -> Treatment | None:
        """The treatment of a row; None where it cannot be read."""
        label = values["perturbation_key"]
        if self._is_control(values):
            return CONTROL
        if label is None:
            self.tally.add("no label", "", cells)
            return None
        try:
            if self.schema.label_form is LabelForm.TEXT:
                return Treatment.parse(label).active
            return self._treatment(label, values, cells)
        except InputError as error:
            self.tally.add("unreadable", f"{label} ({str(error).splitlines()[0]})", cells)
            return None

    def _is_control(self, values: dict[str, str | None]) -> bool:
        key = "perturbation_key" if self.schema.control_key is None else "control_key"
        return values[key] in self.schema.control_labels

    def _treatment(self, label: str, values: dict[str, str | None], cells: int) -> Treatment:
        members = self.labels.members(label)
        found: dict[tuple[str, Modality], Perturbation] = {}
        for member in members:
            perturbation = self._perturbation(member, values, cells)
            if perturbation is not None:
                found[perturbation.target, perturbation.modality] = perturbation
        if members and not found:
            self.tally.add("zero strength", label, cells)
        return Treatment(frozenset(found.values()))

    def _perturbation(self, member: Member, values: dict[str, str | None], cells: int) -> Perturbation | None:
        """What a member does; None where its strength is zero, which is the same as nothing."""
        modality = self._modality(values)
        if modality.is_genetic:
            efficacy = _of_member(values.get("efficacy_key"), member)
            strength = None if efficacy is None else efficacy.value
            found = Perturbation(self._gene(member.name, cells), modality, strength)
            return found if found.is_active else None
        amount = _of_member(values.get("dose_key"), member)
        if amount is not None and amount.value == 0:
            return None
        return Perturbation(member.name, modality, self._dose(member, amount, self._unit(values), cells))

    def _modality(self, values: dict[str, str | None]) -> Modality:
        text = values.get("modality_key")
        if text is not None:
            return Modality.of(text)
        if self.schema.modality is None:
            raise InputError("how it is perturbed is not stated")
        return self.schema.modality

    def _gene(self, name: str, cells: int) -> str:
        if not self.is_human:
            return name
        match = self.genes.match(name)
        if match.symbol is None:
            self.tally.add("ambiguous gene" if match.is_ambiguous else "unknown gene", name, cells)
        elif match.symbol != name:
            self.tally.add("renamed gene", f"{name} → {match.symbol}", cells)
        return match.symbol or name

    def _unit(self, values: dict[str, str | None]) -> DoseUnit | None:
        text = values.get("dose_unit_key")
        return DoseUnit.of(text) if text is not None else self.schema.dose_unit

    def _dose(self, member: Member, amount: Amount | None, unit: DoseUnit | None, cells: int) -> Dose | None:
        if member.dose is not None:
            self.tally.units.add(member.dose.unit)
            return member.dose
        if amount is None:
            if self.schema.dose_key is not None:
                self.tally.add("no dose", member.name, cells)
            return None
        unit = amount.unit or unit
        if unit is None:
            self.tally.add("no unit", member.name, cells)
            return None
        self.tally.units.add(unit)
        return Dose(amount.value, unit)


def _of_member(text: str | None, member: Member) -> Amount | None:
    """The amount of one member: its own where each has one, else the one that stands for all."""
    amounts = read_amounts(text or "")
    return amounts[member.place] if member.place < len(amounts) > 1 else amounts[0]


def _whole(columns: dict[str, Factor], schema: ObsSchema, genes: GeneNames) -> frozenset[str]:
    """Labels that hold the separator and yet are one thing.

    Among genes only an approved symbol is. The names of compounds hold any character, so where there are
    compounds a label falls apart only where its parts are vouched for.
    """
    labels = columns["perturbation_key"].values
    if schema.separator is None:
        return frozenset()
    if not _holds_compounds(columns, schema):
        return frozenset(label for label in labels if is_symbol(label, genes))
    split = combinations(labels, schema.separator, genes, are_genetic=False)
    if schema.modality_key is not None:
        split |= combinations(labels, schema.separator, genes, are_genetic=True)
    return frozenset(labels) - split


def _holds_compounds(columns: dict[str, Factor], schema: ObsSchema) -> bool:
    if "modality_key" not in columns:
        return schema.modality is Modality.COMPOUND
    return any(_is_compound(value) for value in columns["modality_key"].values)


def _is_compound(modality: str) -> bool:
    try:
        return Modality.of(modality) is Modality.COMPOUND
    except InputError:
        return False
