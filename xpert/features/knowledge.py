"""What is known of genes before any experiment: gene sets and signed regulons, as similarities and vectors.

Similarity is the cosine of raw membership weighted by how rare each set is. It is not compressed: on held-out
knockouts the raw form helps, while 64 components of the same memberships do not.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy import sparse

from xpert.features.tables import TABLES, read_names
from xpert.parquet import read_frame

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Floats = npt.NDArray[np.float32]

KERNEL_COLLECTIONS = ("GO_BP", "REACTOME")
GENE_FLAGS = ("in_gene_sets", "is_regulator", "is_regulated")


@dataclass(frozen=True, eq=False)
class GeneKnowledge:
    """Gene sets and regulons, by gene symbol.

    Attributes
    ----------
    genes
        Symbols, one per row of `membership`.
    set_names, set_collections
        Name and collection (``GO_BP``, ``REACTOME``, ``HALLMARK``) of each column.
    membership
        True where a gene is in a set, shape ``(genes, sets)``.
    regulators, targets
        Symbols of the rows and columns of `regulation`.
    regulation
        +1 where the regulator activates, -1 where it represses, shape ``(regulators, targets)``.
    """

    genes: tuple[str, ...]
    set_names: tuple[str, ...]
    set_collections: tuple[str, ...]
    membership: sparse.csr_matrix
    regulators: tuple[str, ...]
    targets: tuple[str, ...]
    regulation: sparse.csr_matrix

    def __post_init__(self) -> None:
        shape = (len(self.genes), len(self.set_names))
        if self.membership.shape != shape or len(self.set_collections) != shape[1]:
            raise ValueError(f"membership has shape {self.membership.shape}, not {shape}")
        if self.regulation.shape != (len(self.regulators), len(self.targets)):
            raise ValueError(f"regulation has shape {self.regulation.shape}")

    @classmethod
    def load(cls) -> GeneKnowledge:
        """The tables that ship with the package; read once."""
        return _shipped()

    @cached_property
    def _row(self) -> dict[str, int]:
        return {gene: i for i, gene in enumerate(self.genes)}

    @cached_property
    def _regulator(self) -> dict[str, int]:
        return {gene: i for i, gene in enumerate(self.regulators)}

    @cached_property
    def _target(self) -> dict[str, int]:
        return {gene: i for i, gene in enumerate(self.targets)}

    @cached_property
    def _weighted(self) -> sparse.csr_matrix:
        """Membership × inverse document frequency, rows of unit length, shape ``(genes, kernel sets)``."""
        in_kernel = np.flatnonzero(np.isin(self.set_collections, KERNEL_COLLECTIONS))
        chosen = self.membership[:, in_kernel].astype(np.float64)
        size = np.asarray(chosen.sum(axis=0)).ravel()
        rarity = np.log(chosen.shape[0] / np.maximum(size, 1))
        weighted = chosen @ sparse.diags(rarity)
        length = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
        return sparse.csr_matrix(sparse.diags(1 / np.where(length > 0, length, 1)) @ weighted)

    def known(self, symbol: str) -> bool:
        """Whether a gene is in at least one set that the similarity uses, so that it has a vector."""
        row = self._row.get(symbol)
        return row is not None and bool(self._weighted.indptr[row + 1] > self._weighted.indptr[row])

    def memberships(self, symbols: Sequence[str]) -> sparse.csr_matrix:
        """Weighted memberships, rows of unit length or empty for a gene in no set, shape ``(symbols, sets)``."""
        return _rows(self._weighted, self._row, symbols)

    def kernel(self, a: Sequence[str], b: Sequence[str]) -> Floats:
        """Similarity of genes, 0 to 1, shape ``(a, b)``.

        A gene is 1 to itself, also when it is in no set; it is then 0 to every other.
        """
        similarity = (self.memberships(a) @ self.memberships(b).T).toarray()
        return _with_ones_where_equal(similarity, a, b)

    def vectors(self, symbols: Sequence[str], width: int = 256) -> Floats:
        """Fixed dense vectors, shape ``(symbols, width + len(GENE_FLAGS))``; zeros for a gene in no set.

        Memberships are projected on random signs (Achlioptas 2003): in expectation inner products of the
        first `width` entries equal `kernel`, with a standard error near ``width ** -0.5``. The signs are bits
        of a hash of each set's name, so a vector depends neither on the other genes asked for, nor on the
        order of sets, nor on any generator's version. The flags follow.
        """
        dense = self.memberships(symbols) @ self._projection(width)
        flags = [
            [gene in self._row and self.known(gene), gene in self._regulator, gene in self._target]
            for gene in symbols
        ]
        return np.hstack([dense, np.array(flags, dtype=np.float32).reshape(-1, len(GENE_FLAGS))]).astype(
            np.float32
        )

    def regulates(self, regulator: str, genes: Sequence[str]) -> Floats:
        """Sign with which a regulator acts on each gene, 0 where no link is known, shape ``(genes,)``."""
        rows = self.regulator_rows([regulator])
        return np.asarray(self.regulation_of(genes)[rows].sum(axis=0), dtype=np.float32).ravel()

    def regulation_of(self, genes: Sequence[str]) -> sparse.csr_matrix:
        """How each regulator acts on some genes, shape ``(regulators, genes)``."""
        return sparse.csr_matrix(_rows(self._regulation_by_target, self._target, genes).T)

    def regulation_by(self, genes: Sequence[str]) -> sparse.csr_matrix:
        """How some genes act on each target, shape ``(targets, genes)``."""
        return sparse.csr_matrix(_rows(self.regulation, self._regulator, genes).T)

    def regulator_rows(self, symbols: Sequence[str]) -> list[int]:
        """Rows of `regulation` of those symbols that are regulators."""
        return [self._regulator[symbol] for symbol in symbols if symbol in self._regulator]

    def target_rows(self, symbols: Sequence[str]) -> list[int]:
        """Columns of `regulation` of those symbols that are regulated."""
        return [self._target[symbol] for symbol in symbols if symbol in self._target]

    @cached_property
    def _regulation_by_target(self) -> sparse.csr_matrix:
        return sparse.csr_matrix(self.regulation.T)

    def sets(self, collection: str) -> Mapping[str, tuple[str, ...]]:
        """Gene symbols of each set of one collection, by the set's name.

        Raises
        ------
        KeyError
            When there is no such collection.
        """
        chosen = [j for j, name in enumerate(self.set_collections) if name == collection]
        if not chosen:
            raise KeyError(f"no collection {collection!r}; there are {sorted(set(self.set_collections))}")
        columns = sparse.csc_matrix(self.membership)
        return {
            self.set_names[j]: tuple(
                self.genes[i] for i in columns.indices[columns.indptr[j] : columns.indptr[j + 1]]
            )
            for j in chosen
        }

    def _projection(self, width: int) -> Floats:
        """Signs of each kernel set, shape ``(kernel sets, width)``, scaled to keep inner products."""
        names = [
            f"{collection}:{name}"
            for name, collection in zip(self.set_names, self.set_collections, strict=True)
            if collection in KERNEL_COLLECTIONS
        ]
        return signs(names, width) / np.float32(np.sqrt(width))


def signs(names: Sequence[str], width: int) -> Floats:
    """+1 or -1 from a hash of each name, shape ``(names, width)``; the same in every process and version."""
    size = -(-width // 8)
    digests = b"".join(hashlib.shake_256(name.encode()).digest(size) for name in names)
    bits = np.unpackbits(np.frombuffer(digests, dtype=np.uint8).reshape(len(names), size), axis=1)
    return bits[:, :width].astype(np.float32) * 2 - 1


def _rows(matrix: sparse.csr_matrix, place: Mapping[str, int], symbols: Sequence[str]) -> sparse.csr_matrix:
    """Rows by name, empty where the name is not there."""
    found = [(i, place[symbol]) for i, symbol in enumerate(symbols) if symbol in place]
    picks = sparse.csr_matrix(
        (np.ones(len(found)), ([i for i, _ in found], [row for _, row in found])),
        shape=(len(symbols), matrix.shape[0]),
    )
    return sparse.csr_matrix(picks @ matrix)


def _with_ones_where_equal(similarity: npt.NDArray[np.float64], a: Sequence[str], b: Sequence[str]) -> Floats:
    columns: dict[str, list[int]] = {}
    for j, symbol in enumerate(b):
        columns.setdefault(symbol, []).append(j)
    for i, symbol in enumerate(a):
        similarity[i, columns.get(symbol, [])] = 1.0
    return np.asarray(np.clip(similarity, 0, 1), dtype=np.float32)


@cache
def _shipped() -> GeneKnowledge:

    with np.load(TABLES / "gene_sets.npz", allow_pickle=False) as stored:
        genes, sets, collections = (read_names(stored[key]) for key in ("genes", "sets", "collections"))
        indices = stored["indices"].astype(np.int32)
        membership = sparse.csc_matrix(
            (np.ones(len(indices), dtype=bool), indices, stored["indptr"]), shape=(len(genes), len(sets))
        )
    links = read_frame(TABLES / "regulons.parquet")
    regulator, target = links["regulator"].cat, links["target"].cat
    regulation = sparse.csr_matrix(
        (links["sign"].to_numpy(np.float32), (regulator.codes.to_numpy(), target.codes.to_numpy())),
        shape=(len(regulator.categories), len(target.categories)),
    )
    return GeneKnowledge(
        genes=genes,
        set_names=sets,
        set_collections=collections,
        membership=sparse.csr_matrix(membership),
        regulators=tuple(regulator.categories),
        targets=tuple(target.categories),
        regulation=regulation,
    )
