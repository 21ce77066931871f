"""The reading process: one file in, its clean copy or a message out.

Started by `xpert.data.guard.process` in an interpreter of its own. Everything that parses bytes from outside
runs here and nowhere else.
"""

from __future__ import annotations

import errno
import json
import os
import resource
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xpert.data.guard import confine
from xpert.data.guard.imports import allow_imports
from xpert.data.guard.limits import Limits
from xpert.data.guard.words import shown, size
from xpert.errors import InputError, UnsafeFileError

if TYPE_CHECKING:
    from collections.abc import Callable


_TELL_EVERY = 0.1  # seconds


def main(request_path: str, reply_descriptor: int) -> None:
    """Read what the request names and say how it went, as lines of JSON on the reply's descriptor."""
    request: dict[str, Any] = json.loads(Path(request_path).read_text())
    limits = Limits(**request["limits"])
    confine.bound_time(limits)
    try:
        _read(request, limits, _teller(reply_descriptor))
        reply: dict[str, Any] = {"done": True}
    except InputError as error:
        reply = {"refused": str(error), "is_unsafe": isinstance(error, UnsafeFileError)}
    except MemoryError:
        reply = {"refused": out_of_memory(limits), "is_unsafe": True}
    except OSError as error:
        reply = {"refused": _system_trouble(error, limits), "is_unsafe": False}
    except Exception as error:  # noqa: BLE001 - the parent must always get a message; it raises in turn
        what = f"{type(error).__name__}: {shown(error, width=200)}"
        reply = {"refused": f"The file could not be understood ({what}).", "is_unsafe": False}
        reply["traceback"] = traceback.format_exc()[-4000:]
    reply["peak_memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    _send(reply_descriptor, reply)


def out_of_memory(limits: Limits) -> str:
    """Message for a file that asks for more memory than it gets."""
    return (
        f"Reading the file needs more than {size(limits.memory)} of memory, which is all it may take. "
        "It claims more than it should, or needs to be split."
    )


def _system_trouble(error: OSError, limits: Limits) -> str:
    if error.errno == errno.ENOSPC:
        return "The temporary folder is full. Make space there, or point TMPDIR to a larger disk."
    if error.errno == errno.EFBIG:
        return f"The file's values need more than {size(limits.disk)} of temporary disk space."
    if error.errno == errno.ENOMEM:
        return out_of_memory(limits)
    return f"The file could not be read ({shown(error, width=200)})."


def _teller(descriptor: int) -> Callable[[float], None]:
    """Tells the parent the share that is done, a few times a second."""
    last = time.monotonic()

    def tell(share: float) -> None:
        nonlocal last
        if time.monotonic() - last > _TELL_EVERY:
            last = time.monotonic()
            _send(descriptor, {"share": min(max(share, 0.0), 1.0)})

    return tell


def _send(descriptor: int, message: dict[str, Any]) -> None:
    os.write(descriptor, json.dumps(message).encode() + b"\n")


def _read(request: dict[str, Any], limits: Limits, tell: Callable[[float], None]) -> None:
    # Loaded before the bounds are set, so that these bound what the file needs and nothing else.
    allow_imports()
    import pyarrow as pa

    from xpert.data.guard import delimited, hdf5, tenx_folder
    from xpert.data.guard.job import Job

    pa.set_cpu_count(1)
    pa.enable_signal_handlers(enable=False)  # they would need a pipe, which counts as a file
    job = Job(limits, Path(request["folder"]), request["layer"], tell)
    files = {part: (int(descriptor), str(name)) for part, (descriptor, name) in request["files"].items()}
    data = files["matrix" if request["kind"] == "folder" else "data"]
    file = hdf5.open_hdf5(data[0]) if request["kind"] == "hdf5" else None
    confine.bound_memory(limits)
    with confine.sealed():
        if "obs" in files:
            job.extra = delimited.read_cells(*files["obs"], limits), files["obs"][1]
        if file is not None:
            confine.forbid_processes()  # Arrow parses text in a thread, which would count as one
            hdf5.read_hdf5(file, data[0], job)
        elif request["kind"] == "folder":
            tenx_folder.read_folder(files, job)
        else:
            delimited.read_matrix(*data, job)
