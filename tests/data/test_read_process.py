"""The reading process: what it may not do, how it ends, and that nothing of it stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import h5py
import numpy as np
import pytest

from xpert.data.guard import process
from xpert.data.read import Limits, read
from xpert.errors import InputError, UnsafeFileError

SECRET = "gnarled-otter-4711"
NO_SCAN = "import xpert.data.guard.hdf5 as h; h.scan = lambda *a: None"


@pytest.fixture
def good(tmp_path):
    (tmp_path / "a.csv").write_text("cell,drug,TP53\na,x,1\nb,y,2\n")
    return tmp_path / "a.csv"


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """A temporary folder of the test's own."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def start_with(tmp_path, monkeypatch):
    """Have the reading process run something else before its work."""

    def prepare(code):
        prelude = tmp_path / "prelude.py"
        prelude.write_text(code)
        before, after = process._START.split("from xpert", 1)
        monkeypatch.setattr(
            process, "_START", f"{before}exec(open({str(prelude)!r}).read()); from xpert{after}"
        )

    return prepare


def _h5ad(path):
    with h5py.File(path, "w") as file:
        file["X"] = np.ones((2, 2), np.float32)
        for name in ("obs", "var"):
            group = file.create_group(name)
            group.attrs["_index"] = "_index"
            group["_index"] = ["a", "b"]
    return path


def test_nothing_stays_in_the_temporary_folder(good, temporary):
    table = read(good)
    assert list(temporary.iterdir()) == []
    assert table.matrix.tolist() == [[1], [2]]
    with pytest.raises(InputError):
        read(good, layer="raw")
    assert list(temporary.iterdir()) == []


def test_process_gets_no_environment_no_input_and_no_open_file(good, monkeypatch, tmp_path, start_with):
    monkeypatch.setenv("XPERT_SECRET", SECRET)
    (tmp_path / "other").write_text(SECRET)
    seen = tmp_path / "seen"
    start_with(
        "import os\n"
        "held = [os.path.realpath(f'/dev/fd/{i}') for i in range(3, 256) if os.path.exists(f'/dev/fd/{i}')]\n"
        f"open({str(seen)!r}, 'w').write(repr((sorted(os.environ), dict(os.environ), os.read(0, 9), held)))\n"
    )
    with (tmp_path / "other").open() as other:
        os.set_inheritable(other.fileno(), True)
        read(good)
    text = seen.read_text()
    assert SECRET not in text
    assert str(tmp_path / "other") not in text
    assert "a.csv" in text
    assert "'PATH'" not in text
    assert "b''" in text


@pytest.mark.parametrize("kind", ["link", "storage", "virtual", "pipe"])
def test_no_other_file_is_opened_even_without_the_scan(kind, tmp_path, start_with):
    """The second lock: were the scan to miss something, the process still could not open what it points to."""
    other = tmp_path / "secret.h5"
    if kind == "pipe":
        os.mkfifo(other)
    else:
        with h5py.File(other, "w") as file:
            file["matrix"] = np.full((2, 2), 4711.0)
    path = _h5ad(tmp_path / "a.h5ad")
    with h5py.File(path, "r+") as file:
        del file["X"]
        if kind in {"link", "pipe"}:
            file["X"] = h5py.ExternalLink(str(other), "/matrix")
        elif kind == "storage":
            file.create_dataset("X", (2, 2), "u1", external=[("/etc/passwd", 0, 4)])
        else:
            layout = h5py.VirtualLayout((2, 2), "f8")
            layout[:] = h5py.VirtualSource(str(other), "matrix", (2, 2))
            file.create_virtual_dataset("X", layout)
    start_with(NO_SCAN)
    if kind == "virtual":  # HDF5 fills what it cannot open with zeros
        assert not np.asarray(read(path).matrix).any()
    else:
        with pytest.raises(
            InputError, match=r"could not be read|no expression matrix|no main matrix"
        ) as caught:
            read(path)
        assert "4711" not in str(caught.value)


def test_memory_beyond_the_limit_is_refused_in_words(tmp_path, start_with):
    path = tmp_path / "a.h5ad"
    with h5py.File(_h5ad(path), "r+") as file:
        del file["obs/_index"]
        file["obs"].create_dataset("_index", (2 * 10**7,), "i8", chunks=(10**6,), compression="gzip")
    start_with(NO_SCAN)
    with pytest.raises(UnsafeFileError, match=r"needs more than 64 MiB of memory"):
        read(path, limits=Limits(memory=2**26))


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import time; time.sleep(60)", "takes more than 0.5 seconds"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "crash .SIGSEGV.: it is damaged"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "for want of memory"),
        ("import os; os._exit(3)", "crash .code 3."),
    ],
    ids=["sleep", "crash", "killed", "exit"],
)
def test_every_end_of_the_process_has_its_message(code, words, good, temporary, start_with):
    start_with(code)
    begin = time.monotonic()
    with pytest.raises(InputError, match=words):
        read(good, limits=Limits(seconds=0.5))
    assert time.monotonic() - begin < 30
    assert list(temporary.iterdir()) == []


def test_what_the_process_has_started_ends_with_it(good, tmp_path, start_with):
    number = tmp_path / "number"
    start_with(
        "import os, time\n"
        "if not os.fork():\n"
        f"    open({str(number)!r}, 'w').write(str(os.getpid()))\n"
        "    time.sleep(60)\n"
        f"while not os.path.exists({str(number)!r}) or not os.path.getsize({str(number)!r}): time.sleep(0.01)\n"
    )
    assert read(good).shape == (2, 1)
    started = int(number.read_text())
    for _ in range(100):  # whoever inherits it may take a moment to notice its end
        if not _is_running(started):
            return
        time.sleep(0.05)
    pytest.fail("a process of the reading process is still there")


def _is_running(number):
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_processor_time_is_bounded_from_inside(good, start_with):
    start_with(
        "import xpert.data.guard.delimited as d\ndef spin(*a):\n    while True: pass\nd.read_matrix = spin"
    )
    process_deadline = Limits(seconds=1.0)
    with pytest.raises(UnsafeFileError, match=r"takes more than 1 seconds"):
        read(good, limits=process_deadline)


def test_error_that_nobody_foresaw_is_a_message_with_its_trace_aside(good, start_with):
    start_with(
        "import xpert.data.guard.delimited as d\ndef fail(*a):\n    raise ZeroDivisionError('x')\nd.read_matrix = fail"
    )
    with pytest.raises(InputError, match=r"could not be understood .ZeroDivisionError: 'x'.") as caught:
        read(good)
    assert "Traceback" not in str(caught.value)
    assert "Traceback" in caught.value.__notes__[0]


def test_interrupted_reading_ends_its_process(good, start_with, tmp_path):
    number = tmp_path / "number"
    start_with(f"import os, time; open({str(number)!r}, 'w').write(str(os.getpid())); time.sleep(60)")

    def interrupt():
        while not number.exists() or not number.read_text():
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        read(good)
    thread.join()
    with pytest.raises(ProcessLookupError):
        os.kill(int(number.read_text()), 0)


def test_reading_works_from_another_folder_without_a_python_path(good, tmp_path, root):
    """The process finds the package that its parent uses, wherever either was started."""
    code = f"import sys; sys.path.insert(0, {str(root)!r}); from xpert.data.read import read; print(read({str(good)!r}).shape)"
    environment = {"PATH": os.environ["PATH"]}
    done = subprocess.run(
        [sys.executable, "-I", "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "(2, 1)\n"


def test_file_that_changes_while_it_is_read_is_refused(good, start_with):
    start_with(f"open({str(good)!r}, 'a').write('c,z,3\\n')")
    with pytest.raises(InputError, match=r"was changed while it was read"):
        read(good)


def test_link_that_the_user_names_is_followed_but_not_one_found_beside(good, tmp_path):
    (tmp_path / "link.csv").symlink_to(good)
    assert read(tmp_path / "link.csv").shape == (2, 1)


def test_limits_must_be_positive():
    with pytest.raises(ValueError, match=r"memory must be positive"):
        Limits(memory=0)
