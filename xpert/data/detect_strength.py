"""Propose how targets are perturbed, and how strongly: modality, dose and its unit."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from xpert.data.amounts import read_amounts
from xpert.data.columns import numbers
from xpert.data.labels import are_genes, are_guides, split_dose
from xpert.data.problem import Problem, listed
from xpert.data.schema import LabelForm
from xpert.data.tally import dose_without_unit
from xpert.errors import InputError
from xpert.perturbation import DoseUnit, Modality

if TYPE_CHECKING:
    from xpert.data.clues import Clues
    from xpert.data.columns import Codes
    from xpert.data.schema import ObsSchema

MODALITIES = (
    "perturbation_type",
    "modality",
    "pert_type",
    "perturbation_modality",
    "perturbation_class",
    "crispr_type",
)
DOSES = (
    "pert_dose",
    "dose_value",
    "dose",
    "pert_idose",
    "concentration",
    "dosage",
    "conc",
    "drug_concentration",
)
DOSES_WITH_UNIT = (
    "dose_um",
    "dose_nm",
    "concentration_um",
    "concentration_nm",
    "conc_um",
    "conc_nm",
    "dose_ugml",
)
UNITS = ("pert_dose_unit", "dose_unit", "dose_units", "concentration_unit", "conc_unit", "unit")
COMPOUND_HABITS = {"LINCS", "sci-Plex", "Tahoe-100M", "TG-GATEs"}
# What the makers of a habit state outside the file; each is asked about, not taken for granted.
HABIT_UNITS = {"LINCS": DoseUnit.MICROMOLAR, "sci-Plex": DoseUnit.NANOMOLAR}
SCIPLEX_DOSES = {0.0, 10.0, 100.0, 1000.0, 10000.0}


def propose_strength(clues: Clues, schema: ObsSchema, given: dict[str, Any], convention: str) -> ObsSchema:
    """Fill in modality, dose and unit where the user did not."""
    if schema.perturbation_key is None or schema.label_form is LabelForm.TEXT:
        return schema
    treated = _treated(clues, schema)
    labels = clues.values_where(schema.perturbation_key, treated)
    if not labels:
        return schema
    if "modality" not in given:
        schema = _modality(clues, schema, treated, labels, convention)
    holds_compounds = Modality.COMPOUND in _modalities(clues, schema, treated)
    if "dose_key" not in given:
        schema = _dose(clues, schema, treated, holds_compounds=holds_compounds)
    if holds_compounds and "dose_unit" not in given:
        schema = _unit(clues, schema, treated, convention)
    return schema


def _treated(clues: Clues, schema: ObsSchema) -> Codes:
    """Rows that are not control, by label."""
    assert schema.perturbation_key is not None
    found = clues.factor(schema.control_key or schema.perturbation_key)
    control = [code for code, value in enumerate(found.values) if value in schema.control_labels]
    return np.flatnonzero(~np.isin(found.codes, control))


def _modality(
    clues: Clues, schema: ObsSchema, treated: Codes, labels: tuple[str, ...], convention: str
) -> ObsSchema:
    for column in clues.named(*MODALITIES):
        values = clues.values_where(column, treated)
        if values and column != schema.perturbation_key and all(_is_modality(value) for value in values):
            clues.reasons["modality_key"] = (
                f"Column {column!r} says how targets are perturbed: {listed(values)}."
            )
            if any(_folded(value) == "crispr" for value in values):
                _ask_modality(clues, column, "The file says CRISPR, which is read as knockout")
            return replace(schema, modality_key=column)
    genetic = schema.label_form is LabelForm.GUIDE or are_genes(labels, clues.genes)
    if convention in COMPOUND_HABITS or not (genetic or are_guides(labels, clues.genes)):
        clues.reasons["modality"] = (
            f"The habit of {convention} files is compounds."
            if convention in COMPOUND_HABITS
            else "The labels are no gene names, so they are taken as compounds."
        )
        return replace(schema, modality=Modality.COMPOUND)
    return _genetic(clues, schema)


def _genetic(clues: Clues, schema: ObsSchema) -> ObsSchema:
    """How genes are perturbed, from the file's name; knockout, and a question, where nothing says it."""
    assert schema.perturbation_key is not None
    for word, modality in (("crispra", Modality.CRISPRA), ("crispri", Modality.CRISPRI)):
        if word in clues.file.casefold():
            clues.reasons["modality"] = f"The file's name says {modality.label}."
            return replace(schema, modality=modality)
    clues.reasons["modality"] = "The labels are genes; the file does not say how they are perturbed."
    _ask_modality(
        clues, schema.perturbation_key, "The file does not say how genes are perturbed; knockout is assumed"
    )
    return replace(schema, modality=Modality.KNOCKOUT)


def _ask_modality(clues: Clues, where: str, what: str) -> None:
    clues.questions.append(
        Problem(
            "warning",
            where,
            f"{what}.",
            "Confirm it, or say otherwise: --map modality=crispri (or crispra, kd, oe, compound).",
        )
    )


def _modalities(clues: Clues, schema: ObsSchema, treated: Codes) -> set[Modality]:
    if schema.modality_key is None:
        return {schema.modality} if schema.modality else set()
    values = clues.values_where(schema.modality_key, treated)
    return {Modality.of(value) for value in values if _is_modality(value)}


def _dose(clues: Clues, schema: ObsSchema, treated: Codes, *, holds_compounds: bool) -> ObsSchema:
    for column in clues.named(*DOSES, *DOSES_WITH_UNIT):
        values = clues.values_where(column, treated)
        if column in schema.columns.values() or not values or not all(_is_dose(value) for value in values):
            continue
        if holds_compounds:
            clues.reasons["dose_key"] = f"Column {column!r} holds doses ({len(values):,} different)."
            return replace(schema, dose_key=column)
        if set(values) - {"1", "1+1"}:
            clues.questions.append(
                Problem(
                    "info",
                    column,
                    "This column is not used: only compounds have a dose.",
                    "If it is the efficacy of a genetic perturbation, 0 to 1: --map efficacy=" + column + ".",
                )
            )
        return schema
    return schema


def _unit(clues: Clues, schema: ObsSchema, treated: Codes, convention: str) -> ObsSchema:
    """The unit: in a column, beside the number, in the column's name or by the maker's habit; else asked."""
    if schema.dose_key is None:
        return schema
    for column in clues.named(*UNITS):
        values = clues.values_where(column, treated)
        if values and all(_is_unit(value) for value in values):
            clues.reasons["dose_unit_key"] = f"Column {column!r} states the unit: {listed(values)}."
            return replace(schema, dose_unit_key=column)
    values = clues.values_where(schema.dose_key, treated)
    if all(amount.unit for value in values for amount in read_amounts(value) if amount):
        clues.reasons["dose_key"] += " The unit stands beside each number."
        return schema
    named = re.search(r"[_. (](nM|uM|µM|mM)\)?$", schema.dose_key, re.IGNORECASE)
    if named:
        unit = DoseUnit.of(named[1].lower() if named[1] != "mM" else "mM")
        clues.reasons["dose_unit"] = f"The name of column {schema.dose_key!r} states the unit."
        return replace(schema, dose_unit=unit)
    return _unit_by_habit(clues, schema, treated, convention)


def _unit_by_habit(clues: Clues, schema: ObsSchema, treated: Codes, convention: str) -> ObsSchema:
    assert schema.dose_key is not None
    unit = HABIT_UNITS.get(convention)
    doses = numbers(clues.obs[schema.dose_key])[treated]
    if convention == "sci-Plex" and set(doses[np.isfinite(doses)]) - SCIPLEX_DOSES:
        unit = None
    labels = clues.values_where(schema.perturbation_key or "", treated)
    if unit is None:
        if not all(split_dose(label)[1] for label in labels):
            clues.questions.append(dose_without_unit(schema.dose_key))
        return schema
    clues.reasons["dose_unit"] = f"{convention} states doses in {unit}; the file itself does not say so."
    what = f"The file does not state the unit of the dose; {unit} is taken, as {convention} uses."
    do = "Confirm it, or say otherwise: --map dose_unit=nM."
    clues.questions.append(Problem("warning", schema.dose_key, what, do))
    return replace(schema, dose_unit=unit)


def _is_modality(text: str) -> bool:
    return _reads(Modality.of, text)


def _is_unit(text: str) -> bool:
    return _reads(DoseUnit.of, text)


def _is_dose(text: str) -> bool:
    return _reads(read_amounts, text)


def _reads(read: Any, text: str) -> bool:  # noqa: ANN401 - any reader of one text
    try:
        read(text)
    except InputError:
        return False
    return True


def _folded(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())
