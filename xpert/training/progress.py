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


class TrainingProgress(Callback):  # type: ignore[misc]
    """A bar over all passes, on stderr, drawn over itself on a terminal and now and then elsewhere."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.start, self.first = 0.0, 0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start the clock; a resumed run starts it at the pass that it continues with."""
        self.start, self.first = time.monotonic(), trainer.current_epoch

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Draw the line."""
        done, most = trainer.current_epoch + 1, int(trainer.max_epochs or 1)
        if not trainer.is_global_zero or not self._is_due(done, most):
            return
        seconds = (time.monotonic() - self.start) / max(1, done - self.first) * (most - done)
        filled = WIDTH * done // most
        held_out = float(trainer.callback_metrics.get("held_out_total", float("nan")))
        line = (
            f"{self.label} {'█' * filled}{'░' * (WIDTH - filled)} {done}/{most}"
            f" · held-out loss {held_out:.4f} · at most {clock(seconds)} left"
        )
        sys.stderr.write(f"\r{line}" if sys.stderr.isatty() else f"{line}\n")
        sys.stderr.flush()

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Leave the line behind and say how it ended."""
        if not trainer.is_global_zero:
            return
        if sys.stderr.isatty():
            sys.stderr.write("\n")
        if trainer.current_epoch < int(trainer.max_epochs or 0):
            sys.stderr.write(f"{self.label} stopped after {trainer.current_epoch} passes: no further gain.\n")

    @staticmethod
    def _is_due(done: int, most: int) -> bool:
        return sys.stderr.isatty() or done == most or done % max(1, most // LINES_WITHOUT_TERMINAL) == 0

    def state_dict(self) -> dict[str, Any]:
        """Nothing here is part of the training's state."""
        return {}


def clock(seconds: float) -> str:
    """Minutes and seconds, or hours and minutes: ``2:05``, ``1 h 12 min``."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
