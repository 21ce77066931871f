"""One long-lived reader, fed with every hostile file: that it still answers at the end is part of the test."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))


class Server:
    """Talks to `server.py`."""

    def __init__(self, errors: Path) -> None:
        self.errors = errors
        self.most_memory = 0
        with errors.open("wb") as sink:
            self._process = subprocess.Popen(
                [sys.executable, HERE / "server.py"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=sink,
                cwd=HERE.parents[1],
            )

    def read(self, path: Path, *, memory: int, seconds: float) -> dict:
        """Have a file read; a server that does not answer is ended, and the test with it."""
        self.most_memory = max(self.most_memory, memory)
        request = {"path": str(path), "memory": memory, "seconds": seconds}
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        self._process.stdin.flush()
        watch = threading.Timer(60, self._process.kill)
        watch.start()
        line = self._process.stdout.readline()
        watch.cancel()
        assert line, f"the reader did not survive {path.name}: {self.errors.read_text()[-2000:]}"
        return json.loads(line)

    def close(self) -> None:
        self._process.stdin.close()
        assert self._process.wait(timeout=20) == 0


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("server") / "errors.txt")
    yield server
    server.close()
