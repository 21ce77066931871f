"""What an HDF5 file asks of its reader, found without following or reading anything.

HDF5 reads other files by design: through external links, external storage and virtual arrays, and it believes
what a file says about its own size. Each of these is refused here, before a value is read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING

import h5py

from xpert.data.guard.words import shown, size
from xpert.errors import UnsafeFileError

if TYPE_CHECKING:
    from xpert.data.guard.limits import Limits

# deflate, shuffle, fletcher32, lzf: the filters that come with HDF5 and h5py, so that no plug-in is ever looked for
_FILTERS = {1, 2, 3, 32000}
_FILTER_NAMES = {4: "szip", 5: "n-bit", 6: "scale-offset", 32001: "blosc", 32004: "lz4", 32015: "zstd"}


@dataclass(slots=True)
class _Walk:
    """What has been seen so far."""

    limits: Limits
    file_size: int
    seen: set[tuple[int, int]] = field(default_factory=set)
    objects: int = 0
    claimed: int = 0
    attributes: int = 0


def scan(file: h5py.File, limits: Limits, file_size: int) -> None:
    """Refuse a file that links, points outside itself, or claims more than it can hold.

    Parameters
    ----------
    file
        Open for reading; nothing of it is read but its structure.
    limits
        Bounds on structure and size.
    file_size
        Bytes of the file on disk.

    Raises
    ------
    UnsafeFileError
        Names the place in the file, what is wrong with it and what to do.
    """
    walk = _Walk(limits, file_size)
    _note(walk, file, "/")
    waiting: list[tuple[h5py.Group, str, int]] = [(file, "", 1)]
    while waiting:
        group, where, depth = waiting.pop()
        if depth > limits.depth:
            raise UnsafeFileError(f"{shown(where)} is nested more than {limits.depth} levels deep.")
        if walk.objects + len(group) > limits.objects:
            raise UnsafeFileError(f"The file holds more than {limits.objects:,} groups and arrays.")
        for name in group:
            place = f"{where}/{name}".lstrip("/")
            child = _open_link(group, name, place)
            _note(walk, child, place)
            if isinstance(child, h5py.Group):
                waiting.append((child, place, depth + 1))
            elif isinstance(child, h5py.Dataset):
                _check_array(walk, child, place)
    _check_ratio(walk.claimed, file_size, limits, "The file")


def _open_link(group: h5py.Group, name: str, place: str) -> h5py.Group | h5py.Dataset | h5py.Datatype:
    if "/" in name or name in {"", "."}:
        raise UnsafeFileError(f"{shown(place)} has a name that is itself a path. Rename it.")
    try:
        link = group.get(name, getlink=True)
    except TypeError:
        link = None
    if not isinstance(link, h5py.HardLink):
        outside = "into another file" if isinstance(link, h5py.ExternalLink) else "to another place"
        raise UnsafeFileError(
            f"{shown(place)} is a link {outside}; links are never followed. "
            "Write the file again with the data itself in that place."
        )
    return group[name]


def _note(walk: _Walk, node: h5py.Group | h5py.Dataset | h5py.Datatype, place: str) -> None:
    """Count an object and its attributes; an object that was met before is a cycle or a fan-out."""
    walk.objects += 1
    info = h5py.h5o.get_info(node.id)
    if (info.fileno, info.addr) in walk.seen:
        raise UnsafeFileError(
            f"{shown(place)} is a second name of something that stands elsewhere in the file, "
            "so that reading may never end. Write the file again without hard links."
        )
    walk.seen.add((info.fileno, info.addr))
    for index in range(h5py.h5a.get_num_attrs(node.id)):
        attribute = h5py.h5a.open(node.id, index=index)
        entries = max(attribute.get_space().get_simple_extent_npoints(), 1)
        walk.attributes += entries * attribute.get_type().get_size()
        if walk.attributes > walk.limits.attributes:
            raise UnsafeFileError(
                f"The file's attributes are larger than {size(walk.limits.attributes)} (up to {shown(place)})."
            )


def _check_array(walk: _Walk, array: h5py.Dataset, place: str) -> None:
    # Where values lie comes first: asking a virtual array for its shape already opens its sources.
    _check_storage(array, place)
    if array.id.get_type().detect_class(h5py.h5t.REFERENCE):
        raise UnsafeFileError(f"{shown(place)} holds references to other places. Write the file without it.")
    claimed = prod(array.shape or ()) * max(array.id.get_type().get_size(), 1)
    walk.claimed += claimed
    if walk.claimed > walk.limits.claimed:
        raise UnsafeFileError(
            f"{shown(place)} says that it holds {size(claimed)}, in a file of {size(walk.file_size)}; "
            f"at most {size(walk.limits.claimed)} are read in all."
        )
    stored = min(array.id.get_storage_size(), walk.file_size)
    _check_ratio(claimed, stored, walk.limits, shown(place))
    if array.chunks and prod(array.chunks) * array.id.get_type().get_size() > walk.limits.chunk:
        raise UnsafeFileError(
            f"{shown(place)} is stored in pieces of more than {size(walk.limits.chunk)}. "
            "Write it again with smaller chunks."
        )


def _check_storage(array: h5py.Dataset, place: str) -> None:
    layout = array.id.get_create_plist()
    if layout.get_layout() == h5py.h5d.VIRTUAL:
        raise UnsafeFileError(
            f"{shown(place)} is a virtual array, whose values lie in other files. Copy them in."
        )
    if layout.get_external_count():
        raise UnsafeFileError(f"{shown(place)} keeps its values outside the file. Copy them in.")
    for index in range(layout.get_nfilters()):
        code = layout.get_filter(index)[0]
        if code not in _FILTERS:
            raise UnsafeFileError(
                f"{shown(place)} is compressed with {_FILTER_NAMES.get(code, 'a plug-in')} (filter {code}), "
                "which is not read. Write it again with gzip: adata.write_h5ad(path, compression='gzip')."
            )


def _check_ratio(claimed: int, stored: int, limits: Limits, what: str) -> None:
    if claimed > limits.small and claimed > limits.ratio * stored:
        raise UnsafeFileError(
            f"{what} says that it holds {size(claimed)}, but only {size(stored)} are stored: "
            "it would fill the memory with nothing. Write it again from the data itself."
        )
