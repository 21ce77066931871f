"""What training shows while it runs: one line with the time that is left at most."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from lightning import Callback

if TYPE_CHECKING:
    from lightning import LightningModule, Trainer

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


class TrainingProgress(Callback):  # type: ignore[misc]
    """A bar over all passes, on stderr."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.bar = Bar(label, at_most=True)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start the clock; a resumed run starts it at the pass that it continues with."""
        self.bar = Bar(self.label, first=trainer.current_epoch, at_most=True)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Draw the line."""
        if trainer.is_global_zero:
            held_out = float(trainer.callback_metrics.get("held_out_total", float("nan")))
            self.bar.draw(
                trainer.current_epoch + 1, int(trainer.max_epochs or 1), f"held-out loss {held_out:.4f}"
            )

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Say how it ended."""
        if trainer.is_global_zero and trainer.current_epoch < int(trainer.max_epochs or 0):
            sys.stderr.write(f"\n{self.label}: no further gain after {trainer.current_epoch} passes.\n")

    def state_dict(self) -> dict[str, Any]:
        """Nothing here is part of the training's state."""
        return {}


def clock(seconds: float) -> str:
    """Minutes and seconds, or hours and minutes: ``2:05``, ``1 h 12 min``."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
