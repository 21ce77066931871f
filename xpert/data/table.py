"""A table of cells × genes with what describes both: the value that every reading ends in."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from xpert.data.guard.csr import csr_of
from xpert.data.guard.facts import Facts, RunningFacts
from xpert.data.guard.values import ValueCheck, clean_type
from xpert.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import anndata

    from xpert.data.guard.facts import Numbers

    Values = Any  # whatever AnnData holds
    Matrix = sparse.csr_matrix[Any] | Numbers


@dataclass(frozen=True, eq=False)
class CellTable:
    """Expression of cells, checked: finite, in bounds, without duplicate entries.

    Attributes
    ----------
    matrix
        CSR or dense, float32 or int32, shape ``(cells, genes)``; of a file it is a read-only memory map,
        so that only what is used is read.
    obs
        What describes the cells; its index names them, each once.
    var
        What describes the genes; its index holds their names as in the file, repeats included.
    layer
        Which matrix of the file this is: ``X``, ``raw`` or a layer's name.
    layers
        Those that could be chosen.
    name
        What the file is called, for people.
    sha256
        Hash of the file's bytes (of the values, for a table that comes from memory).
    format
        ``h5ad``, ``10x h5``, ``10x folder``, ``table`` or ``memory``.
    facts
        What is true of the whole matrix.
    hints
        What the file says of its processing and what was done in reading it, by topic: ``log1p``,
        ``duplicates``, ``cell_names``, ``feature_types``, ``obs``, ``obs_left_out``, ``var_left_out``,
        ``obsm_left_out``.
    places
        Where the cells stand on each map of the file (``X_umap``, …), float32, shape ``(cells, 2)``.
    """

    matrix: Matrix
    obs: pd.DataFrame
    var: pd.DataFrame
    layer: str
    layers: tuple[str, ...]
    name: str
    sha256: str
    format: str
    facts: Facts
    hints: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, npt.NDArray[np.float32]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.matrix.shape != (len(self.obs), len(self.var)):
            raise ValueError(
                f"the matrix is {self.matrix.shape}, but {len(self.obs)} cells and {len(self.var)} genes are named"
            )
        if not self.obs.index.is_unique:
            raise ValueError("two cells have one name")
        if self.facts.totals.shape != (len(self.obs),):
            raise ValueError("the facts are of another matrix")
        if any(place.shape != (len(self.obs), 2) for place in self.places.values()):
            raise ValueError("a map does not place every cell")

    @property
    def shape(self) -> tuple[int, int]:
        """Cells and genes."""
        return len(self.obs), len(self.var)

    @property
    def gene_names(self) -> tuple[str, ...]:
        """Names of the genes as in the file; a name may stand twice."""
        return tuple(self.var.index)

    @property
    def is_sparse(self) -> bool:
        """Whether the matrix is CSR."""
        return bool(sparse.issparse(self.matrix))

    def chunks(self, cells: int = 5000) -> Iterator[tuple[slice, Matrix]]:
        """Consecutive cells and their part of the matrix, which stays on disk until it is used."""
        for first in range(0, self.shape[0], cells):
            part = slice(first, min(first + cells, self.shape[0]))
            yield part, _rows(self.matrix, part)

    @classmethod
    def from_anndata(cls, adata: anndata.AnnData, *, name: str, layer: str = "X") -> CellTable:
        """A table of an AnnData object in memory, under the same checks as a file's.

        Parameters
        ----------
        adata
            An `anndata.AnnData`; it is not kept.
        name
            What to call it.
        layer
            ``X``, ``raw`` or a layer's name.

        Raises
        ------
        InputError
            The layer is not there, or its values are no finite numbers.
        """
        var = (adata.raw.var if layer == "raw" else adata.var).copy()
        layers = ("X", *(("raw",) if adata.raw is not None else ()), *adata.layers.keys())
        if layer not in layers or _layer(adata, layer) is None:
            raise InputError(f"{name} has no layer {layer!r}. It has {', '.join(layers)}.")
        obs = adata.obs.copy()
        obs.index, var.index = pd.Index(obs.index.astype(str)), pd.Index(var.index.astype(str))
        if not obs.index.is_unique:
            raise InputError(f"{name}: two cells have one name. Call adata.obs_names_make_unique() first.")
        matrix, facts = _checked(_layer(adata, layer), obs, var, name)
        hints = {"log1p": "uns says that log1p was applied"} if "log1p" in adata.uns else {}
        digest = _digest(matrix, obs, var)
        places = _places(adata)
        return cls(matrix, obs, var, layer, layers, name, digest, "memory", facts, hints, places)

    def to_anndata(self) -> anndata.AnnData:
        """The same as an `anndata.AnnData`, with a copy of the values in memory."""
        import anndata

        return anndata.AnnData(self.matrix.copy(), obs=self.obs.copy(), var=self.var.copy())


def _layer(adata: anndata.AnnData, layer: str) -> Values:
    if layer == "raw":
        return adata.raw.X
    return adata.X if layer == "X" else adata.layers[layer]


def _places(adata: anndata.AnnData) -> dict[str, npt.NDArray[np.float32]]:
    """The first two columns of each finite table of numbers in ``obsm``."""
    found = {}
    for name, table in adata.obsm.items():
        if (
            isinstance(table, np.ndarray)
            and table.ndim == 2
            and table.shape[1] > 1
            and table.dtype.kind in "iuf"
        ):
            place = table[:, :2].astype(np.float32)
            if np.isfinite(place).all():
                found[str(name)] = place
    return found


def _rows(matrix: Matrix, part: slice) -> Matrix:
    """Some rows, without a copy of their values."""
    if not sparse.issparse(matrix):
        return matrix[part]
    pointer = matrix.indptr[part.start : part.stop + 1]
    inside = slice(pointer[0], pointer[-1])
    shape = (len(pointer) - 1, matrix.shape[1])
    return csr_of(shape, matrix.data[inside], matrix.indices[inside], pointer - pointer[0])


def _checked(values: Values, obs: pd.DataFrame, var: pd.DataFrame, name: str) -> tuple[Matrix, Facts]:
    """A matrix in memory in the form that a file's has, and its facts."""
    check = ValueCheck(name, lambda at: str(obs.index[at]), lambda at: str(var.index[at]))
    is_sparse: bool = sparse.issparse(values)
    matrix, facts = _checked_sparse(values, check) if is_sparse else _checked_dense(np.asarray(values), check)
    check.finish(len(obs) * len(var))
    return matrix, facts.finish(len(var))


def _checked_sparse(values: Values, check: ValueCheck) -> tuple[Matrix, RunningFacts]:
    csr = values.tocsr(copy=True)
    clean_type(csr.dtype, check.where)
    csr.check_format(full_check=True)
    csr.sum_duplicates()
    rows = np.repeat(np.arange(csr.shape[0]), np.diff(csr.indptr))
    finite = check.finite(csr.data, lambda at: (int(rows[at]), int(csr.indices[at])))
    kept = check.kept(finite, lambda at: (int(rows[at]), int(csr.indices[at])))
    facts = RunningFacts()
    facts.add_entries(csr.shape[0], rows[finite != 0], finite[finite != 0])
    matrix = sparse.csr_matrix((kept, csr.indices, csr.indptr), shape=csr.shape)
    matrix.eliminate_zeros()
    return matrix, facts


def _checked_dense(values: npt.NDArray[Any], check: ValueCheck) -> tuple[Matrix, RunningFacts]:
    clean_type(values.dtype, check.where)
    genes = max(values.shape[1], 1)
    finite = check.finite(values, lambda at: (at // genes, at % genes))
    facts = RunningFacts()
    facts.add_rows(finite)
    return np.array(check.kept(finite, lambda at: (at // genes, at % genes))), facts


def _digest(matrix: Matrix, obs: pd.DataFrame, var: pd.DataFrame) -> str:
    parts = (matrix.data, matrix.indices, matrix.indptr) if sparse.issparse(matrix) else (matrix,)
    digest = hashlib.sha256(repr(matrix.shape).encode())
    for part in parts:
        digest.update(np.ascontiguousarray(part).data)
    for frame in (obs, var):
        digest.update(frame.to_csv().encode())
    return digest.hexdigest()
