"""Gene sets and signed regulons as compact tables; see `rebuild`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from xpert.data.genes import GeneNames

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class SetSource:
    """One collection of gene sets.

    Attributes
    ----------
    collection
        Short name of the collection.
    file
        Its GMT file: one set a line, tab separated.
    first_gene
        Column of the first gene; names and descriptions stand before it.
    """

    collection: str
    file: str
    first_gene: int


SOURCES = (
    SetSource("GO_BP", "enrichr.GO_Biological_Process_2021.gmt", 2),
    SetSource("REACTOME", "ReactomePathways.gmt", 3),
    SetSource("HALLMARK", "h.all.v6.0.symbols.gmt", 2),
)
SMALLEST, LARGEST = 5, 500


def write_gene_sets(priors: Path, out: Path) -> None:
    """Write ``gene_sets.npz``: a genes × sets membership matrix in CSC form with its names."""
    names = GeneNames.load()
    sets = [(source.collection, *found) for source in SOURCES for found in _sets(priors, source, names)]
    genes = sorted({gene for _, _, members in sets for gene in members})
    place = {gene: i for i, gene in enumerate(genes)}
    columns = [np.array(sorted(place[g] for g in members), dtype=np.int32) for _, _, members in sets]
    indptr = np.concatenate([[0], np.cumsum([len(c) for c in columns])]).astype(np.int32)
    matrix = sparse.csc_matrix(
        (np.ones(indptr[-1], dtype=bool), np.concatenate(columns), indptr), shape=(len(genes), len(sets))
    )
    np.savez_compressed(
        out / "gene_sets.npz",
        indices=matrix.indices.astype(np.uint16 if len(genes) < 2**16 else np.int32),
        indptr=matrix.indptr,
        genes=_packed(genes),
        sets=_packed([name for _, name, _ in sets]),
        collections=_packed([collection for collection, _, _ in sets]),
    )


def _sets(priors: Path, source: SetSource, names: GeneNames) -> Iterator[tuple[str, frozenset[str]]]:
    """Sets of a usable size, under approved symbols; a set outside it says too little or too much.

    Reactome lists genes of viruses among the human ones; they have no approved symbol and are left out.
    """
    with (priors / source.file).open(encoding="utf-8") as lines:
        for line in lines:
            fields = [field.strip() for field in line.rstrip("\n").split("\t")]
            found = (approved(field, names) for field in fields[source.first_gene :] if field)
            genes = frozenset(symbol for symbol in found if symbol)
            if SMALLEST <= len(genes) <= LARGEST:
                yield fields[0], genes


def approved(symbol: str, names: GeneNames) -> str | None:
    """Today's approved symbol of one that an annotation used; nicknames do not count."""
    return names.match(symbol, aliases=False).symbol


def write_regulons(priors: Path, out: Path) -> None:
    """Write ``regulons.parquet``: regulator, target and sign of each link."""
    links = pd.read_csv(priors / "collectri_decoupler.csv")
    links = links.rename(columns={"source": "regulator", "weight": "sign"})
    names = GeneNames.load()
    for column in ("regulator", "target"):
        today = {symbol: approved(symbol, names) for symbol in links[column].unique()}
        # Complexes (AP1, NFKB) are no genes, but regulators that a reader of the table may want.
        links[column] = [today[symbol] or symbol for symbol in links[column]]
    links = links.drop_duplicates(["regulator", "target"])
    links = links.astype({"regulator": "category", "target": "category", "sign": "int8"})
    links = links.sort_values(["regulator", "target"], ignore_index=True)
    links.to_parquet(out / "regulons.parquet", compression="zstd", index=False)


def _packed(names: list[str]) -> np.ndarray:
    """Names as one block of bytes, one a line: small, and readable without pickle."""
    return np.frombuffer("\n".join(names).encode(), dtype=np.uint8)
