"""Opening what the user named, once, so that what was checked is what is read."""

from __future__ import annotations

import hashlib
import os
import stat
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from xpert.data.guard.words import listed, shown
from xpert.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_HDF5 = b"\x89HDF\r\n\x1a\n"
_TEXT_ENDINGS = (".csv", ".tsv", ".txt", ".tab", ".csv.gz", ".tsv.gz", ".txt.gz", ".tab.gz")
_READ_AT_ONCE = 2**20
_OTHER_KINDS = (
    (
        b"PK\x03\x04",
        "is a zip archive (a spreadsheet or a zipped folder). Unpack it, or save the table as CSV.",
    ),
    (b"\x1f\x8b", "is gzipped, but not named as a table (.csv.gz, .tsv.gz). Unpack it first."),
    (
        b"version https://git-lfs",
        "is only a pointer of Git LFS to the real file. Fetch that with 'git lfs pull'.",
    ),
    (b"<", "is a web page, not data: the download has failed. Download it again."),
    (b"\x93NUMPY", "is a NumPy array, without names of cells and genes. Save it as h5ad or CSV with names."),
)
_FOLDER_PARTS = {
    "matrix": ("matrix.mtx", "matrix.mtx.gz"),
    "features": ("features.tsv", "features.tsv.gz", "genes.tsv", "genes.tsv.gz"),
    "barcodes": ("barcodes.tsv", "barcodes.tsv.gz"),
    "obs": ("protospacer_calls_per_cell.csv", "protospacer_calls_per_cell.csv.gz"),
}


@dataclass(slots=True)
class Source:
    """Open files of one data set.

    Attributes
    ----------
    kind
        ``hdf5``, ``folder`` or ``table``.
    name
        What the data set is called.
    files
        Descriptor and display name of each part.
    states
        Size and time of change of each part when it was opened.
    """

    kind: str
    name: str
    files: dict[str, tuple[int, str]] = field(default_factory=dict)
    states: dict[str, tuple[int, int]] = field(default_factory=dict)

    def sha256(self) -> str:
        """Hash of all parts, which must not have changed since they were opened."""
        digest = hashlib.sha256()
        for part in sorted(self.files):
            descriptor, name = self.files[part]
            if len(self.files) > 1:
                digest.update(f"{part}:{self.states[part][0]}:".encode())
            offset = 0
            while block := os.pread(descriptor, _READ_AT_ONCE, offset):
                digest.update(block)
                offset += len(block)
            if _state(descriptor) != self.states[part]:
                raise InputError(
                    f"{shown(name)} was changed while it was read. Try again when it is finished."
                )
        return digest.hexdigest()


@contextmanager
def opened(path: Path, *, obs: Path | None = None, name: str | None = None) -> Iterator[Source]:
    """Open a data file or folder for reading, and a table of cells beside it.

    Nothing but plain files is opened: a pipe or a device would block or never end. The path itself may be a
    symbolic link, since the user has named it; what is found beside or inside it may not.

    Raises
    ------
    InputError
        There is no such file, it cannot be read, or its kind is not known.
    """
    if os.name != "posix":
        raise InputError(
            "Data files are read in a confined process, which needs Linux or macOS (or WSL on Windows)."
        )
    with ExitStack() as stack:
        source = Source("", name or path.name)
        if stat.S_ISDIR(_mode(path, path.name)):
            source.kind = "folder"
            _open_folder(path, source, stack)
        else:
            _add(source, "data", _open(path, path.name, stack), source.name)
            source.kind = _kind(source.files["data"][0], source.name)
            if source.kind == "table" and obs is None:
                _open_sibling(path, source, stack)
        if obs is not None:
            _add(source, "obs", _open(obs, obs.name, stack), obs.name)
        yield source


def _mode(path: Path | str, name: str, *, folder: int | None = None) -> int:
    """What a path is, found without opening it."""
    try:
        return os.stat(path, dir_fd=folder, follow_symlinks=folder is None).st_mode
    except FileNotFoundError:
        raise InputError(f"{shown(name)} does not exist.") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{shown(name)} cannot be read ({_reason(error)}).") from None


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror or "unknown reason") if isinstance(error, OSError) else "its name is not allowed"


def _open(path: Path | str, name: str, stack: ExitStack, *, folder: int | None = None) -> int:
    """Open a plain file; inside a folder no link is followed, since it might lead out of it."""
    mode = _mode(path, name, folder=folder)
    if stat.S_ISLNK(mode):
        raise InputError(f"{shown(name)} is a link to another place. Put the file itself there.")
    if not stat.S_ISREG(mode):
        raise InputError(f"{shown(name)} is no file but a folder, a device or a pipe, which is not read.")
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (os.O_NOFOLLOW if folder is not None else 0)
    try:
        descriptor = os.open(path, flags, dir_fd=folder)
    except OSError as error:
        raise InputError(f"{shown(name)} cannot be read ({_reason(error)}).") from None
    stack.callback(os.close, descriptor)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):  # it was exchanged in between
        raise InputError(f"{shown(name)} was changed while it was opened.")
    return descriptor


def _add(source: Source, part: str, descriptor: int, name: str) -> None:
    state = _state(descriptor)
    if not state[0]:
        raise InputError(f"{shown(name)} is empty.")
    source.files[part] = (descriptor, name)
    source.states[part] = state


def _state(descriptor: int) -> tuple[int, int]:
    state = os.fstat(descriptor)
    return state.st_size, state.st_mtime_ns


def _open_directory(path: Path, stack: ExitStack) -> int:
    try:
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise InputError(f"The folder {shown(path.name)} cannot be read ({_reason(error)}).") from None
    stack.callback(os.close, folder)
    return folder


def _open_folder(path: Path, source: Source, stack: ExitStack) -> None:
    folder = _open_directory(path, stack)
    names = sorted(os.listdir(folder))  # noqa: PTH208 - of a folder that is open already
    for part, endings in _FOLDER_PARTS.items():
        found = [name for name in names if name.endswith(endings)]
        if not found and part == "obs":
            continue
        if len(found) != 1:
            raise InputError(_folder_advice(path.name, endings, found, names))
        _add(source, part, _open(found[0], found[0], stack, folder=folder), found[0])


def _folder_advice(name: str, endings: tuple[str, ...], found: list[str], names: list[str]) -> str:
    if found:
        return f"The folder {shown(name)} holds {listed(found)}: keep one of them."
    if {".zgroup", "zarr.json", ".zattrs"} & set(names):
        return f"The folder {shown(name)} is a Zarr store, which is not read. Write it with adata.write_h5ad(path)."
    return (
        f"The folder {shown(name)} holds no {' or '.join(endings)}. A 10x folder has matrix.mtx, barcodes.tsv and "
        "features.tsv (or genes.tsv), each plain or as .gz."
    )


def _open_sibling(path: Path, source: Source, stack: ExitStack) -> None:
    """Open ``NAME.obs.csv`` or ``NAME_obs.csv`` (or .tsv, or .gz) beside the matrix ``NAME.csv``."""
    lower = source.name.lower()
    stem = source.name[
        : -len(next(e for e in sorted(_TEXT_ENDINGS, key=len, reverse=True) if lower.endswith(e)))
    ]
    folder = _open_directory(path.parent, stack)
    here = set(os.listdir(folder))  # noqa: PTH208 - of a folder that is open already
    found = [
        name for end in _TEXT_ENDINGS for name in (f"{stem}.obs{end}", f"{stem}_obs{end}") if name in here
    ]
    if len(found) > 1:
        raise InputError(
            f"Several tables describe the cells of {shown(source.name)}: {listed(found)}. Keep one."
        )
    if found:
        _add(source, "obs", _open(found[0], found[0], stack, folder=folder), found[0])


def _kind(descriptor: int, name: str) -> str:
    """Tell HDF5 from text by content, and say of other things what they are."""
    head = os.pread(descriptor, 64, 0)
    # HDF5 allows a block of the user's own before its signature, of 512 bytes or a power of two of them
    if head.startswith(_HDF5) or any(os.pread(descriptor, 8, 512 << i) == _HDF5 for i in range(4)):
        return "hdf5"
    if name.lower().endswith(_TEXT_ENDINGS):
        return "table"
    for signature, what in _OTHER_KINDS:
        if head.lstrip().startswith(signature):
            raise InputError(f"{shown(name)} {what}")
    if name.lower().endswith((".h5ad", ".h5", ".hdf5")):
        raise InputError(
            f"{shown(name)} is no HDF5 file, whatever its name says: its content does not begin as one. "
            "It may be cut off or may have been renamed."
        )
    raise InputError(
        f"{shown(name)} is of no kind that is read: .h5ad, 10x .h5, a 10x folder, or a table (.csv, .tsv, also .gz)."
    )
