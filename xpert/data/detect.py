"""Propose what each column means, with a reason for each, for the user to confirm."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from xpert.data.clues import Clues
from xpert.data.controls import control_strength, find_controls
from xpert.data.conventions import GUIDE_CALLS, TEXT_FORM, find_perturbation, is_text_form
from xpert.data.detect_context import propose_context
from xpert.data.detect_strength import propose_strength
from xpert.data.genes import GeneNames
from xpert.data.labels import are_genes, are_guides, find_separator
from xpert.data.mapping import overrides
from xpert.data.problem import Problem, listed
from xpert.data.schema import LabelForm, ObsSchema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xpert.data.table import CellTable

BY_HAND = "as mapped by hand"
# Columns beside the label that say which cells are controls, and the value that says it in a yes-or-no column.
CONTROL_COLUMNS = ("control", "is_control", "is_ctrl", "pert_type", "xptype", "vehicle", "dose_level")
TRUE = frozenset({"1", "true", "yes"})


@dataclass(frozen=True)
class SchemaProposal:
    """What was found, for the user to confirm.

    Attributes
    ----------
    schema
        The meaning of each column.
    convention
        The habit that the file follows, for example ``GEARS``.
    reasons
        One sentence for each field of the schema that is set.
    questions
        What the file does not say and the user should.
    """

    schema: ObsSchema
    convention: str
    reasons: Mapping[str, str]
    questions: tuple[Problem, ...] = ()


def detect_schema(table: CellTable, mapping: Mapping[str, str] | None = None) -> SchemaProposal:
    """Propose the meaning of the columns of a table.

    Parameters
    ----------
    table
        The cells.
    mapping
        What the user says, as ``{key: column or constant}``; it is never overruled.

    Raises
    ------
    InputError
        When the mapping names a key or a column that does not exist.
    """
    clues = Clues(table.obs, table.var, table.name, GeneNames.load())
    given = overrides(mapping or {}, [str(c) for c in table.obs.columns], [str(c) for c in table.var.columns])
    minimum = given.pop("minimum_purity", None)
    schema, convention = _labels(clues, ObsSchema.from_mapping(given), given)
    schema = propose_strength(clues, schema, given, convention)
    schema = propose_context(clues, schema, given, convention, ask_purity=minimum is None)
    if minimum is not None:
        given["minimum_purity"] = minimum
        schema = ObsSchema.from_mapping(schema.to_mapping() | {"minimum_purity": minimum})
    clues.reasons.update({name: f"{name} {BY_HAND}." for name in given})
    clues.reasons.setdefault("label_form", "There are no labels.")
    reasons = {name: clues.reasons[name] for name in schema.to_mapping()}
    return SchemaProposal(schema, convention, reasons, tuple(clues.questions))


def _labels(clues: Clues, schema: ObsSchema, given: dict[str, Any]) -> tuple[ObsSchema, str]:
    """The column of the perturbation, its control and how a label is read."""
    found = find_perturbation(clues)
    convention = "none"
    if "perturbation_key" in given:
        convention = found[1] if found and found[0] == schema.perturbation_key else "mapped by hand"
    elif found is not None:
        column, convention = found
        schema = replace(schema, perturbation_key=column)
        clues.reasons["perturbation_key"] = _why_perturbation(clues, column, convention)
    if schema.perturbation_key is None:
        return _unperturbed(clues, schema), convention
    schema = _form(clues, schema, given, convention)
    return _control(clues, schema, given), convention


def _why_perturbation(clues: Clues, column: str, convention: str) -> str:
    labels = len(clues.factor(column).values)
    habit = "its name says so" if convention == "by name" else f"this is how {convention} files name it"
    return f"Column {column!r} names what is perturbed ({labels:,} labels): {habit}."


def _unperturbed(clues: Clues, schema: ObsSchema) -> ObsSchema:
    clues.questions.append(
        Problem(
            "warning",
            "obs",
            "No column names what is perturbed, so every cell is taken as an unperturbed control.",
            "If cells are perturbed, name the column: --map perturbation=COLUMN.",
        )
    )
    return schema


def _form(clues: Clues, schema: ObsSchema, given: dict[str, Any], convention: str) -> ObsSchema:
    """Whether labels name targets, guides or whole treatments, and what separates a combination."""
    assert schema.perturbation_key is not None
    labels = clues.factor(schema.perturbation_key).values
    if "label_form" not in given:
        form = LabelForm.NAME
        if convention == TEXT_FORM or is_text_form(labels):
            form = LabelForm.TEXT
            clues.reasons["label_form"] = "Every label is X-Pert's own text form of a treatment."
        elif are_guides(labels, clues.genes):
            form = LabelForm.GUIDE
            clues.reasons["label_form"] = (
                "Labels are gene symbols with a guide's number, so they name guides."
            )
        else:
            clues.reasons["label_form"] = "Labels name targets."
        schema = replace(schema, label_form=form)
    if "separator" in given or schema.label_form is LabelForm.TEXT:
        return schema
    separator = find_separator(labels, clues.genes, are_genetic=are_genes(labels, clues.genes))
    if separator is not None:
        example = next(label for label in labels if separator in label)
        if convention == GUIDE_CALLS and schema.perturbation_key is not None:
            clues.questions.append(_several_guides(schema.perturbation_key))
        clues.reasons["separator"] = f"{separator!r} joins the members of a combination, as in {example!r}."
    return replace(schema, separator=separator)


def _several_guides(column: str) -> Problem:
    return Problem(
        "warning",
        column,
        "Cells with several guides are read as combinations; they may as well be two cells in one droplet.",
        "Where guides were not combined on purpose, leave cells with several guides out of the file.",
    )


def _control(clues: Clues, schema: ObsSchema, given: dict[str, Any]) -> ObsSchema:
    """Which labels mean control: in the column itself, or in one beside it."""
    assert schema.perturbation_key is not None
    if "control_labels" in given:
        return replace(schema, control_labels=_split_labels(clues, schema))
    labels = clues.factor(schema.control_key or schema.perturbation_key).values
    if schema.label_form is LabelForm.TEXT:
        found = tuple(label for label in labels if label.casefold() == "control")
        strength = "clear" if found else None
    else:
        found, strength = find_controls(labels, clues.genes)
    beside = None if schema.control_key else _control_beside(clues, schema)
    if beside is not None and (strength != "clear" or _says_more(clues, beside, found)):
        return beside
    if found:
        how = "usual spellings" if len(found) > 1 else "a usual spelling"
        clues.reasons["control_labels"] = f"{listed(found)}: {how} of control."
    if strength == "weak":
        clues.questions.append(
            Problem(
                "warning",
                schema.perturbation_key,
                f"{listed(found)} is taken as control, though it may mean something else.",
                "Confirm it, or name the right one: --map control=LABEL.",
            )
        )
    return replace(schema, control_labels=found)


def _says_more(clues: Clues, beside: ObsSchema, labels: tuple[str, ...]) -> bool:
    """Whether another column marks controls that do not carry a usual label, such as LINCS's vectors."""
    assert beside.perturbation_key is not None
    assert beside.control_key is not None
    flags, names = clues.factor(beside.control_key), clues.factor(beside.perturbation_key)
    marked = [code for code, value in enumerate(flags.values) if value in beside.control_labels]
    among = clues.values_where(beside.perturbation_key, np.flatnonzero(np.isin(flags.codes, marked)))
    return len(names.values) > len(among) > 0 and not set(among) <= set(labels)


def _control_beside(clues: Clues, schema: ObsSchema) -> ObsSchema | None:
    """Control by another column than the label's: LINCS's ``pert_type``, a yes-or-no column …"""
    for column in clues.grouping(*CONTROL_COLUMNS, least=2):
        if column == schema.perturbation_key:
            continue
        values = clues.factor(column).values
        clear = tuple(value for value in values if control_strength(value) == "clear")
        is_flag = {value.casefold() for value in values} <= TRUE | {"0", "false", "no"}
        clear = tuple(value for value in values if value.casefold() in TRUE) if is_flag else clear
        if clear:
            reason = f"Column {column!r} tells controls ({listed(clear)}) from treated."
            clues.reasons.setdefault("control_key", reason)
            clues.reasons.setdefault("control_labels", f"{listed(clear)} in column {column!r} means control.")
            return replace(schema, control_key=column, control_labels=clear)
    return None


def _split_labels(clues: Clues, schema: ObsSchema) -> tuple[str, ...]:
    """Labels that the user gave, several of them with commas unless the whole is one label."""
    labels = clues.factor(schema.control_key or schema.perturbation_key or "").values
    if len(schema.control_labels) == 1 and schema.control_labels[0] not in labels:
        return tuple(filter(None, map(str.strip, schema.control_labels[0].split(","))))
    return schema.control_labels
