"""Single steps of reading an HDF5 file that has passed the scan: by plain name, in pieces, with plain errors."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pyarrow as pa

from xpert.data.guard.names import check_labels, check_names, decode
from xpert.data.guard.words import shown
from xpert.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xpert.data.guard.facts import Numbers

_STRINGS_AT_ONCE = 16_384


@contextmanager
def reading(where: str) -> Iterator[None]:
    """Turn what HDF5 says about a damaged file into a message that names the place."""
    try:
        yield
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
        if "memory alloc" in str(error) or "unable to allocate" in str(error):
            raise MemoryError from error
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(
            f"{where} could not be read: the file is damaged or cut off ({shown(reason, width=120)}). "
            "Copy or download it again."
        ) from error


def child(group: h5py.Group, name: str, where: str) -> h5py.Group | h5py.Dataset | None:
    """What stands under `name` in a group, or None; `name` may be a path of plain names below the group."""
    node: Any = group
    for part in name.split("/"):
        if part in {"", ".", ".."}:
            raise InputError(f"{where} names {shown(name)}, which is a path, not a name. Rename it.")
        if not isinstance(node, h5py.Group) or part not in node:
            return None
        with reading(where):
            node = node[part]
    return node


def text_attribute(node: h5py.Group | h5py.Dataset, name: str, where: str) -> str | None:
    """An attribute that should be one text, or None where it is absent."""
    if name not in node.attrs:
        return None
    with reading(f"attribute {name} of {where}"):
        value = node.attrs[name]
    if isinstance(value, bytes):
        return decode([value], f"attribute {name} of {where}")[0]
    if not isinstance(value, str):
        raise InputError(f"Attribute {name} of {where} should be text; it is {type(value).__name__}.")
    return value


def number_list(node: h5py.Group | h5py.Dataset, name: str, where: str) -> list[int] | None:
    """An attribute that should be a list of whole numbers, or None where it is absent."""
    if name not in node.attrs:
        return None
    with reading(f"attribute {name} of {where}"):
        value = np.asarray(node.attrs[name])
    if value.dtype.kind not in "iu" or value.ndim != 1:
        raise InputError(f"Attribute {name} of {where} should be a list of whole numbers.")
    return [int(n) for n in value]


def text_list(node: h5py.Group, name: str, where: str, *, longest: int) -> list[str] | None:
    """An attribute that should be a list of names, or None where it is absent."""
    if name not in node.attrs:
        return None
    with reading(f"attribute {name} of {where}"):
        value = np.asarray(node.attrs[name])
    if value.ndim != 1 or (value.size and value.dtype.kind not in "OSU"):
        raise InputError(f"Attribute {name} of {where} should be a list of names.")
    raw = [v if isinstance(v, bytes) else str(v).encode("utf-8", "surrogateescape") for v in value]
    names = decode(raw, f"attribute {name} of {where}")
    check_names(names, f"attribute {name} of {where}", longest=longest)
    return names


def is_text(array: h5py.Dataset) -> bool:
    """Whether an array holds text, of fixed or of variable length."""
    return array.dtype.kind in "SU" or h5py.check_string_dtype(array.dtype) is not None


def length(array: h5py.Dataset, where: str) -> int:
    """Entries of an array that should be a list."""
    if array.shape is None or len(array.shape) != 1:
        raise InputError(f"{where} should be a list; its shape is {array.shape}.")
    return int(array.shape[0])


def read_numbers(array: h5py.Dataset, where: str, part: slice | tuple[slice, ...] = np.s_[:]) -> Numbers:
    """A part of a numeric array, in the machine's own byte order."""
    with reading(where):
        values = np.asarray(array[part])
    if values.dtype.kind not in "iufb":
        raise InputError(f"{where} should hold numbers; it holds {values.dtype}.")
    return values.astype(values.dtype.newbyteorder("="), copy=False)


def read_strings(array: h5py.Dataset, where: str, *, longest: int, are_names: bool) -> pa.ChunkedArray:
    """A whole list of texts, checked, a piece at a time."""
    check = check_names if are_names else check_labels
    pieces = []
    for first in range(0, length(array, where), _STRINGS_AT_ONCE):
        with reading(where):
            raw = array[first : first + _STRINGS_AT_ONCE]
        texts = decode([as_bytes(entry) for entry in raw.tolist()], where, first=first)
        check(texts, where, longest=longest, first=first)
        pieces.append(pa.array(texts, pa.string()))
    return pa.chunked_array(pieces, pa.string())


def as_bytes(entry: object) -> bytes:
    """One text as HDF5 gave it, before decoding."""
    return entry if isinstance(entry, bytes) else str(entry).encode("utf-8", "surrogateescape")
