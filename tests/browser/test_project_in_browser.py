"""A project saved in one tab and opened in another, the guided tour by keyboard, and what a closed tab leaves behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from visitor import Visitor

pytestmark = pytest.mark.browser

PANEL = "Save or open a project"
OWN = "K562 (your data)"
TREATMENT = "KLF1:crispra + MAP2K3:crispra"


@pytest.fixture
def tab(chromium):
    """Opens fresh tabs at an address; whatever they complained about fails the test at its end."""
    opened = []

    def fresh(address):
        context = chromium.new_context(viewport={"width": 1280, "height": 1000}, accept_downloads=True)
        opened.append((context, Visitor(context.new_page(), address)))
        return opened[-1][1]

    yield fresh
    for context, someone in opened:
        context.close()
        assert someone.complaints == []
        assert someone.hosts <= {"127.0.0.1", ""}, "the app asked another host"


def open_sample(someone):
    someone.go("/Data")
    someone.press("Open the sample")
    someone.tab.get_by_text("What the columns mean").wait_for()
    someone.press("Confirm this mapping")


def first_row(someone):
    grid = someone.tab.locator("[data-testid=stDataFrame]").filter(
        has=someone.tab.locator("th", has_text="Gene")
    )
    return grid.first.locator("[role=row][aria-rowindex='2'] [role=gridcell]").all_inner_texts()


def test_a_project_saved_in_one_tab_reopens_in_another(tab, server, tmp_path, output):
    someone = tab(server)
    open_sample(someone)
    someone.link("Go to Predict")
    someone.choose("Context", OWN)
    someone.write("The same as text", TREATMENT)
    someone.press("Predict")
    someone.figure()
    address, row = someone.tab.url, first_row(someone)

    someone.link("Data")
    someone.tab.get_by_text(PANEL).click()
    someone.tab.get_by_text("With the data file itself").click()
    someone.settle()
    with someone.tab.expect_download() as download:
        someone.tab.get_by_role("button", name="Save project", exact=True).click()
    project = tmp_path / download.value.suggested_filename
    download.value.save_as(project)

    other = tab(server)
    other.go("/Data")
    other.tab.get_by_text(PANEL).click()
    other.tab.locator("input[type=file]").nth(1).set_input_files(project)
    other.tab.get_by_text("computed again, equal to the saved tables").wait_for()
    other.settle()
    assert "Loaded: xpert-sample.h5ad" in other.tab.locator("[data-testid=stSidebar]").inner_text()
    other.shoot(output / "project-open-light-1280.png")
    other.link("Go on where it was saved")
    other.figure()
    assert other.tab.url == address
    assert first_row(other) == row


def test_the_tour_is_walked_by_keyboard_and_the_menu_leads_on(tab, server):
    someone = tab(server)
    someone.go("/")
    seen = []
    for _ in range(40):
        someone.tab.keyboard.press("Tab")
        seen.append(someone.tab.evaluate("document.activeElement.innerText").strip().split("\n")[-1])
        if seen[-1] == "Open a prediction":
            break
    someone.tab.keyboard.press("Enter")
    someone.settle()
    someone.figure()
    side = someone.tab.locator("[data-testid=stSidebar]")
    side.get_by_text("Guided tour: 1 of 5 steps done").wait_for()
    side.get_by_role("link", name="Read the evidence").click()
    someone.settle()
    someone.figure()
    assert "What stands behind it" in someone.text()
    side.get_by_text("Guided tour: 2 of 5 steps done").wait_for()


def nameless(process, folder):
    """Open files of a process whose names are gone."""
    links = [os.readlink(fd) for fd in Path(f"/proc/{process.pid}/fd").iterdir() if fd.is_symlink()]  # noqa: PTH115
    return [link for link in links if link.startswith(str(folder)) and link.endswith("(deleted)")]


@pytest.fixture
def hasty(root, tmp_path):
    """A server that drops a closed tab after a second, with a folder of its own for temporary files."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
    process = subprocess.Popen(
        [*command, "--server.port", str(port), "--server.disconnectedSessionTTL", "1"],
        cwd=root,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2).close()
                break
            except OSError:
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}", process
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=20)


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc")
def test_a_closed_tab_leaves_nothing_of_its_data(chromium, hasty, tmp_path):
    address, process = hasty
    context = chromium.new_context()
    someone = Visitor(context.new_page(), address)
    open_sample(someone)
    assert nameless(process, tmp_path), "the data are held in files without a name"
    assert not list(tmp_path.glob("xpert-*"))
    context.close()
    for _ in range(100):
        if not nameless(process, tmp_path):
            break
        time.sleep(0.3)
    assert not nameless(process, tmp_path)
    assert not list(tmp_path.glob("xpert-*"))
