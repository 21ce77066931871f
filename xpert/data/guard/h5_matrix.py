"""A matrix in an HDF5 file: compressed by cells, by genes, or dense; read in blocks and never whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import h5py
import numpy as np

from xpert.data.guard import h5
from xpert.data.guard.entries import AT_ONCE, Block, Feed, RowSorter, Workplace, check_columns
from xpert.data.guard.values import clean_type
from xpert.data.guard.words import shown
from xpert.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xpert.data.guard.facts import Indices, Numbers

Layout = Literal["csr", "csc", "dense"]
_LAYOUTS: dict[str, Layout] = {
    "csr_matrix": "csr",
    "csc_matrix": "csc",
    "csr": "csr",
    "csc": "csc",
    "array": "dense",
}
_ROWS_AT_ONCE = 2**18


@dataclass(frozen=True)
class StoredMatrix:
    """Where a matrix lies in a file and how; its values have not been read.

    Attributes
    ----------
    where
        Its place in the file, for messages.
    node
        The array, or the group of ``data``, ``indices`` and ``indptr``.
    layout
        ``csr`` is compressed by cells, ``csc`` by genes.
    shape
        Cells and genes.
    dtype
        Type of the stored values.
    """

    where: str
    node: h5py.Group | h5py.Dataset
    layout: Layout
    shape: tuple[int, int]
    dtype: np.dtype[np.generic]

    @property
    def entries(self) -> int | None:
        """How many values a sparse matrix stores; None for a dense one."""
        return None if self.layout == "dense" else int(self.node["data"].shape[0])


def find_matrix(node: h5py.Group | h5py.Dataset, where: str) -> StoredMatrix:
    """Recognise a matrix as anndata writes it, now and in the past.

    Raises
    ------
    InputError
        It is none, or holds something other than numbers.
    """
    encoding = h5.text_attribute(node, "encoding-type", where) or h5.text_attribute(
        node, "h5sparse_format", where
    )
    if isinstance(node, h5py.Dataset):
        encoding = encoding or "array"
    layout = _LAYOUTS.get(encoding or "")
    if layout is None or (layout == "dense") is isinstance(node, h5py.Group):
        what = f"is written as {shown(encoding)}" if encoding else "does not say how it is written"
        raise InputError(
            f"{where} {what}, which this version does not read. "
            "Write it as a dense, CSR or CSC matrix with a current anndata."
        )
    if layout == "dense":
        shape = node.shape
        if shape is None or len(shape) != 2:
            raise InputError(f"{where} should have two axes, cells and genes; its shape is {shape}.")
        return StoredMatrix(where, node, layout, (int(shape[0]), int(shape[1])), _number_type(node, where))
    shape = h5.number_list(node, "shape", where) or h5.number_list(node, "h5sparse_shape", where)
    return sparse_matrix(node, where, layout, shape)


def sparse_matrix(group: h5py.Group, where: str, layout: Layout, shape: list[int] | None) -> StoredMatrix:
    """A compressed matrix, once its parts are there and as long as each other."""
    if shape is None or len(shape) != 2 or min(shape) < 0:
        raise InputError(f"{where} should say its two axes, cells and genes; it says {shape}.")
    parts = {}
    for name in ("data", "indices", "indptr"):
        part = h5.child(group, name, where)
        if not isinstance(part, h5py.Dataset):
            raise InputError(f"{where} lacks its part {name!r}: the file is damaged or was not finished.")
        h5.length(part, f"{where}/{name}")
        parts[name] = part
    stored, named = len(parts["data"]), len(parts["indices"])
    if stored != named:
        raise InputError(f"{where} holds {stored:,} values but {named:,} indices: the file is damaged.")
    for name in ("indices", "indptr"):
        if parts[name].dtype.kind not in "iu":
            raise InputError(f"{where}/{name} should hold whole numbers; it holds {parts[name].dtype}.")
    return StoredMatrix(where, group, layout, (shape[0], shape[1]), _number_type(parts["data"], where))


def _number_type(array: h5py.Dataset, where: str) -> np.dtype[np.generic]:
    with h5.reading(where):
        dtype: np.dtype[np.generic] = np.dtype(array.dtype)
    clean_type(dtype, where)
    return dtype


def copy_matrix(matrix: StoredMatrix, feed: Feed, work: Workplace, *, keep: Indices | None = None) -> None:
    """Read the whole matrix in blocks into `feed`.

    Parameters
    ----------
    matrix
        Its shape must have been compared with the tables of cells and genes.
    feed
        Receives the blocks.
    work
        Used for a matrix that is compressed by genes.
    keep
        New place of each stored column, or −1 for one to leave out; only for ``csr``.
    """
    if matrix.layout == "dense":
        feed.take_rows(_dense_pieces(matrix))
    elif matrix.layout == "csr":
        feed.take_blocks(_by_cell(matrix, keep))
    else:
        sorter = RowSorter(work, matrix.shape[0], matrix.entries or 0, matrix.dtype, feed.check)
        for _, _, columns, rows, values in _slabs(matrix, matrix.shape[1], matrix.shape[0]):
            sorter.add(Block(0, matrix.shape[0], rows, columns, values))
        feed.take_blocks(sorter.blocks())


def _dense_pieces(matrix: StoredMatrix) -> Iterator[Numbers]:
    cells, genes = matrix.shape
    step = max(AT_ONCE // max(genes, 1), 1)
    chunks = matrix.node.chunks
    if chunks and chunks[0] * genes <= 8 * AT_ONCE:  # whole chunks, so that none is unpacked twice
        step = max(step // chunks[0], 1) * chunks[0]
    for first in range(0, cells, step):
        yield h5.read_numbers(matrix.node, matrix.where, np.s_[first : first + step, :])


def _by_cell(matrix: StoredMatrix, keep: Indices | None) -> Iterator[Block]:
    genes = matrix.shape[1] if keep is None else len(keep)
    for first, count, rows, columns, values in _slabs(matrix, matrix.shape[0], genes):
        block = Block(first, count, rows, columns, values)
        yield block if keep is None else block.renumbered(keep)


def _slabs(
    matrix: StoredMatrix, major: int, minor: int
) -> Iterator[tuple[int, int, Indices, Indices, Numbers]]:
    """Runs of consecutive major rows with their entries: first row, rows, major index, minor index, values."""
    pointer = _pointer(matrix, major, minor)
    group, where = matrix.node, matrix.where
    first = 0
    while first < major:
        last = int(np.searchsorted(pointer, pointer[first] + AT_ONCE, side="right")) - 1
        last = min(max(last, first + 1), first + _ROWS_AT_ONCE, major)
        part = slice(int(pointer[first]), int(pointer[last]))
        columns = h5.read_numbers(group["indices"], f"{where}/indices", part).astype(np.int64, copy=False)
        check_columns(columns, minor, f"{where}/indices")
        values = h5.read_numbers(group["data"], f"{where}/data", part)
        rows = np.repeat(np.arange(first, last), np.diff(pointer[first : last + 1]))
        yield first, last - first, rows, columns, values
        first = last


def _pointer(matrix: StoredMatrix, major: int, minor: int) -> Indices:
    """The whole index pointer, which every slice relies on, so that all of it is checked before any."""
    where = f"{matrix.where}/indptr"
    array = matrix.node["indptr"]
    if array.shape[0] != major + 1:
        raise InputError(
            f"{where} has {array.shape[0]:,} entries for {major:,} rows; it should have one more."
        )
    pointer = h5.read_numbers(array, where).astype(np.int64)
    steps = np.diff(pointer)
    if pointer[0] != 0 or pointer[-1] != matrix.entries or (steps < 0).any():
        at = f" from row {int(np.argmax(steps < 0)) + 1:,} on" if (steps < 0).any() else ""
        raise InputError(
            f"{where} does not divide the {matrix.entries or 0:,} stored values into rows{at}: the file is damaged. "
            "Write it again from the data it was made of."
        )
    if steps.size and steps.max() > max(4 * minor, AT_ONCE):
        raise InputError(f"{where}: one row has {int(steps.max()):,} entries for {minor:,} places.")
    return pointer
