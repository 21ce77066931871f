"""What training shows while it runs: one line with the time that is left at most."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from lightning import Callback

from xpert.training.bar import Bar

if TYPE_CHECKING:
    from lightning import LightningModule, Trainer


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
