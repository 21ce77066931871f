"""Fit one network to its rows: early stopping, checkpoints, and going on after an interruption."""

from __future__ import annotations

import json
import logging
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from xpert.model.device import choose_batch_size, choose_device, choose_precision
from xpert.training.checkpoint import WholeCheckpoints, best_score, network_weights, passes
from xpert.training.datamodule import RowsDataModule
from xpert.training.module import TrainingModule
from xpert.training.progress import TrainingProgress

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lightning import Callback, Trainer

    from xpert.model.network import XPert
    from xpert.training.recipe import TrainingSection
    from xpert.training.rows import TrainingRows

LAST, BEST, FINISHED, MONITORED = "last", "best", "finished.json", "held_out_total"


@dataclass(frozen=True)
class Run:
    """Where a fit keeps its state, and what it is called.

    Attributes
    ----------
    folder
        Holds ``last.ckpt`` after each pass, ``best.ckpt``, the logs, and ``finished.json`` at the end.
    label
        Name beside the progress bar; None draws none.
    devices
        Devices to train on; ``auto`` takes every GPU there is.
    """

    folder: Path
    label: str | None = "training"
    devices: int | str = 1


def fit_network(
    network: XPert, rows: TrainingRows, is_held_out: torch.Tensor, settings: TrainingSection, run: Run
) -> XPert:
    """Train until held-out perturbations gain no more, and give the network that was best on them.

    A run whose folder holds a checkpoint goes on from it, to the same weights as without the interruption; a
    finished one is read and not repeated.
    """
    if not (run.folder / FINISHED).exists():
        _train(TrainingModule(network, settings), rows, is_held_out, run)
    network.load_state_dict(network_weights(run.folder / f"{BEST}.ckpt"))
    return network.eval().requires_grad_(requires_grad=False)


def _train(module: TrainingModule, rows: TrainingRows, is_held_out: torch.Tensor, run: Run) -> None:
    settings, device = module.settings, choose_device()
    batch_size = settings.batch_size or choose_batch_size(module.network.config, device)
    data = RowsDataModule(rows, is_held_out, batch_size=batch_size, seed=settings.seed)
    last = run.folder / f"{LAST}.ckpt"
    resumed = str(last) if last.exists() and passes(last) else None
    with _quietly():
        trainer = _trainer(settings, run, device)
        trainer.fit(module, data, ckpt_path=resumed, weights_only=True)
    if trainer.interrupted:
        raise KeyboardInterrupt
    if trainer.is_global_zero:
        # What happened is read from the checkpoints: with several devices it happened in other processes.
        best = run.folder / f"{BEST}.ckpt"
        outcome = {"passes": passes(last), "best_pass": passes(best), "held_out": best_score(best, MONITORED)}
        (run.folder / FINISHED).write_text(json.dumps(outcome), encoding="utf-8")
        last.unlink()


def _trainer(settings: TrainingSection, run: Run, device: torch.device) -> Trainer:
    from lightning import Trainer

    several = run.devices not in (1, "1") and (run.devices != "auto" or torch.cuda.device_count() > 1)
    return Trainer(
        accelerator=device.type if device.type != "cpu" else "cpu",
        devices=run.devices if several else 1,
        # Spawned, so that what comes before and after training happens in one process only.
        strategy="ddp_spawn" if several else "auto",
        precision=choose_precision(device) if settings.precision == "auto" else settings.precision,
        max_epochs=settings.epochs,
        callbacks=_callbacks(settings, run),
        logger=_loggers(run.folder),
        plugins=[WholeCheckpoints()],
        gradient_clip_val=1.0,
        log_every_n_steps=1,
        num_sanity_val_steps=0,
        enable_progress_bar=False,
        enable_model_summary=False,
    )


def _callbacks(settings: TrainingSection, run: Run) -> list[Callback]:
    from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint

    common: dict[str, Any] = {
        "dirpath": run.folder,
        "enable_version_counter": False,
        "save_on_train_epoch_end": True,
    }
    progress = [] if run.label is None else [TrainingProgress(run.label)]
    return [
        *progress,
        EarlyStopping(MONITORED, patience=settings.patience, check_on_train_epoch_end=True),
        ModelCheckpoint(filename=BEST, monitor=MONITORED, **common),
        ModelCheckpoint(filename=LAST, **common),
    ]


def _loggers(folder: Path) -> list[Any]:
    from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger

    # A resumed run writes beside the log of the one before; the logger would delete it.
    attempt = f"attempt-{len(list((folder / 'csv').glob('attempt-*'))) + 1}"
    return [
        CSVLogger(folder, name="csv", version=attempt),
        TensorBoardLogger(folder, name="tensorboard", version=attempt),
    ]


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep the trainer's remarks about machines and workers off the screen for the length of a fit."""
    logger = logging.getLogger("lightning.pytorch")
    before = logger.level
    logger.setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"lightning\..*")
        try:
            yield
        finally:
            logger.setLevel(before)
