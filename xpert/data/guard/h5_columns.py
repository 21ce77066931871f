"""The obs and var tables of an h5ad file: every form in which anndata has written them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from xpert.data.guard import h5
from xpert.data.guard.columns import ArrowValues, Columns
from xpert.data.guard.names import check_labels, check_names, decode
from xpert.data.guard.words import listed, shown
from xpert.errors import InputError

if TYPE_CHECKING:
    from xpert.data.guard.limits import Limits

_LEGACY_CATEGORIES = "__categories"


class UnreadableColumnError(Exception):
    """A column holds something that a table of text and numbers cannot; its text says what."""


def read_columns(root: h5py.Group, name: str, limits: Limits, *, what: str) -> Columns:
    """Read ``obs`` or ``var``.

    Parameters
    ----------
    root
        The group that holds the table; its ``uns`` holds the categories of very old files.
    name
        ``obs``, ``var`` or ``raw.var``.
    what
        ``cells`` or ``genes``, for messages.
    """
    node = h5.child(root, name, "the file")
    where = f"{root.name}/{name}".lstrip("/")
    if node is None:
        raise InputError(
            f"The file has no table {shown(where)}, which names its {what}. Write it again with anndata."
        )
    most = limits.cells if what == "cells" else limits.genes
    if isinstance(node, h5py.Dataset):
        _check_count(node, where, most, what)
        return _read_records(root, node, where, limits)
    columns = Columns(_read_index(node, where, limits, most=most, what=what))
    wanted = _column_names(node, where, limits)
    for column in wanted:
        place = f"{where}/{column}"
        entry = h5.child(node, column, where)
        if entry is None:
            raise InputError(f"{where} lists the column {shown(column)}, but does not hold it.")
        try:
            columns.add(column, _read_column(node, column, entry, place, limits), where)
        except UnreadableColumnError as error:
            columns.left_out[column] = str(error)
    return columns


def _check_count(array: h5py.Dataset, where: str, most: int, what: str) -> None:
    """Refuse too long a table before its names are read."""
    if (count := h5.length(array, where)) > most:
        raise InputError(f"{where} names {count:,} {what}; at most {most:,} are read. Split the file.")


def _read_index(table: h5py.Group, where: str, limits: Limits, *, most: int, what: str) -> pa.ChunkedArray:
    name = h5.text_attribute(table, "_index", where)
    if name is None:
        raise InputError(
            f"{where} does not say which column names its rows (no attribute '_index'). Write it again with anndata."
        )
    index = h5.child(table, name, where)
    if isinstance(index, h5py.Group):  # names may be stored like a nullable or categorical column
        values = _as_text(_read_encoded(index, f"{where}/{name}", limits, are_names=True))
        if values.null_count:
            raise InputError(f"{where}: {values.null_count:,} rows have no name.")
        return values
    if index is None:
        raise InputError(f"{where} names its rows by the column {shown(name)}, but does not hold it.")
    place = f"{where}/{name}"
    _check_count(index, place, most, what)
    if h5.is_text(index):
        return h5.read_strings(index, place, longest=limits.name, are_names=True)
    return _as_text(pa.array(h5.read_numbers(index, place)))


def _as_text(values: ArrowValues) -> pa.ChunkedArray:
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode() if isinstance(values, pa.Array) else pc.cast(values, pa.string())
    chunks = pc.cast(values, pa.string())
    return chunks if isinstance(chunks, pa.ChunkedArray) else pa.chunked_array([chunks])


def _column_names(table: h5py.Group, where: str, limits: Limits) -> list[str]:
    index = h5.text_attribute(table, "_index", where)
    names = h5.text_list(table, "column-order", where, longest=limits.name)
    if names is None:
        names = sorted(key for key in table if key not in {index, _LEGACY_CATEGORIES})
    names = [name for name in names if name != index]
    if len(names) > limits.columns:
        raise InputError(f"{where} has {len(names):,} columns; at most {limits.columns:,} are read.")
    if len(set(names)) < len(names):
        raise InputError(
            f"{where} lists a column twice: {listed(sorted({n for n in names if names.count(n) > 1}))}."
        )
    return names


def _read_column(
    table: h5py.Group, name: str, entry: h5py.Group | h5py.Dataset, where: str, limits: Limits
) -> ArrowValues:
    legacy = h5.child(table, _LEGACY_CATEGORIES, where)
    if isinstance(entry, h5py.Dataset) and isinstance(legacy, h5py.Group):
        categories = h5.child(legacy, name, where)
        if isinstance(categories, h5py.Dataset):
            return _categorical(
                _read_array(categories, where, limits), _read_array(entry, where, limits), where
            )
    if isinstance(entry, h5py.Dataset):
        return _read_array(entry, where, limits)
    return _read_encoded(entry, where, limits)


def _read_array(array: h5py.Dataset, where: str, limits: Limits, *, are_names: bool = False) -> ArrowValues:
    encoding = h5.text_attribute(array, "encoding-type", where)
    if encoding not in {None, "array", "string-array"}:
        raise UnreadableColumnError(f"written as {shown(encoding)}")
    if array.shape is None or len(array.shape) != 1:
        raise UnreadableColumnError(f"not one value per row (shape {array.shape})")
    if h5.is_text(array):
        longest = limits.name if are_names else limits.label
        return h5.read_strings(array, where, longest=longest, are_names=are_names)
    if array.dtype.kind not in "iufb":
        raise UnreadableColumnError(f"values of type {array.dtype}")
    values = h5.read_numbers(array, where)
    return pa.array(values.astype(np.float32) if values.dtype == np.float16 else values)


def _read_encoded(group: h5py.Group, where: str, limits: Limits, *, are_names: bool = False) -> ArrowValues:
    """A column that is written as a group."""
    encoding = h5.text_attribute(group, "encoding-type", where)
    if encoding == "categorical":
        categories = _part(group, "categories", where, limits, are_names=are_names)
        with h5.reading(where):
            ordered = bool(np.asarray(group.attrs.get("ordered", False)).all())
        return _categorical(categories, _part(group, "codes", where, limits), where, ordered=ordered)
    if encoding in {"nullable-integer", "nullable-boolean", "nullable-string-array"}:
        values = _part(group, "values", where, limits, are_names=are_names)
        is_missing = np.asarray(_part(group, "mask", where, limits))
        if is_missing.dtype != np.bool_ or len(is_missing) != len(values):
            raise InputError(
                f"{where}: the mask of missing values does not fit the values. Write the column again."
            )
        return pc.if_else(pa.array(~is_missing), values, pa.scalar(None, values.type))
    raise UnreadableColumnError(f"written as {shown(encoding)}" if encoding else "a group of arrays")


def _part(
    group: h5py.Group, name: str, where: str, limits: Limits, *, are_names: bool = False
) -> ArrowValues:
    entry = h5.child(group, name, where)
    if isinstance(entry, h5py.Group):  # categories may themselves be a nullable text array
        return _read_encoded(entry, f"{where}/{name}", limits, are_names=are_names)
    if entry is None:
        raise InputError(f"{where} should hold {name!r} and does not. Write the column again.")
    return _read_array(entry, f"{where}/{name}", limits, are_names=are_names)


def _categorical(
    categories: ArrowValues, codes: ArrowValues, where: str, *, ordered: bool = False
) -> ArrowValues:
    """Codes and their categories as one column; categories that are numbers become plain numbers."""
    if isinstance(categories, pa.ChunkedArray):
        categories = categories.combine_chunks()
    places = np.asarray(codes)
    if places.dtype.kind not in "iu":
        raise InputError(f"{where}: the codes of its categories should be whole numbers.")
    wrong = (places < -1) | (places >= len(categories))
    if wrong.any():
        at = int(np.argmax(wrong))
        raise InputError(
            f"{where}: row {at + 1:,} has code {places[at]}, but there are {len(categories):,} categories. "
            "Write the column again."
        )
    if pc.count_distinct(categories).as_py() < len(categories) - categories.null_count:
        raise InputError(f"{where} lists a category twice. Merge the categories and write the column again.")
    index = pa.array(places.astype(np.int64), mask=places < 0)
    if not pa.types.is_string(categories.type):
        return pc.take(categories, index)
    if categories.null_count:
        raise InputError(f"{where} has a category without a name. Write the column again.")
    return pa.DictionaryArray.from_arrays(index.cast(pa.int32()), categories, ordered=ordered)


def _read_records(root: h5py.Group, array: h5py.Dataset, where: str, limits: Limits) -> Columns:
    """A table of one record per row, as anndata wrote it before version 0.7."""
    fields = list(array.dtype.names or ())
    if not fields:
        raise InputError(f"{where} is no table: it holds values of type {array.dtype}.")
    index = next((name for name in ("index", "_index") if name in fields), fields[0])
    values = {
        name: _record_field(array, name, f"{where}/{name}", limits, is_index=name == index) for name in fields
    }
    columns = Columns(_as_text(values.pop(index)))
    uns = h5.child(root, "uns", where)
    for name, column in values.items():
        categories = (
            h5.child(uns, f"{name}_categories", where)
            if isinstance(uns, h5py.Group) and "/" not in name
            else None
        )
        is_coded = isinstance(categories, h5py.Dataset) and pa.types.is_integer(column.type)
        columns.add(
            name,
            _categorical(_read_array(categories, where, limits), column, where) if is_coded else column,
            where,
        )
    return columns


def _record_field(
    array: h5py.Dataset, name: str, where: str, limits: Limits, *, is_index: bool
) -> ArrowValues:
    with h5.reading(where):
        raw = array.fields(name)[:]
    if raw.dtype.kind in "OSU":
        texts = decode([h5.as_bytes(entry) for entry in raw.tolist()], where)
        check = check_names if is_index else check_labels
        check(texts, where, longest=limits.name if is_index else limits.label)
        return pa.array(texts, pa.string())
    if raw.dtype.kind not in "iufb":
        raise InputError(f"{where} holds values of type {raw.dtype}; only text and numbers are read.")
    return pa.array(raw.astype(raw.dtype.newbyteorder("=")))
