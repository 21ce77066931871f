"""What a person does with the app, in a browser tab that notes everything that goes wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE = 60_000  # ms
# On a deep link Streamlit's own page first asks under the page's path, and then under the right one.
_PROBES = ("/_stcore/health", "/_stcore/host-config")


@dataclass
class Visitor:
    """One tab."""

    tab: Any
    address: str
    complaints: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.tab.on("request", self._asked)
        self.tab.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.tab.on("console", self._heard)

    def _asked(self, request: Any) -> None:
        if host := urlsplit(request.url).hostname:  # what the page holds itself (data:, blob:) has none
            self.hosts.add(host)

    def _heard(self, message: Any) -> None:
        is_probe = message.location.get("url", "").endswith(_PROBES)
        if message.type == "error" and not is_probe:
            self.complaints.append(f"{message.text} {message.location}")

    def go(self, path: str = "/") -> None:
        """Open an address and wait until the page has been drawn."""
        self.tab.goto(self.address + path)
        self.settle()

    def settle(self) -> None:
        """Wait until the server has nothing more to say."""
        self.tab.wait_for_timeout(250)
        self.tab.wait_for_selector(
            '[data-testid=stApp][data-test-script-state="notRunning"]', timeout=PATIENCE
        )
        self.tab.wait_for_timeout(250)

    def link(self, name: str) -> None:
        """Follow a link by its exact name; again, where the page was drawn anew under the first click."""
        before = self.tab.url
        for _ in range(3):
            self.tab.get_by_role("link", name=name, exact=True).click()
            self.settle()
            if self.tab.url != before:
                return

    def press(self, name: str) -> None:
        """Press a button by its exact name."""
        self.tab.get_by_role("button", name=name, exact=True).click()
        self.settle()

    def choose(self, box: str, option: str) -> None:
        """Choose from a list."""
        self.tab.get_by_role("combobox", name=box).click()
        self.tab.get_by_role("option", name=option, exact=True).click()
        self.settle()

    def write(self, field_name: str, text: str) -> None:
        """Fill a text field and leave it with Enter."""
        box = self.tab.get_by_role("textbox", name=field_name)
        box.fill(text)
        box.press("Enter")
        self.settle()

    def upload(self, path: Path) -> None:
        """Offer a file by its path."""
        self.tab.locator("input[type=file]").first.set_input_files(path)
        self.tab.wait_for_timeout(500)
        self.settle()

    def figure(self, number: int = 0) -> Any:
        """A Plotly figure, once it can be pointed at."""
        figure = self.tab.locator(".js-plotly-plot").nth(number)
        figure.locator(".nsewdrag").first.wait_for(timeout=PATIENCE)
        self.tab.wait_for_timeout(700)
        return figure

    def click_point(self, trace: int = 0, number: int = 0) -> str:
        """Click the point of a trace that stands furthest from all others, and give its hover text."""
        figure = self.figure(number)
        figure.scroll_into_view_if_needed()
        x, y, text = figure.evaluate(
            """(plot, trace) => {
                const {xaxis, yaxis} = plot._fullLayout, all = plot._fullData.filter((t) => t.customdata);
                const spot = (t, i) => [xaxis.c2p(t.x[i]), yaxis.c2p(t.y[i])];
                const spots = all.flatMap((t) => Array.from(t.x, (_, i) => spot(t, i)));
                const t = plot._fullData[trace];
                const room = Array.from(t.x, (_, i) => {
                    const [x, y] = spot(t, i);
                    return spots.map(([a, b]) => Math.hypot(a - x, b - y)).sort((a, b) => a - b)[1];
                });
                const i = room.indexOf(Math.max(...room));
                return [...spot(t, i), t.text[i]];
            }""",
            trace,
        )
        box = figure.locator(".nsewdrag").first.bounding_box()
        self.tab.mouse.move(box["x"] + x, box["y"] + y, steps=4)
        self.tab.wait_for_timeout(300)
        self.tab.mouse.down()
        self.tab.mouse.up()
        self.tab.wait_for_timeout(500)
        self.settle()
        return str(text)

    def metric(self, label: str) -> str:
        """The value of a metric."""
        box = self.tab.locator("[data-testid=stMetric]").filter(has_text=label)
        return str(box.locator("[data-testid=stMetricValue]").first.text_content()).strip()

    def text(self) -> str:
        """Every word on the page."""
        return str(self.tab.locator("[data-testid=stMain]").inner_text())

    def shoot(self, path: Path, *, height: int | None = None) -> None:
        """Keep a picture of the page, as tall as it is."""
        width = self.tab.viewport_size["width"]
        tall = height or self.tab.evaluate(
            "document.querySelector('[data-testid=stMainBlockContainer]').scrollHeight + 60"
        )
        self.tab.set_viewport_size({"width": width, "height": int(tall)})
        self.settle()
        self.tab.wait_for_timeout(900)
        self.tab.screenshot(path=path)
        self.tab.set_viewport_size({"width": width, "height": 1000})
