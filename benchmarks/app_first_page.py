"""Time from a started server to the app's first page, drawn in a browser: for the first visitor and for later ones.

Prints one line a figure. Without Chromium the page's own run is timed in this process, and the line says so.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VISITS = 3
WANTED = 3.0


def main() -> None:
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        print(f"first page, run alone (no browser here): {run_alone():.2f} s")
        return
    port = free_port()
    begin = time.perf_counter()
    server = start(port)
    try:
        print(f"server ready after {time.perf_counter() - begin:.2f} s")
        times = visit(browser, f"http://127.0.0.1:{port}/")
    finally:
        os.killpg(server.pid, signal.SIGTERM)
    print(f"first page, first visitor: {times[0]:.2f} s (wanted: under {WANTED:g} s)")
    print(f"first page, later visitors: {min(times[1:]):.2f} s, best of {len(times) - 1}")


def visit(browser: str, address: str) -> list[float]:
    """Seconds until the page is drawn, each time in a fresh tab without a cache."""
    from playwright.sync_api import sync_playwright

    times = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox", "--disable-gpu"])
        for _ in range(VISITS):
            tab = chromium.new_context().new_page()
            begin = time.perf_counter()
            tab.goto(address)
            tab.get_by_role("heading", name="Where to go").wait_for(timeout=60_000)
            tab.wait_for_selector('[data-testid=stApp][data-test-script-state="notRunning"]')
            times.append(time.perf_counter() - begin)
            tab.context.close()
        chromium.close()
    return times


def start(port: int) -> subprocess.Popen:
    """Start the server as `make app` does, and wait until it says that it is well."""
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
    server = subprocess.Popen(
        [*command, "--server.port", str(port)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while server.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2):
                return server
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server did not start")


def run_alone() -> float:
    """Seconds of the page's own run, without server and browser."""
    from streamlit.testing.v1 import AppTest

    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    begin = time.perf_counter()
    app.run()
    return time.perf_counter() - begin


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


if __name__ == "__main__":
    main()
