"""A server as `make app` starts it, and a Chromium that looks at it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from typing import TYPE_CHECKING

import pytest

from xpert.ui import load

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MODEL = "perturbseq"
SECONDS_TO_START = 60
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync")  # fmt: skip


@pytest.fixture(scope="session")
def output(root: Path) -> Path:
    """Where screenshots are kept to be looked at; not part of the checkout."""
    folder = root / "test-output"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def chromium() -> Iterator:
    """A running browser; the test is skipped where there is none."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium is installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(root: Path, output: Path) -> Iterator[str]:
    """Address of the app on a free port; the test is skipped before the model has been trained."""
    if MODEL not in {info.name for info in load.bundle_infos()}:
        pytest.skip(f"the bundle {MODEL} is not here")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
    with (output / "server.log").open("w") as log:
        process = subprocess.Popen(
            [*command, "--server.port", str(port)], cwd=root, stdout=log, stderr=log, start_new_session=True
        )
        try:
            _wait(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=20)


def _wait(port: int, process: subprocess.Popen) -> None:
    """Wait until the server says that it is well."""
    last = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < last and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    pytest.fail("the server did not start; see test-output/server.log")
