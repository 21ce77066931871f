"""Many cheap views of a compound, each a similarity: six of its structure, three of what it is known to do.

No single view adds much on held-out compounds; their equal mean beats each of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from xpert.features.structures import DESCRIPTORS, FINGERPRINT_BITS, structure
from xpert.features.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import numpy.typing as npt

    from xpert.features.knowledge import Floats
    from xpert.features.structures import Structure

STRUCTURE_VIEWS = ("morgan", "feature_morgan", "atom_pair", "torsion", "maccs", "descriptors")
ANNOTATION_VIEWS = ("mechanism", "target", "mechanism_words")


@dataclass(frozen=True, eq=False)
class View:
    """Features of compounds in one view.

    Attributes
    ----------
    features
        Shape ``(compounds, features)``; a row without entries means that nothing is known.
    similarity
        Takes two blocks of features, gives their similarity.
    """

    features: Any
    similarity: Callable[[Any, Any], Floats]

    def between(
        self, rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp], same: npt.NDArray[np.bool_]
    ) -> Floats:
        """Similarity of some compounds to others.

        Where the view knows nothing of either, they are 1 if they are the same compound and 0 if not: that keeps
        the matrix positive semi-definite, and independent of which other compounds stand in it.
        """
        a, b = self.features[rows], self.features[columns]
        unknown = np.logical_and.outer(_is_empty(a), _is_empty(b))
        values = np.where(unknown, same, np.clip(self.similarity(a, b), 0, 1))
        return values.astype(np.float32)


def structure_views(smiles: Sequence[str | None]) -> dict[str, View]:
    """The structure's views; a compound without structure has an empty row in each."""
    structures = [structure(text) if text else None for text in smiles]
    views = {
        name: View(_count_matrix(structures, name), tanimoto)
        for name in STRUCTURE_VIEWS
        if name != "descriptors"
    }
    return views | {"descriptors": View(scaled_descriptors(structures), gaussian)}


def annotation_views(
    targets: Sequence[Iterable[str]], mechanisms: Sequence[Iterable[str]]
) -> dict[str, View]:
    """Cosine of one-hot mechanisms, one-hot targets and the words of the mechanisms."""
    words = [{word for mechanism in listed for word in mechanism.lower().split()} for listed in mechanisms]
    return {
        "mechanism": View(_one_hot(mechanisms), cosine),
        "target": View(_one_hot(targets), cosine),
        "mechanism_words": View(_one_hot(words), cosine),
    }


def molecular_weight(smiles: str) -> float:
    """Molecular weight in g/mol."""
    return float(structure(smiles).descriptors[DESCRIPTORS.index("MolWt")])


def _count_matrix(structures: Sequence[Structure | None], view: str) -> sparse.csr_matrix:
    """Counts as a sparse matrix, shape ``(compounds, FINGERPRINT_BITS)``."""
    empty = np.zeros(0, dtype=np.int32)
    entries = [s.counts[view] if s else (empty, empty) for s in structures]
    lengths = [len(positions) for positions, _ in entries]
    positions = np.concatenate([e[0] for e in entries]) if entries else empty
    counts = np.concatenate([e[1] for e in entries]) if entries else empty
    indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    return sparse.csr_matrix((counts, positions, indptr), shape=(len(structures), FINGERPRINT_BITS))


def tanimoto(a: sparse.csr_matrix, b: sparse.csr_matrix) -> Floats:
    """Sum of minima over sum of maxima of counts, shape ``(a, b)``; 0 where both are empty.

    A count n is spelt as n ones, so that the sum of minima is a sparse product.
    """
    most = int(max(a.data.max(initial=0), b.data.max(initial=0)))
    shared = np.zeros((a.shape[0], b.shape[0]), dtype=np.float32)
    for level in range(1, most + 1):
        at_least_a, at_least_b = _reaching(a, level), _reaching(b, level)
        if not (at_least_a.nnz and at_least_b.nnz):
            break
        shared += (at_least_a @ at_least_b.T).toarray()
    total = np.add.outer(np.asarray(a.sum(axis=1)).ravel(), np.asarray(b.sum(axis=1)).ravel()) - shared
    values = np.divide(shared, total, out=np.zeros_like(shared), where=total > 0)
    return np.asarray(values, dtype=np.float32)


def _reaching(counts: sparse.csr_matrix, level: int) -> sparse.csr_matrix:
    reached = counts.copy()
    reached.data = (counts.data >= level).astype(np.float32)
    reached.eliminate_zeros()
    return reached


def scaled_descriptors(structures: Sequence[Structure | None]) -> Floats:
    """Descriptors in standard deviations of the shipped compounds, clipped to ±5; NaN without structure."""
    with np.load(TABLES / "descriptor_scale.npz", allow_pickle=False) as stored:
        centre, scale = stored["centre"], stored["scale"]
    unknown = np.full(len(DESCRIPTORS), np.nan)
    values = np.array([s.descriptors if s else unknown for s in structures]).reshape(-1, len(DESCRIPTORS))
    return np.asarray(np.clip((values - centre) / scale, -5, 5), dtype=np.float32)


def gaussian(a: Floats, b: Floats) -> Floats:
    """Gaussian similarity of standardised descriptors, its width that of their number; 0 where unknown."""
    squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1)[None, :] - 2 * a @ b.T
    similarity = np.exp(-np.maximum(squares, 0) / len(DESCRIPTORS))
    return np.asarray(np.nan_to_num(similarity, nan=0.0), dtype=np.float32)


def cosine(a: sparse.csr_matrix, b: sparse.csr_matrix) -> Floats:
    """Cosine of rows; 0 for an empty row."""
    values: Floats = (_unit(a) @ _unit(b).T).toarray()
    return values


def _is_empty(features: sparse.csr_matrix | Floats) -> npt.NDArray[np.bool_]:
    """Rows without an entry; dense features say so by NaN."""
    if isinstance(features, np.ndarray):
        return np.asarray(np.isnan(features).any(axis=1))
    return np.asarray(np.diff(features.indptr) == 0)


def _unit(rows: sparse.csr_matrix) -> sparse.csr_matrix:
    length = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    return sparse.csr_matrix(sparse.diags(1 / np.where(length > 0, length, 1)) @ rows)


def _one_hot(labels: Sequence[Iterable[str]]) -> sparse.csr_matrix:
    listed = [(i, label) for i, found in enumerate(labels) for label in sorted(set(found))]
    column = {label: j for j, label in enumerate(sorted({label for _, label in listed}))}
    rows, columns = [i for i, _ in listed], [column[label] for _, label in listed]
    return sparse.csr_matrix(
        (np.ones(len(listed)), (rows, columns)), shape=(len(labels), max(len(column), 1))
    )
