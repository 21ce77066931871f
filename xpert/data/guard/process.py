"""Starting the reading process, bounding it from outside, and telling in plain words how it ended."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xpert.data.guard.words import size
from xpert.errors import InputError, UnsafeFileError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from xpert.data.guard.limits import Limits

_LARGEST_REPLY = 4 * 2**20
_GRACE = 2.0  # seconds that the process gets beyond its own limits, for starting

_START = (
    "import sys; sys.path[:0] = [p for p in [{root!r}] if p not in sys.path]; "
    "sys.path += [p for p in {others!r} if p not in sys.path]; "
    "from xpert.data.guard.child import main; main({request!r}, {reply})"
)


def run(
    kind: str,
    files: Mapping[str, tuple[int, str]],
    folder: Path,
    limits: Limits,
    *,
    layer: str | None = None,
    progress: Callable[[float], None] | None = None,
) -> None:
    """Have a file read in a process of its own, which leaves the clean copy in `folder`.

    Parameters
    ----------
    kind
        ``hdf5``, ``folder`` or ``table``.
    files
        Open descriptor and display name of each part.
    folder
        Private and empty.
    progress
        Called with the share that is done, from 0 to 1, a few times a second.

    Raises
    ------
    InputError
        The message of the reading process, or how it came to its end.
    UnsafeFileError
        The file was refused for what it asks of its reader, or a limit was passed.
    """
    copy = folder / "copy"
    copy.mkdir()
    asked = {
        "kind": kind,
        "files": dict(files),
        "folder": str(copy),
        "layer": layer,
        "limits": asdict(limits),
    }
    request = folder / "request.json"
    request.write_text(json.dumps(asked))
    receive, send = os.pipe()
    try:
        process = _start(request, send, [descriptor for descriptor, _ in files.values()], folder)
    except BaseException:
        os.close(receive)
        raise
    finally:
        os.close(send)
    try:
        reply = _listen(receive, time.monotonic() + limits.seconds + _GRACE, progress)
    finally:
        os.close(receive)
        _end(process)
    _judge(reply, process.returncode, limits)


def _start(request: Path, send: int, descriptors: list[int], folder: Path) -> subprocess.Popen[bytes]:
    root, *others = _import_paths()
    code = _START.format(root=root, others=others, request=str(request), reply=send)
    return subprocess.Popen(
        [sys.executable, "-I", "-X", "utf8", "-c", code],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=_environment(folder),
        cwd=folder,
        pass_fds=[send, *descriptors],
        start_new_session=True,
    )


def _import_paths() -> list[str]:
    """Folders from which this process has its packages, X-Pert's first: an isolated interpreter may not know them."""
    folders = [Path(__file__).resolve().parents[3]]
    for name in ("numpy", "h5py", "pyarrow"):
        spec = find_spec(name)
        if spec is not None and spec.origin:
            folders.append(Path(spec.origin).resolve().parents[1])
    return list(dict.fromkeys(str(path) for path in folders))


def _environment(folder: Path) -> dict[str, str]:
    """Nothing of this process's environment but where the system looks for libraries."""
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH") if name in os.environ}
    return kept | {
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "HDF5_PLUGIN_PRELOAD": "::",  # HDF5 looks for no plug-in at all
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",
        "ARROW_DEFAULT_MEMORY_POOL": "system",  # the others reserve address space, which is bounded
        "ARROW_IO_THREADS": "1",
    }


def _listen(receive: int, deadline: float, progress: Callable[[float], None] | None) -> dict[str, Any] | None:
    """The message with which the process ends; None when it ended without a word."""
    rest = b""
    with selectors.DefaultSelector() as selector:
        selector.register(receive, selectors.EVENT_READ)
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or not selector.select(left):
                return {"timeout": True}
            data = os.read(receive, 65_536)
            if not data or len(rest) > _LARGEST_REPLY:
                return None
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                message = json.loads(line)
                if "share" not in message:
                    return dict(message)
                if progress is not None:
                    progress(float(message["share"]))


def _end(process: subprocess.Popen[bytes]) -> None:
    """Make sure that the process, and whatever it may have started, is gone.

    It is not reaped before, so that its number still means its own group; the way in which it ended by itself
    is kept.
    """
    with suppress(ProcessLookupError, PermissionError):  # macOS says the latter of one that has ended
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _judge(reply: dict[str, Any] | None, code: int, limits: Limits) -> None:
    if (reply is not None and reply.get("timeout")) or code in {-signal.SIGXCPU, -signal.SIGALRM}:
        raise UnsafeFileError(
            f"Reading the file takes more than {limits.seconds:g} seconds, which is all it may take. "
            "It is made to keep its reader busy, or needs to be split."
        )
    if reply is None:
        raise UnsafeFileError(_death(code, limits))
    if reply.get("done") is not True:
        error = (UnsafeFileError if reply.get("is_unsafe") else InputError)(str(reply.get("refused")))
        if "traceback" in reply:
            error.add_note(str(reply["traceback"]))
        raise error


def _death(code: int, limits: Limits) -> str:
    if code == -signal.SIGKILL:
        return (
            f"The system ended the reading of the file, most likely for want of memory (it may take {size(limits.memory)}). "
            "Close other programs or split the file."
        )
    name = signal.Signals(-code).name if code < 0 else f"code {code}"
    return (
        f"The file made its reader crash ({name}): it is damaged, or made to do harm. Nothing else was touched. "
        "Write it again from the data it was made of."
    )
