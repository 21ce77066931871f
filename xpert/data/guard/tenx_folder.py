"""A folder with ``matrix.mtx``, ``barcodes.tsv`` and ``features.tsv`` (or ``genes.tsv``), each plain or gzipped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from xpert.data.guard.columns import Columns
from xpert.data.guard.entries import Block, Feed, RowSorter, check_columns
from xpert.data.guard.job import check_size
from xpert.data.guard.names import check_labels, check_names
from xpert.data.guard.tenx import choose_features, feature_table
from xpert.data.guard.text import LineReader, Lines, parse
from xpert.data.guard.values import ValueCheck
from xpert.data.guard.words import shown
from xpert.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xpert.data.guard.facts import Indices
    from xpert.data.guard.job import Job


@dataclass(frozen=True)
class _Head:
    """What the beginning of ``matrix.mtx`` claims."""

    features: int
    cells: int
    entries: int
    dtype: np.dtype[np.generic]
    is_pattern: bool


def read_folder(files: Mapping[str, tuple[int, str]], job: Job) -> None:
    """Copy the matrix of one feature type, cells as rows.

    Parameters
    ----------
    files
        Descriptor and display name of ``matrix``, ``barcodes`` and ``features``.
    job
        Receives the copy.
    """
    barcodes = _columns(*files["barcodes"], job)
    obs = Columns(barcodes[0])
    table, keep, layer, layers = choose_features(_features(files["features"], job), job.layer, job.hints)
    reader = LineReader(*files["matrix"], job.limits)
    head = _head(reader)
    features = len(keep) if keep is not None else len(table)
    if (head.features, head.cells) != (features, len(obs)):
        turned = (head.cells, head.features) == (features, len(obs))
        advice = (
            "It lies on its side: write it as features × cells."
            if turned
            else "They are not of one data set."
        )
        raise InputError(
            f"{reader.name} says {head.features:,} features × {head.cells:,} cells, but {files['features'][1]} lists "
            f"{features:,} and {files['barcodes'][1]} {len(obs):,}. {advice}"
        )
    check = ValueCheck(reader.name, obs.name, table.name)
    check_size(len(obs), len(table), job.limits)
    feed = job.open_feed(check, len(table), head.dtype, entries=head.entries, cells=len(obs))
    _copy(reader, head, feed, job, keep)
    job.close_feed(feed)
    job.finish("10x folder", obs, table, layer=layer, layers=layers)


def _features(file: tuple[int, str], job: Job) -> Columns:
    columns = _columns(*file, job)
    names = columns[1] if len(columns) > 1 else None
    return feature_table(columns[0], names, columns[2] if len(columns) > 2 else None)


def _columns(descriptor: int, name: str, job: Job) -> list[pa.ChunkedArray]:
    """The first three columns of a headless tab-separated file: two of names, one of labels."""
    reader = LineReader(descriptor, name, job.limits)
    tables: list[pa.Table] = []
    rows = width = 0
    for block in reader.blocks():
        width = width or block.partition(b"\n")[0].count(b"\t") + 1
        table = parse(
            block,
            Lines(name, ["id", "name", "type", *[""] * width], [pa.string()] * width, "\t", is_quoted=False),
        )
        for i, check in zip(range(min(width, 3)), (check_names, check_names, check_labels), strict=False):
            if table[str(i)].null_count:
                raise InputError(f"{name} has an empty field in column {i + 1}; each row needs a name.")
            check(table[str(i)].to_pylist(), name, longest=job.limits.name, first=rows)
        rows += len(table)
        tables.append(table)
    if not tables:
        raise InputError(f"{name} is empty.")
    whole = pa.concat_tables(tables)
    return [whole[str(i)] for i in range(min(width, 3))]


def _head(reader: LineReader) -> _Head:
    words = reader.line().lower().split()
    if len(words) < 5 or words[:3] != ["%%matrixmarket", "matrix", "coordinate"]:
        raise InputError(f"{reader.name} does not begin with '%%MatrixMarket matrix coordinate'.")
    kind, symmetry = words[3], words[4]
    if kind not in {"integer", "real", "pattern"} or symmetry != "general":
        raise InputError(
            f"{reader.name} holds {shown(kind)} {shown(symmetry)} values; counts should be general."
        )
    line = reader.line()
    while line.startswith("%"):
        line = reader.line()
    numbers = line.split()
    if len(numbers) != 3 or not all(n.isascii() and n.isdigit() and len(n) < 19 for n in numbers):
        raise InputError(f"{reader.name} should say features, cells and entries; it says {shown(line)}.")
    features, cells, entries = map(int, numbers)
    dtype = np.dtype(np.float64 if kind == "real" else np.int64)
    return _Head(features, cells, entries, dtype, is_pattern=kind == "pattern")


def _copy(reader: LineReader, head: _Head, feed: Feed, job: Job, keep: Indices | None) -> None:
    value_type = pa.float64() if head.dtype.kind == "f" else pa.int64()
    types: list[Any] = [pa.int64(), pa.int64()] if head.is_pattern else [pa.int64(), pa.int64(), value_type]
    if head.entries > 4 * head.features * head.cells:
        raise InputError(f"{reader.name} says that it has {head.entries:,} entries, more than it has places.")
    lines = Lines(reader.name, ["feature", "cell", "value"], types, " ")
    sorter = RowSorter(job.workplace, head.cells, head.entries, head.dtype, feed.check)
    seen = 0
    for block in reader.blocks():
        table = parse(block, lines)
        if any(table[i].null_count for i in range(len(types))):
            raise InputError(f"{reader.name} has an entry without a number.")
        features, cells = table["0"].to_numpy() - 1, table["1"].to_numpy() - 1
        values = np.ones(len(cells), np.int64) if head.is_pattern else table["2"].to_numpy()
        seen += len(cells)
        if seen > head.entries:
            break
        check_columns(features, head.features, f"{reader.name}, feature")
        check_columns(cells, head.cells, f"{reader.name}, cell")
        entries = Block(0, head.cells, cells, features, values)
        sorter.add(entries if keep is None else entries.renumbered(keep))
    if seen != head.entries:
        more = "more" if seen > head.entries else f"{seen:,}"
        raise InputError(
            f"{reader.name} says that it has {head.entries:,} entries, but has {more}: it is damaged or cut off."
        )
    feed.take_blocks(sorter.blocks())
