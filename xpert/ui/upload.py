"""One reader's data: a file or a sample, what was found in it, and whether its mapping is confirmed."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, BinaryIO, Self

from xpert.errors import InputError
from xpert.plots.labels import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from xpert.data.check import CheckReport
    from xpert.data.dataset import PerturbationDataset
    from xpert.data.table import CellTable

SUFFIXES = (".h5ad", ".h5", ".csv", ".tsv", ".csv.gz", ".tsv.gz")
_BLOCK = 1 << 20


@dataclass(frozen=True, eq=False)
class Upload:
    """A table of cells with what is known of it; lives in one session and nowhere else.

    Attributes
    ----------
    report
        The cells, what each column is taken to mean, and what is wrong or good to know.
    mapping
        What the reader said about the columns; the rest was detected.
    is_confirmed
        Whether the reader has agreed to that meaning.
    original
        The file's own bytes, in a file without a name that vanishes with this object; for saving a project.
    """

    report: CheckReport
    mapping: Mapping[str, str] = field(default_factory=dict)
    is_confirmed: bool = False
    original: Original | None = None

    def __post_init__(self) -> None:
        if self.is_confirmed and not self.report.is_usable:
            raise InputError("This mapping has errors; mend them first.")

    @property
    def table(self) -> CellTable:
        """The cells as they stand in the file."""
        return self.report.dataset.table

    @property
    def name(self) -> str:
        """The file's name, for display alone."""
        return self.table.name

    @property
    def sha256(self) -> str:
        """Hash of the file's bytes."""
        return self.table.sha256

    @property
    def dataset(self) -> PerturbationDataset | None:
        """The cells with their meaning; None before the reader has confirmed it."""
        return self.report.dataset if self.is_confirmed else None

    def mapped(self, mapping: Mapping[str, str]) -> Upload:
        """The same cells under what the reader says of the columns; not yet confirmed.

        Raises
        ------
        InputError
            When the mapping names what the file does not have.
        """
        from xpert.data.check import check_table

        return replace(
            self, report=check_table(self.table, mapping), mapping=dict(mapping), is_confirmed=False
        )

    def confirmed(self) -> Upload:
        """The same, ready to be used.

        Raises
        ------
        InputError
            When a problem stands in the way.
        """
        return replace(self, is_confirmed=True)


@dataclass(frozen=True, eq=False)
class Original:
    """The bytes of a file whose name is gone: no other program finds them, and they go with this object.

    Attributes
    ----------
    file
        Open for reading.
    size
        In bytes.
    suffix
        Ending of the name it had.
    """

    file: BinaryIO
    size: int
    suffix: str

    @classmethod
    def of(cls, path: Path, suffix: str) -> Self:
        """Hold a file that is about to lose its name."""
        file = path.open("rb")  # closed with this object
        return cls(file, os.fstat(file.fileno()).st_size, suffix)

    def blocks(self) -> Iterator[bytes]:
        """The bytes from the beginning; several readers do not disturb one another."""
        place = 0
        while block := os.pread(self.file.fileno(), _BLOCK, place):
            place += len(block)
            yield block


def open_file(name: str, content: BinaryIO, progress: Callable[[float], None] | None = None) -> Upload:
    """Read an uploaded file through the guarded reader, and say what it holds.

    The bytes go to a private folder under a name that is made here, and lose that name once they are read.

    Parameters
    ----------
    name
        As the reader's machine calls it; used for its ending and for display alone.
    content
        The bytes.
    progress
        Called with the share that is done, from 0 to 1.

    Raises
    ------
    InputError
        When the file is refused or cannot be read.
    """
    from xpert.data.check import check_table
    from xpert.data.read import read

    with TemporaryDirectory(prefix="xpert-") as folder:
        path = Path(folder) / f"upload{_suffix(name)}"
        _store(path, content)
        original = Original.of(path, _suffix(name))
        table = read(path, name=plain(name), progress=progress)
    return Upload(check_table(table), original=original)


def _store(path: Path, content: BinaryIO) -> None:
    """Copy the bytes to a new file that this user alone can read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        while block := content.read(_BLOCK):
            out.write(block)


def _suffix(name: str) -> str:
    """The known ending of a file name.

    Raises
    ------
    InputError
        When it has none.
    """
    found = [suffix for suffix in SUFFIXES if name.casefold().endswith(suffix)]
    if not found:
        raise InputError(f"{plain(name)} is none of the files that can be opened: {', '.join(SUFFIXES)}.")
    return found[-1]
