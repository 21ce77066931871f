"""Checkpoints that are whole or absent, and that are read without unpickling code."""

from __future__ import annotations

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
    """The averaged network's tensors in a checkpoint.

    Raises
    ------
    InputError
        When the file is missing or is no checkpoint of this program.
    """
    try:
        stored = torch.load(checkpoint, map_location="cpu", weights_only=True)["state_dict"]
    except (OSError, KeyError, EOFError, RuntimeError, ValueError) as error:
        raise InputError(
            f"The checkpoint {checkpoint} cannot be read ({error}); start without it."
        ) from error
    prefix = "averaged."
    return {name.removeprefix(prefix): value for name, value in stored.items() if name.startswith(prefix)}
