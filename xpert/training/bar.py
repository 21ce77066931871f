"""One line of progress with the time that is left."""

from __future__ import annotations

import sys
import time

WIDTH = 24
LINES_WITHOUT_TERMINAL = 10


class Bar:
    """One line with the time that is left, drawn over itself on a terminal and now and then elsewhere."""

    def __init__(self, label: str, *, first: int = 0, at_most: bool = False) -> None:
        self.label = label
        self.first = first
        self.words = "at most " if at_most else ""
        self.start = time.monotonic()

    def draw(self, done: int, total: int, doing: str) -> None:
        """Draw `done` of `total` steps; `doing` stands beside it."""
        on_terminal = sys.stderr.isatty()
        if not (on_terminal or done == total or done % max(1, total // LINES_WITHOUT_TERMINAL) == 0):
            return
        seconds = (time.monotonic() - self.start) / max(1, done - self.first) * (total - done)
        filled = WIDTH * done // total
        line = (
            f"{self.label} {'█' * filled}{'░' * (WIDTH - filled)} {done}/{total} · {doing}"
            f" · {self.words}{clock(seconds)} left"
        )
        end = "\n" if done == total or not on_terminal else ""
        sys.stderr.write(f"\r\x1b[2K{line}{end}" if on_terminal else f"{line}{end}")
        sys.stderr.flush()


def clock(seconds: float) -> str:
    """Minutes and seconds, or hours and minutes: ``2:05``, ``1 h 12 min``."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
