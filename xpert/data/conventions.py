"""The conventions in use for naming the column that says what was perturbed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from xpert.data.controls import control_strength
from xpert.errors import XpertError
from xpert.perturbation import Treatment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xpert.data.clues import Clues

TEXT_FORM = "X-Pert"
GUIDE_CALLS = "10x guide calls"


@dataclass(frozen=True)
class Convention:
    """A habit of naming columns.

    Attributes
    ----------
    name
        How the habit is called.
    columns
        The column that names what is perturbed, by its possible names.
    beside
        Columns of which at least one tells this habit from others; empty where the column's name is enough.
    members
        Endings or labels of which one must occur, where the labels tell the habit from others.
    """

    name: str
    columns: tuple[str, ...]
    beside: tuple[str, ...] = ()
    members: tuple[str, ...] = ()


CONVENTIONS = (
    Convention(TEXT_FORM, ("treatment",)),
    Convention(
        "LINCS",
        ("pert_iname", "cmap_name", "pert_name"),
        ("pert_type", "pert_idose", "pert_dose", "pert_id"),
    ),
    Convention("Tahoe-100M", ("drugname_drugconc",)),
    Convention("sci-Plex", ("product_name",)),
    Convention(GUIDE_CALLS, ("feature_call",)),
    Convention("TG-GATEs", ("treatmentid",), ("xptype", "dose_level", "concentration")),
    Convention("PerturBench", ("condition",), ("perturbation_type",)),
    Convention("GEARS", ("condition",), members=("+ctrl", "ctrl+", "ctrl")),
    Convention("cell-eval", ("target_gene",)),
    Convention("scPerturb", ("perturbation",), ("nperts", "dose_value", "dose_unit", "perturbation_type")),
    Convention(
        "guide screen", ("target", "gene", "gene_target"), ("guide", "guide_id", "sgRNA", "guide_umi")
    ),
)

# Names that are used without a habit around them, the most telling first.
USUAL_NAMES = (
    "perturbation", "perturbation_name", "condition", "target_gene", "gene_target", "target_genes", "guide_target",
    "target", "gene", "drug", "drug_name", "compound", "compound_name", "product_name", "treatment",
    "treatment_name", "treatmentid", "perturbagen", "pert", "perturbed_gene", "knockout", "ko", "cytokine",
    "stimulation", "stim", "guide", "guide_id", "guide_identity", "guide_ids", "sgRNA", "sgRNA_ID", "gRNA", "label",
)  # fmt: skip


def find_perturbation(clues: Clues) -> tuple[str, str] | None:
    """The column that names what is perturbed and the habit it belongs to; None where there is none."""
    for convention in CONVENTIONS:
        for column in clues.named(*convention.columns):
            if _fits(clues, convention, column):
                return column, convention.name
    usable = [column for column in clues.named(*USUAL_NAMES) if could_be_labels(clues, column)]
    with_control = [column for column in usable if _holds_control(clues.factor(column).values)]
    best = (with_control or usable)[:1]
    return (best[0], "by name") if best else None


def _fits(clues: Clues, convention: Convention, column: str) -> bool:
    if convention.name == TEXT_FORM:
        return is_text_form(clues.factor(column).values)
    if not could_be_labels(clues, column):
        return False
    if convention.beside and not clues.has(*convention.beside):
        return False
    labels = clues.factor(column).values
    return not convention.members or any(
        label.casefold() == member
        if member == "ctrl"
        else label.casefold().startswith(member) or label.casefold().endswith(member)
        for label in labels
        for member in convention.members
    )


def could_be_labels(clues: Clues, column: str) -> bool:
    """Whether a column holds labels that group cells: text, and fewer values than cells."""
    values = clues.factor(column).values
    if not values or clues.is_numeric(column):
        return False
    if len(values) == 1:
        return control_strength(values[0]) == "clear"
    return len(values) <= max(2, 0.8 * len(clues.obs))


def is_text_form(labels: Sequence[str]) -> bool:
    """Whether every label is X-Pert's own text form, and one of them says how its target is perturbed."""
    if not any(":" in label or "@" in label for label in labels):
        return False
    try:
        for label in labels:
            Treatment.parse(label)
    except XpertError:
        return False
    return True


def _holds_control(labels: Sequence[str]) -> bool:
    return any(control_strength(label) == "clear" for label in labels)
