"""What a reader can say about the columns of a file, in the words of the form and of the mapping."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from xpert.data.readout import Readout
from xpert.data.schema import LabelForm
from xpert.perturbation import DoseUnit, Modality

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xpert.data.schema import ObsSchema

NONE = "none"
# Without an answer these are detected again: a file has some readout and some control.
_ALWAYS_DETECTED = frozenset({"control", "readout", "label_form"})


class Kind(StrEnum):
    """What an answer is chosen from."""

    COLUMN = "a column, or a value that holds for every cell"
    GENE_COLUMN = "a column of the genes"
    COLUMNS = "several columns"
    LABELS = "several labels"
    CHOICE = "one of a few values"
    TEXT = "any text"


class Field(NamedTuple):
    """One question of the form.

    Attributes
    ----------
    heading
        The question.
    fields
        Fields of the schema that the answer sets, the first one that is set being the present answer.
    kind
        What the answer is chosen from.
    values
        Values that may be chosen beside columns.
    """

    heading: str
    fields: tuple[str, ...]
    kind: Kind = Kind.COLUMN
    values: tuple[str, ...] = ()


# By the key of the mapping.
FIELDS: dict[str, Field] = {
    "perturbation": Field("What is perturbed", ("perturbation_key",)),
    "modality": Field(
        "How it is perturbed", ("modality_key", "modality"), values=tuple(m.value for m in Modality)
    ),
    "control_column": Field("Column of the control labels", ("control_key",)),
    "control": Field("Labels that mean control", ("control_labels",), Kind.LABELS),
    "context": Field("Columns that name the cell state", ("context_keys",), Kind.COLUMNS),
    "dose": Field("Dose", ("dose_key",)),
    "dose_unit": Field(
        "Unit of the dose", ("dose_unit_key", "dose_unit"), values=tuple(u.value for u in DoseUnit)
    ),
    "efficacy": Field("Efficacy of a gene's perturbation", ("efficacy_key",)),
    "guide": Field("Guide", ("guide_key",)),
    "purity": Field("Purity of the guide", ("purity_key",)),
    "minimum_purity": Field("Leave out cells of a purity up to", ("minimum_purity",), Kind.TEXT),
    "batch": Field("Batch", ("batch_key",)),
    "label_form": Field(
        "What a label is", ("label_form",), Kind.CHOICE, tuple(form.value for form in LabelForm)
    ),
    "separator": Field("What joins the members of a combination", ("separator",), Kind.TEXT),
    "genes": Field("Names of the genes", ("gene_key",), Kind.GENE_COLUMN),
    "readout": Field("Unit of the values", ("readout",), Kind.CHOICE, tuple(r.value for r in Readout)),
}


def current(schema: ObsSchema, field: Field) -> str:
    """The present answer as the mapping writes it; several are joined with commas."""
    for name in field.fields:
        value = getattr(schema, name)
        if value is not None and value != ():
            return ",".join(value) if isinstance(value, tuple) else str(value)
    return NONE


def changes(schema: ObsSchema, mapping: Mapping[str, str], answers: Mapping[str, str]) -> dict[str, str]:
    """What the reader has said so far, and what differs now from the present schema; the rest stays detected.

    Parameters
    ----------
    schema
        What the columns are taken to mean.
    mapping
        What the reader said before.
    answers
        Answer by key, as `current` writes it.
    """
    differs = {key: answer for key, answer in answers.items() if answer != current(schema, FIELDS[key])}
    changed = {**mapping, **differs}
    return {key: answer for key, answer in changed.items() if answer != NONE or key not in _ALWAYS_DETECTED}


def heading(schema_field: str) -> str:
    """The question that a field of the schema answers."""
    return next((f.heading for f in FIELDS.values() if schema_field in f.fields), schema_field)


def in_words_of_the_form(text: str) -> str:
    """Advice for the command line (``--map KEY=VALUE``) as advice for the form."""

    def said(match: re.Match[str]) -> str:
        field = FIELDS.get(match["key"])
        return f"“{field.heading}”: {match['value']}" if field else match[0]

    return re.sub(r"--map (?P<key>\w+)=(?P<value>[\w.%/]+)", said, text)
