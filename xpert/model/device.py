"""Where to compute: a GPU where there is one, and how much at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import torch

if TYPE_CHECKING:
    from xpert.model.config import ModelConfig

Precision = Literal["32-true", "bf16-mixed"]

PROCESSOR_BATCH = 16
LARGEST_BATCH = 1024
# Copies of a gene's token that are alive at once in a training step, measured; and the share of memory to use.
_COPIES_PER_BLOCK = 24
_SHARE = 0.5


def choose_device() -> torch.device:
    """``cuda``, else ``mps``, else ``cpu``."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def choose_precision(device: torch.device) -> Precision:
    """bfloat16 where the hardware computes in it and gains by it, which is on CUDA.

    On processors the gain is below a factor of two, exists on few of them, and would make predictions differ
    between machines.
    """
    if device.type == "cuda" and torch.cuda.is_bf16_supported():
        return "bf16-mixed"
    return "32-true"


def choose_batch_size(config: ModelConfig, device: torch.device) -> int:
    """Conditions a step: what fits into half of a GPU's free memory, or what a processor's cache likes.

    On a processor larger batches are no faster; the figure is a measured one.
    """
    if device.type != "cuda":
        return PROCESSOR_BATCH
    free, _ = torch.cuda.mem_get_info(device)
    floats = config.genes * config.width * _COPIES_PER_BLOCK * (config.depth + 1)
    if config.genes <= config.exact_up_to:
        floats += config.depth * config.heads * config.genes**2
    fitting = int(_SHARE * free / (4 * floats))
    return max(1, min(LARGEST_BATCH, fitting))
