"""The Lightning module: one step, one validation, one optimiser."""

from __future__ import annotations

import math
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import torch
from lightning import LightningModule

from xpert.training.loss import loss_of

if TYPE_CHECKING:
    from torch import Tensor

    from xpert.model.network import XPert
    from xpert.training.recipe import TrainingSection
    from xpert.training.rows import TrainingBatch

WARM_UP_EPOCHS = 3
LAST_STEP_SIZE = 0.05


class TrainingModule(LightningModule):  # type: ignore[misc]
    """Trains one network, and keeps a running average of its weights, which is what is judged and kept.

    Method: exponential averaging (Polyak and Juditsky 1992); on few noisy conditions the average is better than
    the last step. Nothing but tensors is stored in a checkpoint, so that it can be read without unpickling.

    Attributes
    ----------
    network
        What the optimiser changes.
    averaged
        The running average of its weights.
    """

    def __init__(self, network: XPert, settings: TrainingSection) -> None:
        super().__init__()
        self.network = network
        self.averaged = deepcopy(network).requires_grad_(requires_grad=False)
        self.settings = settings

    def training_step(self, batch: TrainingBatch, _: int) -> Tensor:
        """Loss of one batch, on as many genes as the settings say, drawn anew each time."""
        genes, most = len(batch.asked.genes), self.settings.genes_per_step
        if 0 < most < genes:
            batch = batch.on_genes(torch.randperm(genes)[:most].to(batch.observed.device))
        loss = loss_of(self.network(batch.asked), batch, self.network.shift_scale, self.settings)
        self.log_dict(
            {f"train_{name}": part for name, part in loss._asdict().items()},
            on_step=False,
            on_epoch=True,
            batch_size=len(batch.weight),
            sync_dist=True,
        )
        return loss.total

    def validation_step(self, batch: TrainingBatch, _: int) -> None:
        """Loss of the averaged network on held-out perturbations."""
        loss = loss_of(self.averaged(batch.asked), batch, self.network.shift_scale, self.settings)
        self.log_dict(
            {f"held_out_{name}": part for name, part in loss._asdict().items()},
            batch_size=len(batch.weight),
            sync_dist=True,
        )

    def on_train_batch_start(self, batch: TrainingBatch, batch_idx: int) -> None:
        """Set seed and step size from the number of the pass, before its first batch.

        Both then depend on nothing that happened before, so that a resumed run does what the uninterrupted one
        did. (The hook for the start of a pass is left out by Lightning after a resume.)
        """
        if batch_idx > 0:
            return
        torch.manual_seed(_mixed(self.settings.seed, self.current_epoch, self.trainer.global_rank))
        share = self.step_size(self.current_epoch)
        for group, largest in zip(self._groups(), self._largest_steps(), strict=True):
            group["lr"] = share * largest
        self.log(
            "gate", self.network.gate.detach(), on_step=False, on_epoch=True, batch_size=1, sync_dist=True
        )

    def on_train_batch_end(self, outputs: Any, batch: TrainingBatch, batch_idx: int) -> None:  # noqa: ANN401
        """Move the average a little towards the network; further in the first steps, which start at chance."""
        steps = self.trainer.global_step
        keep = min(self.settings.averaging, steps / (steps + 10))
        with torch.no_grad():
            for average, current in zip(self.averaged.parameters(), self.network.parameters(), strict=True):
                average.lerp_(current, 1 - keep)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """AdamW; gates take larger steps than the rest and are not pulled to zero."""
        is_gate = {name: name.split(".")[-1] == "gate" for name, _ in self.network.named_parameters()}
        named = dict(self.network.named_parameters())
        rest, gates = self._largest_steps()
        return torch.optim.AdamW(
            [
                {"params": [named[name] for name in named if not is_gate[name]], "lr": rest},
                {
                    "params": [named[name] for name in named if is_gate[name]],
                    "lr": gates,
                    "weight_decay": 0.0,
                },
            ],
            weight_decay=self.settings.weight_decay,
        )

    def step_size(self, epoch: int) -> float:
        """Share of the largest step size: a short warm-up, then half a cosine."""
        if epoch < WARM_UP_EPOCHS:
            return (epoch + 1) / WARM_UP_EPOCHS
        done = (epoch - WARM_UP_EPOCHS) / max(1, self.settings.epochs - WARM_UP_EPOCHS)
        return LAST_STEP_SIZE + (1 - LAST_STEP_SIZE) * (1 + math.cos(math.pi * min(done, 1))) / 2

    def _largest_steps(self) -> tuple[float, float]:
        return self.settings.learning_rate, self.settings.gate_learning_rate

    def _groups(self) -> list[dict[str, Any]]:
        optimizer = self.optimizers(use_pl_optimizer=False)
        assert isinstance(optimizer, torch.optim.Optimizer)
        return optimizer.param_groups


def _mixed(seed: int, epoch: int, rank: int) -> int:
    return (seed * 1_000_003 + epoch * 1_009 + rank) % 2**63
