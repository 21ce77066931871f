"""What training makes small: the error of the shift, of its direction, of the spread, and of the auxiliary direction."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

if TYPE_CHECKING:
    from xpert.model.batch import NetworkOutput
    from xpert.training.recipe import TrainingSection
    from xpert.training.rows import TrainingBatch

_SMALL = 1e-6


class Loss(NamedTuple):
    """The parts of the loss and their weighted sum, each a mean over conditions."""

    total: Tensor
    size: Tensor
    shape: Tensor
    spread: Tensor
    signature: Tensor


def loss_of(out: NetworkOutput, batch: TrainingBatch, scale: Tensor, settings: TrainingSection) -> Loss:
    """Compare what the network says with what was measured.

    Parameters
    ----------
    out
        The network's output for ``batch.asked``.
    batch
        What was measured.
    scale
        Typical shift, which makes the squared error free of units.
    settings
        Weights of the parts.
    """
    size = _mean(squared_error(out.shift, batch, scale), batch.weight)
    shape = _mean(1 - cosine(out.shift * batch.is_measured, batch.observed), batch.weight)
    spread = _mean(spread_error(out.log_spread_ratio, batch.log_ratio), batch.weight)
    signature = _mean(1 - cosine(out.signature, batch.signature), batch.weight)
    total = (
        (1 - settings.shape_weight) * size
        + settings.shape_weight * shape
        + settings.spread_weight * spread
        + settings.signature_weight * signature
    )
    return Loss(total, size, shape, spread, signature)


def squared_error(shift: Tensor, batch: TrainingBatch, scale: Tensor) -> Tensor:
    """Mean squared error over measured genes in units of `scale`, shape ``(conditions,)``."""
    error = (shift - batch.observed) * batch.is_measured / scale
    return error.square().sum(dim=1) / batch.is_measured.sum(dim=1).clamp_min(1)


def cosine(a: Tensor, b: Tensor) -> Tensor:
    """Cosine of rows, shape ``(conditions,)``; 0 where a row is zeros."""
    lengths = (a.square().sum(dim=1) + _SMALL**2).sqrt() * (b.square().sum(dim=1) + _SMALL**2).sqrt()
    return (a * b).sum(dim=1) / lengths


def spread_error(log_ratio: Tensor, measured: Tensor) -> Tensor:
    """Mean squared error of the log spread over genes where it is known, shape ``(conditions,)``."""
    known = measured.isfinite()
    error = torch.where(known, log_ratio - measured, torch.zeros_like(log_ratio))
    return error.square().sum(dim=1) / known.sum(dim=1).clamp_min(1)


def _mean(values: Tensor, weight: Tensor) -> Tensor:
    return (values * weight).mean()
