"""Signatures as people bring them: lists of genes that went up and down, or a table of fold changes."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xpert.data.gene_list import words
from xpert.data.genes import GeneNames
from xpert.data.guard.limits import MIB
from xpert.data.guard.small import read_text
from xpert.data.guard.words import shown
from xpert.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

LARGEST = 16 * MIB
# Headings of a column of changes, the surest first, folded and without marks.
CHANGE_HEADINGS = (
    "log2foldchange", "log2fc", "avglog2fc", "logfc", "avglogfc", "logfoldchange", "logfoldchanges", "lfc", "delta",
    "foldchange", "stat", "statistic", "t", "z", "zscore", "score", "scores", "value", "weight",
)  # fmt: skip
GENE_HEADINGS = ("gene", "genes", "symbol", "genesymbol", "genename", "hgncsymbol", "names", "name", "ensembl", "ensemblid", "geneid", "id")  # fmt: skip
_RATIO = "foldchange"


@dataclass(frozen=True)
class Signature:
    """How genes changed, by the names that they were given.

    Attributes
    ----------
    changes
        Above 0 for a gene that went up, below for one that went down; never 0 and always finite.
    is_list
        Whether only directions are known, not sizes.
    said
        What was read from where, for the person who gave it.
    """

    changes: Mapping[str, float]
    is_list: bool
    said: str

    def __post_init__(self) -> None:
        if not self.changes:
            raise InputError("The signature names no gene that changed.")
        if not all(math.isfinite(value) and value for value in self.changes.values()):
            raise InputError("Every change in a signature is a number other than 0.")

    @classmethod
    def of_lists(cls, up: Iterable[str], down: Iterable[str]) -> Signature:
        """From names of genes that went up and of genes that went down; either may be empty.

        Raises
        ------
        InputError
            When both are empty, or a name stands in both.
        """
        raised, lowered = list(dict.fromkeys(up)), list(dict.fromkeys(down))
        if both := {_meaning(gene) for gene in raised} & {_meaning(gene) for gene in lowered}:
            raise InputError(
                f"{shown(min(both))} stands among the genes that went up and among those that went down."
            )
        changes = dict.fromkeys(raised, 1.0) | dict.fromkeys(lowered, -1.0)
        return cls(changes, is_list=True, said=f"{len(raised)} genes up and {len(lowered)} down")

    @classmethod
    def of_text(cls, text: str) -> Signature:
        """From a table with a heading, apart by tabs, commas or semicolons: a column of genes, and one of changes.

        A ratio becomes its log2. Where columns are not apart by commas, a comma is read as a decimal point. The first
        of several rows of a gene counts.

        Raises
        ------
        InputError
            When it is no such table, naming the headings that are understood.
        """
        rows, delimiter = _rows(text)
        heading = [_folded(cell) for cell in rows[0]]
        gene = _gene_column(heading)
        change = _change_column(heading, gene, rows[1:], delimiter)
        found = [
            (row[gene], _number(row[change], delimiter) if len(row) > max(gene, change) else None)
            for row in rows[1:]
            if len(row) > gene and row[gene]
        ]
        is_ratio = heading[change] == _RATIO
        if is_ratio and any(value is not None and value <= 0 for _, value in found):
            raise InputError(
                f"the column {shown(rows[0][change])} should hold ratios, which are above 0, but it holds others; call it "
                "log2FC where it holds log2 fold changes."
            )
        changes: dict[str, float] = {}
        for name, value in found:
            if value:
                changes.setdefault(name, math.log2(value) if is_ratio else value)
        changes = {name: value for name, value in changes.items() if value}
        return cls(changes, is_list=False, said=_said(rows, changes, rows[0][change], is_ratio=is_ratio))


def read_genes(path: Path) -> list[str]:
    """Names in a plain text file, apart by lines, tabs, commas or spaces.

    Raises
    ------
    InputError
        When the file cannot be read or names no gene.
    """
    found = words(read_text(path))
    if not found:
        raise InputError(f"{shown(path.name)} names no gene.")
    return found


def read_signature(path: Path) -> Signature:
    """A table of changes from a file of at most 16 MiB; see `Signature.of_text`.

    Raises
    ------
    InputError
        When it cannot be read, or is no such table.
    """
    text = read_text(path, most=LARGEST)
    try:
        return Signature.of_text(text)
    except InputError as error:
        raise InputError(f"{shown(path.name)}: {error}") from error


def _rows(text: str) -> tuple[list[list[str]], str]:
    """Every row, the heading first, and what stands between columns."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if len(lines) < 2:
        raise InputError("a table of changes has a heading and a row for each gene.")
    delimiter = next((d for d in "\t;," if d in lines[0]), ",")
    try:
        rows = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=delimiter)]
    except csv.Error as error:
        raise InputError(f"this is no table ({error}).") from None
    # R writes no heading over row names.
    if len(rows[1]) == len(rows[0]) + 1:
        rows[0].insert(0, "")
    if len(rows[0]) < 2:
        raise InputError(
            "a table of changes has a column of genes and one of changes, apart by tabs, commas or semicolons."
        )
    if any(_number(cell, delimiter) is not None for cell in rows[0]):
        raise InputError(
            "the first row holds numbers; a table of changes begins with headings, such as gene and log2FC."
        )
    return rows, delimiter


def _gene_column(heading: Sequence[str]) -> int:
    """The first column with a heading for genes, else the first one."""
    return next((heading.index(name) for name in GENE_HEADINGS if name in heading), 0)


def _change_column(heading: Sequence[str], gene: int, rows: Sequence[Sequence[str]], delimiter: str) -> int:
    for name in CHANGE_HEADINGS:
        if name in heading:
            return heading.index(name)
    numeric = [
        column
        for column in range(len(heading))
        if column != gene
        and all(_number(row[column], delimiter) is not None for row in rows[:50] if len(row) > column)
    ]
    if len(numeric) != 1:
        raise InputError(
            "it is not clear which column holds the changes; call it log2FC (or logFC, log2FoldChange, stat, score)."
        )
    return numeric[0]


def _said(rows: Sequence[Sequence[str]], changes: Mapping[str, float], column: str, *, is_ratio: bool) -> str:
    """What was read, and how many rows were not."""
    kind = ", as log2 of the ratio" if is_ratio else ""
    said = f"{len(changes):,} changes from the column {shown(column)}{kind}"
    if left_out := len(rows) - 1 - len(changes):
        said += f"; {left_out:,} rows were left out (no change, no number, or a gene named before)"
    return said


def _number(cell: str, delimiter: str) -> float | None:
    text = cell.replace("−", "-")
    try:
        value = float(text if delimiter == "," else text.replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _folded(cell: str) -> str:
    return "".join(c for c in cell.casefold() if c.isalnum())


def _meaning(name: str) -> str:
    """The gene of a name, or the name."""
    return GeneNames.load().resolve(name) or name.casefold()
