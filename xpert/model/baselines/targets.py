"""Responses as a kernel regression sees them: scaled, centred, with the noise of each row."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np

from xpert.model.baselines.profiles import GroupMeans, presence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xpert.data.responses import Condition, Floats, Responses


@dataclass(frozen=True, eq=False)
class Targets:
    """Responses as the fit sees them.

    Attributes
    ----------
    values
        What is left after scaling and centring, NaN where not measured, shape ``(rows, genes)``.
    noise
        Noise of each row relative to a typical one, shape ``(rows,)``.
    means
        What centring took off; None without centring.
    lengths
        Length of each response, shape ``(rows, 1)``; None without scaling.
    """

    values: Floats
    noise: Floats
    means: GroupMeans | None
    lengths: Floats | None

    @classmethod
    def of(cls, responses: Responses, noise: Floats, *, centred: bool, unit_norm: bool) -> Self:
        """Scale every row to length 1 and take the context means off, as asked."""
        values, lengths = np.asarray(responses.delta, dtype=float), None
        if unit_norm:
            lengths = _lengths(values)
            values = values / lengths
        if not centred:
            return cls(values, noise, None, lengths)
        means = GroupMeans.of(responses.conditions, values)
        return cls(values - present(responses.conditions, means), noise, means, lengths)

    @cached_property
    def is_complete(self) -> bool:
        """Whether every gene was measured in every condition."""
        return bool(np.isfinite(self.values).all())


def relative_noise(responses: Responses) -> Floats:
    """Noise variance of each row relative to the median row, shape ``(conditions,)``.

    The variance of a mean of cells, averaged over genes, plus that of the control mean; 1 where the
    data hold no spread.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        treated = _mean_variance(responses.spread) / np.maximum(responses.cells, 1)
        control = {
            c.name: float(_mean_variance(c.spread[None])[0]) / c.cells if c.cells else 0.0
            for c in responses.contexts
        }
    variance = treated + np.nan_to_num([control[c.context] for c in responses.conditions])
    known = np.isfinite(variance) & (variance > 0)
    if not known.any():
        return np.ones(len(responses))
    noise: Floats = np.where(known, variance, np.median(variance[known])) / np.median(variance[known])
    return noise


def present(conditions: Sequence[Condition], means: GroupMeans) -> Floats:
    """Mean shift of each condition's context times how far its treatment is there."""
    there = np.array([presence(c.treatment) for c in conditions])
    rows: Floats = there[:, None] * means.rows(conditions)
    return rows


def _lengths(values: Floats) -> Floats:
    """Length of each row, as if unmeasured genes were like measured ones, shape ``(rows, 1)``."""
    power = np.nanmean(values**2, axis=1, keepdims=True) * values.shape[1]
    lengths: Floats = np.sqrt(np.maximum(power, np.finfo(float).tiny))
    return lengths


def _mean_variance(spread: Floats) -> Floats:
    measured = np.isfinite(spread)
    total = np.where(measured, spread, 0.0) ** 2
    variance: Floats = np.where(
        measured.any(axis=1), total.sum(axis=1) / np.maximum(measured.sum(axis=1), 1), np.nan
    )
    return variance
