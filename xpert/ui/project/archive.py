"""The guarded door for project zips: what a zip says of itself is checked before it is believed.

Nothing is extracted: an entry is read as a stream, up to its bound, and its name is only compared with the names
that a project has.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Self

from xpert.errors import InputError, UnsafeFileError
from xpert.plots.labels import plain
from xpert.ui.project.write import STATE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_END, _END_SIZE = b"PK\x05\x06", 22
_LOCATOR, _LOCATOR_SIZE = b"PK\x06\x07", 20
_ENCRYPTED = 0x1
_LINK = 0o120000
_PACKINGS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_BLOCK = 1 << 20
# What damaged packing makes of an entry while it is read.
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much a project may ask of the machine that opens it.

    Attributes
    ----------
    archive
        Bytes of the zip.
    entries
        How many files it may hold, and `directory` the bytes of the list of them.
    state
        Bytes of ``project.json``.
    table
        Bytes of one table of results.
    data
        Bytes of the reader's file.
    ratio
        How many times larger than its packed form an entry may be, once it is larger than `small`.
    """

    archive: int = 500 << 20
    entries: int = 200
    directory: int = 1 << 20
    state: int = 2 << 20
    table: int = 32 << 20
    data: int = 500 << 20
    ratio: float = 300.0
    small: int = 1 << 20


DEFAULT = Bounds()


@dataclass(frozen=True, eq=False)
class Archive:
    """An open zip whose list of entries has been checked.

    Attributes
    ----------
    bounds
        What reading may cost.
    """

    bounds: Bounds
    _zip: zipfile.ZipFile
    _entries: Mapping[str, zipfile.ZipInfo]

    @classmethod
    @contextmanager
    def opened(cls, content: BinaryIO, bounds: Bounds) -> Iterator[Self]:
        """Open a zip, and check everything that it says of itself.

        Raises
        ------
        UnsafeFileError
            When it asks for more than `bounds` allow, or for what no project needs.
        InputError
            When it is no zip.
        """
        _check_end(content, bounds)
        try:
            archive = zipfile.ZipFile(content)
        except _DAMAGE:
            raise InputError("This zip is damaged; save the project again, or fetch it anew.") from None
        with archive:
            yield cls(bounds, archive, _checked(archive.infolist(), bounds))

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all files in it."""
        return tuple(self._entries)

    def blocks(self, name: str, most: int) -> Iterator[bytes]:
        """The bytes of an entry, piece by piece.

        Raises
        ------
        UnsafeFileError
            When there are more than `most`.
        InputError
            When there is no such entry, or it is damaged.
        """
        entry = self._entries.get(name)
        if entry is None:
            raise InputError(f"The project lacks its part {plain(name, longest=80)}; it is not whole.")
        self._check_size(entry, most)
        total = 0
        try:
            with self._zip.open(entry) as stream:
                while block := stream.read(_BLOCK):
                    total += len(block)
                    if total > most:
                        raise _too_large(name, most)
                    yield block
        except _DAMAGE:
            raise InputError(f"The part {plain(name, longest=80)} of the project is damaged.") from None

    def read(self, name: str, most: int) -> bytes:
        """All bytes of an entry; raises as `blocks` does."""
        return b"".join(self.blocks(name, most))

    def _check_size(self, entry: zipfile.ZipInfo, most: int) -> None:
        if entry.file_size > most:
            raise _too_large(entry.filename, most)
        if entry.file_size > self.bounds.small and entry.file_size > self.bounds.ratio * entry.compress_size:
            raise UnsafeFileError(
                f"The part {plain(entry.filename, longest=80)} of the project would unpack to more than "
                f"{self.bounds.ratio:.0f} times its size, which no data do; it is not opened."
            )


def _check_end(content: BinaryIO, bounds: Bounds) -> None:
    """Check what the end of the file says of its list of entries, which is read whole afterwards."""
    size = content.seek(0, 2)
    if size > bounds.archive:
        raise UnsafeFileError(f"This project is larger than {bounds.archive >> 20} MB.")
    content.seek(max(0, size - _END_SIZE - _LOCATOR_SIZE))
    tail = content.read()
    content.seek(0)
    end = tail[-_END_SIZE:]
    if len(end) < _END_SIZE or not end.startswith(_END) or end[-2:] != b"\0\0":
        raise InputError(
            "This is no project: a project is a zip that was saved on this page, without changes."
        )
    entries, directory = struct.unpack("<HL", end[10:16])
    if tail[:-_END_SIZE].startswith(_LOCATOR) or entries > bounds.entries or directory > bounds.directory:
        raise UnsafeFileError(f"This zip holds more than the {bounds.entries} files that a project may hold.")


def _checked(infos: list[zipfile.ZipInfo], bounds: Bounds) -> dict[str, zipfile.ZipInfo]:
    """Entries by name, without a folder that all of them stand in.

    Raises
    ------
    UnsafeFileError
        For a name, a link or a packing that no project has.
    """
    if len(infos) > bounds.entries:
        raise UnsafeFileError(f"This zip holds more than the {bounds.entries} files that a project may hold.")
    for info in infos:
        _check_entry(info)
    files = [info for info in infos if not info.is_dir()]
    names = [info.filename for info in files]
    if len(set(names)) < len(names):
        raise UnsafeFileError(
            "This zip holds two files of one name, which no project does; it is not opened."
        )
    roots = [name.removesuffix(STATE) for name in names if name == STATE or name.endswith(f"/{STATE}")]
    root = min(roots, key=len, default="")
    if root.count("/") > 1:
        root = ""
    return {info.filename.removeprefix(root): info for info in files if info.filename.startswith(root)}


def _check_entry(info: zipfile.ZipInfo) -> None:
    # The name as it stands in the zip: `filename` ends where a zero byte stands.
    name = info.orig_filename
    parts = name.rstrip("/").split("/")
    if (
        not name.isprintable()
        or len(name) > 255
        or name.startswith("/")
        or any(c in name for c in '\\:*?"<>|')
        or any(part in {"", ".", ".."} for part in parts)
    ):
        raise UnsafeFileError(
            f"This zip names a file {plain(name, longest=80)!r}, which no project does; it is not opened."
        )
    if info.flag_bits & _ENCRYPTED:
        raise InputError("This zip is locked with a password; unlock it first.")
    if (info.external_attr >> 16) & 0o170000 == _LINK:
        raise UnsafeFileError(
            "This zip holds a link to another place, which no project does; it is not opened."
        )
    if info.compress_type not in _PACKINGS:
        raise UnsafeFileError("This zip is packed in a way that X-Pert does not write; it is not opened.")


def _too_large(name: str, most: int) -> UnsafeFileError:
    return UnsafeFileError(
        f"The part {plain(name, longest=80)} of the project is larger than {most >> 20} MB; it is not opened."
    )
