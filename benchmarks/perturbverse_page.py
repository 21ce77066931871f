"""How long a reader waits for the Perturbverse page, in a browser on a server that is warm.

Prints one line a figure: a map of 100,000 cells in a fresh tab until its picture and its axes are there; that map drawn
again after a change of colour and after a lasso; the map of the largest bundled model; and one run of the page alone.
The cells are made up and drawn by the page's own code.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from app_first_page import ROOT, free_port, start

PAINT_WANTED, RERUN_WANTED = 2.0, 0.3
VISITS = 4
MODEL = "l1000"
_SCRIPT = """\
import numpy as np
import streamlit as st
from xpert.plots.cells import by_expression, by_label, cell_map, cell_map_alt
from xpert.plots.lasso import inside, outlines
from xpert.ui import figures

@st.cache_resource
def cells():
    rng = np.random.default_rng(0)
    code = rng.integers(0, 12, {cells})
    middles = rng.normal(size=(12, 2)) * 5
    return (middles[code] + rng.normal(size=({cells}, 2))).astype(np.float32), code

place, code = cells()
names = [f"treatment {{i}}" for i in range(12)]
by = st.selectbox("Coloured by", ["treatment", "gene"])
paint = by_label(code, names) if by == "treatment" else by_expression(place[:, 0], "gene", "made up")
event = figures.plotly(
    cell_map(place, paint, names, code, "X_umap").update_layout(dragmode="lasso"),
    "cells", words=cell_map_alt(len(place), "X_umap", paint), about="cells", key="map",
    on_select="rerun", selection_mode=("box", "lasso"),
)
drawn = outlines(st.session_state["map"]["selection"])
if drawn:
    st.header(f"Selected: {{int(inside(*place.T, drawn).sum()):,}}")
"""


# What the picture under the axes is made of, or an empty text before it is there.
_PICTURE = "(document.querySelector('.js-plotly-plot image')?.href?.baseVal ?? '')"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=100_000)
    cells = parser.parse_args().cells
    print(f"run of the page with the map of {MODEL}: {rerun():.3f} s (wanted: under {RERUN_WANTED:g} s)")
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        print("no browser here, so nothing was painted")
        return
    for name, value in painted(browser, cells).items():
        wanted = f" (wanted: under {PAINT_WANTED:g} s)" if name.startswith("first") else ""
        print(f"{name}, {cells:,} points: {value:.2f} s{wanted}")
    print(f"the page itself in a fresh tab, map of {MODEL}: {page_in_browser(browser):.2f} s")


def rerun() -> float:
    """Median seconds of one run of the page, in this process, with a point picked."""
    from streamlit.testing.v1 import AppTest

    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
    app.session_state["map model"] = MODEL
    app.switch_page("pages/3_Perturbverse.py").run()
    app.session_state["map picked"] = 3
    app.run()
    times = []
    for _ in range(7):
        begin = time.perf_counter()
        app.run()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def painted(browser: str, cells: int) -> dict[str, float]:
    """Seconds until the map stands in a fresh tab, and until it is drawn again; medians."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "cells.py"
        script.write_text(_SCRIPT.format(cells=cells))
        port = free_port()
        server = serve(script, port)
        try:
            return watch(browser, f"http://127.0.0.1:{port}/")
        finally:
            os.killpg(server.pid, signal.SIGTERM)


def serve(script: Path, port: int) -> subprocess.Popen:
    """Start a server with a script, and wait until it says that it is well."""
    from urllib.request import urlopen

    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.headless", "true"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
    server = subprocess.Popen([*command, "--server.port", str(port)], cwd=ROOT, **quiet)
    while server.poll() is None:
        try:
            with urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2):
                return server
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server did not start")


def watch(browser: str, address: str) -> dict[str, float]:
    from playwright.sync_api import sync_playwright

    first, again, lasso = [], [], []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox", "--disable-gpu"])
        context = chromium.new_context(viewport={"width": 1280, "height": 1000})
        for visit in range(VISITS + 1):
            tab = context.new_page()
            begin = time.perf_counter()
            tab.goto(address)
            stands(tab)
            seconds = time.perf_counter() - begin
            if visit:  # the first one warms the server and the browser's cache of scripts
                first.append(seconds)
                again.append(recoloured(tab))
                lasso.append(drawn_round(tab))
            tab.close()
        chromium.close()
    return {
        "first useful paint": statistics.median(first),
        "drawn again in other colours": statistics.median(again),
        "lasso to number of cells": statistics.median(lasso),
    }


def stands(tab) -> None:
    """Wait until the picture and the axes over it are drawn."""
    tab.locator(".js-plotly-plot .nsewdrag").first.wait_for(timeout=60_000)
    tab.wait_for_function(f"{_PICTURE}.length > 1000", timeout=60_000)


def recoloured(tab) -> float:
    before = tab.evaluate(_PICTURE)
    tab.get_by_role("combobox").click()
    begin = time.perf_counter()
    tab.get_by_role("option").nth(1).click()
    tab.wait_for_function(f"(before) => {_PICTURE}.length > 1000 && {_PICTURE} !== before", arg=before)
    return time.perf_counter() - begin


def drawn_round(tab) -> float:
    stands(tab)
    box = tab.locator(".nsewdrag").first.bounding_box()
    x, y, side = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, 100
    tab.mouse.move(x - side, y - side)
    tab.mouse.down()
    for corner in ((side, -side), (side, side), (-side, side), (-side, -side)):
        tab.mouse.move(x + corner[0], y + corner[1], steps=4)
    begin = time.perf_counter()
    tab.mouse.up()
    tab.get_by_text("Selected:").wait_for(timeout=60_000)
    return time.perf_counter() - begin


def page_in_browser(browser: str) -> float:
    """Seconds until the app's own page shows the map of a model, for a later visitor."""
    from playwright.sync_api import sync_playwright

    port = free_port()
    server = start(port)
    times = []
    try:
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(
                executable_path=browser, args=["--no-sandbox", "--disable-gpu"]
            )
            context = chromium.new_context(viewport={"width": 1280, "height": 1000})
            for _ in range(VISITS):
                tab = context.new_page()
                begin = time.perf_counter()
                tab.goto(f"http://127.0.0.1:{port}/Perturbverse")
                tab.locator(".js-plotly-plot .nsewdrag").first.wait_for(timeout=60_000)
                times.append(time.perf_counter() - begin)
                tab.close()
            chromium.close()
    finally:
        os.killpg(server.pid, signal.SIGTERM)
    return min(times[1:])


if __name__ == "__main__":
    main()
