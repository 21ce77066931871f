"""What the reading process takes from itself before it looks at a file.

The structural scan refuses every way that is known by which a file makes HDF5 open another one. This is the
second lock: while the file is read, the process may not open anything at all, whatever the file says.
"""

from __future__ import annotations

import os
import resource
import signal
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xpert.data.guard.limits import Limits


def bound_time(limits: Limits) -> None:
    """End this process after the limit's processor seconds, and after its wall seconds even when orphaned."""
    _set(resource.RLIMIT_CORE, 0)
    _set(resource.RLIMIT_CPU, max(int(limits.seconds), 1), beyond=2)
    signal.alarm(int(limits.seconds) + 5)


def bound_memory(limits: Limits) -> None:
    """Bound what is allocated from now on, and the size of files.

    Called after the libraries are loaded, so that the limit means the file's own needs.
    """
    _set(resource.RLIMIT_AS, _address_space() + limits.memory)
    _set(resource.RLIMIT_FSIZE, limits.disk)


def forbid_processes() -> None:
    """Allow no new process or thread."""
    _set(resource.RLIMIT_NPROC, 0)


def _address_space() -> int:
    """Bytes of address space in use; where the system does not tell, a generous guess."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:
        return 2**32
    return pages * os.sysconf("SC_PAGE_SIZE")


def _set(which: int, value: int, *, beyond: int = 0) -> None:
    """Lower a limit, and what it may be raised to `beyond` that; one that is lower already stays."""
    _, hard = resource.getrlimit(which)
    most = value + beyond if hard == resource.RLIM_INFINITY else min(value + beyond, hard)
    try:
        resource.setrlimit(which, (min(value, most), most))
    except (ValueError, OSError):
        # macOS refuses to bound the address space; the wall clock and the scan bound it there.
        if which != resource.RLIMIT_AS:
            raise


@contextmanager
def sealed() -> Iterator[None]:
    """Nothing can be opened inside; files that are open already stay usable."""
    with _open_files(0):
        yield


@contextmanager
def unsealed() -> Iterator[None]:
    """Lift the seal for something of our own."""
    with _open_files(None):
        yield


@contextmanager
def _open_files(count: int | None) -> Iterator[None]:
    """Bound how many files may be open, within what the system allows; None for no bound but that."""
    allowed, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard if count is None else count, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))


def create(path: Path) -> IO[Any]:
    """Open a new file of our own for writing and reading back, also while sealed."""
    with unsealed():
        return path.open("x+b")
