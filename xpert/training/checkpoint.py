"""Checkpoints that are whole or absent, and that are read without unpickling code."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch.plugins.io import TorchCheckpointIO

from xpert.errors import InputError


class WholeCheckpoints(TorchCheckpointIO):  # type: ignore[misc]
    """Writes beside the old checkpoint and then takes its place, so that a kill leaves one of the two."""

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: object = None
    ) -> None:
        """Write plain tensors, numbers and text."""
        del storage_options
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_suffix(".part")
        torch.save(checkpoint, part)
        part.replace(target)


def network_weights(checkpoint: Path) -> dict[str, torch.Tensor]:
    """The averaged network's tensors in a checkpoint."""
    prefix = "averaged."
    stored: dict[str, torch.Tensor] = _read(checkpoint)["state_dict"]
    return {name.removeprefix(prefix): value for name, value in stored.items() if name.startswith(prefix)}


def passes(checkpoint: Path) -> int:
    """Passes over the training conditions that a checkpoint stands at the end of."""
    return int(_read(checkpoint)["epoch"]) + 1


def best_score(checkpoint: Path, monitored: str) -> float:
    """Lowest value of what was monitored until then."""
    kept = [
        state["best_model_score"]
        for state in _read(checkpoint)["callbacks"].values()
        if state.get("monitor") == monitored and state.get("best_model_score") is not None
    ]
    return float(kept[0])


def _read(checkpoint: Path) -> dict[str, Any]:
    """A checkpoint, read without unpickling code.

    Raises
    ------
    InputError
        When the file is missing or is no checkpoint of this program.
    """
    if not zipfile.is_zipfile(checkpoint):
        raise InputError(f"{checkpoint} is no checkpoint; remove it, or start without --resume.")
    try:
        stored: dict[str, Any] = torch.load(checkpoint, map_location="cpu", weights_only=True)
    except (OSError, EOFError, RuntimeError, ValueError) as error:
        raise InputError(f"The checkpoint {checkpoint} cannot be read: {error}") from error
    return stored
