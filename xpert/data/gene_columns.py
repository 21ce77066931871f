"""The columns of a table as genes: resolved by name, duplicates joined, everything that was done reported."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy import sparse

from xpert.data.genes import GeneMatch, MatchKind, looks_like_date, organism_of
from xpert.data.matrix import is_sparse
from xpert.data.problem import Problem, listed, plural
from xpert.data.readout import Readout

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from xpert.data.genes import GeneNames, Organism
    from xpert.data.matrix import Cells

# Share of the names from which on a table as a whole is taken to be named in one way.
MOST = 0.6


@dataclass(frozen=True, eq=False)
class GeneColumns:
    """Which gene each column of a table measures.

    Attributes
    ----------
    genes
        Names of the genes, unique, in the order in which they first stand in the file.
    codes
        Gene of each column, shape ``(columns,)``.
    organism
        By the names.
    renamed
        Name in the file to approved symbol, where they differ.
    duplicates
        Gene to the names of its columns, where it has several.
    ambiguous
        Name in the file to the genes that it may mean; kept under its own name.
    dates
        Name that a spreadsheet turned into a date to what it was read as, itself where that is unknown.
    unknown
        Names that HGNC does not know; kept as they are.
    """

    genes: tuple[str, ...]
    codes: npt.NDArray[np.int64]
    organism: Organism
    renamed: Mapping[str, str]
    duplicates: Mapping[str, tuple[str, ...]]
    ambiguous: Mapping[str, tuple[str, ...]]
    dates: Mapping[str, str]
    unknown: tuple[str, ...]

    @classmethod
    def of(cls, names: Iterable[str], known: GeneNames) -> GeneColumns:
        """Resolve names to genes.

        Names of mouse genes are kept as they are: HGNC names human genes only.
        """
        listed_names = [str(name).strip() for name in names]
        read = _matches(listed_names, known)
        organism = _organism(listed_names, read)
        is_human = organism != "mouse"
        symbol = {name: (is_human and match.symbol) or name for name, match in read.items()}
        place: dict[str, int] = {}
        codes = np.array([place.setdefault(symbol[n], len(place)) for n in listed_names], dtype=np.int64)
        columns = Counter(symbol[name] for name in listed_names)
        return cls(
            genes=tuple(place),
            codes=codes,
            organism=organism,
            renamed={n: s for n, s in symbol.items() if s != n and read[n].kind is not MatchKind.EXCEL_DATE},
            duplicates={
                gene: tuple(name for name in listed_names if symbol[name] == gene)
                for gene in (gene for gene, count in columns.items() if count > 1)
            },
            ambiguous={n: m.candidates for n, m in read.items() if is_human and m.is_ambiguous},
            dates={name: symbol[name] for name in read if looks_like_date(name)},
            unknown=tuple(n for n, m in read.items() if is_human and m.symbol is None),
        )

    @property
    def is_plain(self) -> bool:
        """Whether each column is a gene of its own."""
        return len(self.genes) == len(self.codes)

    def joined(self, values: Cells, readout: Readout) -> Cells:
        """Values per gene, shape ``(cells, genes)``: duplicates are summed where amounts add up, else averaged.

        Parameters
        ----------
        values
            CSR matrix or array, shape ``(cells, columns)``.
        readout
            Unit of the values; counts and CP10k add up.
        """
        if self.is_plain:
            return values
        weights = np.ones(len(self.codes))
        if not adds_up(readout):
            weights /= np.bincount(self.codes)[self.codes]
        shape = (len(self.codes), len(self.genes))
        places = (np.arange(len(self.codes)), self.codes)
        join = sparse.csr_matrix((weights.astype(np.float32), places), shape=shape)
        return values @ join if is_sparse(values) else np.asarray((join.T @ values.T).T)


def _matches(names: list[str], known: GeneNames) -> dict[str, GeneMatch]:
    """What each name means. Numbers are Entrez ids only where most names are, and do not just count."""
    read = {name: known.match(name, aliases=False) for name in dict.fromkeys(names)}
    numbers = [name for name, match in read.items() if match.kind is MatchKind.ENTREZ]
    counted = {str(place) for place in range(len(names) + 1)}
    if len(numbers) < MOST * len(read) or set(numbers) <= counted:
        read.update(dict.fromkeys(numbers, GeneMatch(None, None)))
    return read


def _organism(names: list[str], read: Mapping[str, GeneMatch]) -> Organism:
    """By the look of the names; numbers have none, but most of them are ids of human genes or they are not."""
    organism = organism_of(names)
    are_ids = any(match.kind is MatchKind.ENTREZ for match in read.values())
    return "human" if organism == "unknown" and are_ids else organism


def adds_up(readout: Readout) -> bool:
    """Whether the values of two columns of one gene are summed."""
    return readout in {Readout.COUNTS, Readout.CP10K}


def gene_problems(columns: GeneColumns, readout: Readout) -> list[Problem]:
    """Everything about the genes' names that a person should know."""
    found: list[Problem] = []
    if columns.duplicates:
        how = "added up" if adds_up(readout) else "averaged"
        found.append(
            Problem(
                "warning",
                "genes",
                f"{plural(len(columns.duplicates), 'gene')} with several columns: {listed(tuple(columns.duplicates))}. "
                f"These are {how}.",
                "If they measure different things, give them different names.",
            )
        )
    if columns.dates:
        read = [f"{name} → {gene}" if gene != name else name for name, gene in columns.dates.items()]
        found.append(
            Problem(
                "warning",
                "genes",
                f"A spreadsheet turned gene names into dates: {listed(read)}.",
                "Check that each was read as the gene that was meant (1-Mar may have been MARCH1 or MARC1).",
            )
        )
    if columns.ambiguous:
        read = [f"{name} ({' or '.join(genes)})" for name, genes in columns.ambiguous.items()]
        what = f"{plural(len(read), 'former name')} of several genes, kept as in the file: {listed(read)}."
        found.append(
            Problem("info", "genes", what, "Use approved symbols or Ensembl ids to tell them apart.")
        )
    return found + _about_the_table(columns)


def _about_the_table(columns: GeneColumns) -> list[Problem]:
    """Whether the names as a whole are those of a known organism, and what was renamed."""
    found: list[Problem] = []
    former = {
        name: gene
        for name, gene in columns.renamed.items()
        if not (name.isdecimal() or name.upper().startswith("ENS")) and name.casefold() != gene.casefold()
    }
    if former:
        read = [f"{name} → {gene}" for name, gene in former.items()]
        what = f"{plural(len(former), 'gene')} with another name today: {listed(read)}."
        found.append(Problem("info", "genes", what, "Nothing to do: the name of today is used."))
    if columns.organism == "mouse":
        what = "The genes are mouse genes. Names are kept as they are; bundled models know human genes."
        found.append(Problem("warning", "genes", what, "Train a model on mouse data: xpert train FILE."))
    elif len(columns.unknown) > 0.5 * max(1, len(columns.genes)):
        what = f"{len(columns.unknown):,} of {len(columns.genes):,} genes are no names that HGNC knows: "
        what += f"{listed(columns.unknown)}."
        do = "Use symbols or Ensembl ids, or name the column of var that holds them: --map genes=COLUMN."
        found.append(Problem("warning", "genes", what, do))
    return found
