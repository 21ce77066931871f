"""A trained network on the conditions that it was not trained on: how much it should count, and how well it spreads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import torch
from torch import Tensor

from xpert.model.trained import ROWS_AT_ONCE
from xpert.training.loss import cosine

if TYPE_CHECKING:
    from xpert.data.responses import Floats
    from xpert.model.network import XPert
    from xpert.training.rows import TrainingRows

SHARES = 21


@dataclass(frozen=True, eq=False)
class Judged:
    """What was said of held-out conditions, and what was measured; each of shape ``(conditions, genes)``.

    Attributes
    ----------
    own, base
        Shift by the network, and by the strongest simple model.
    observed
        Measured shift, NaN where not measured.
    log_ratio, measured_log_ratio
        Log-ratio of spread to its starting point, by the network and as measured; NaN where not known.
    scale
        Typical shift.
    """

    own: Tensor
    base: Tensor
    observed: Tensor
    log_ratio: Tensor
    measured_log_ratio: Tensor
    scale: float

    @classmethod
    def of(cls, network: XPert, rows: TrainingRows, is_held_out: Tensor, base: Floats) -> Self:
        """Ask the network about the held-out rows.

        Parameters
        ----------
        network
            In evaluation mode.
        rows
            Every training condition.
        is_held_out
            Which of them decided when to stop, shape ``(conditions,)``.
        base
            What the strongest simple model says of every row without having seen it, shape ``(conditions, genes)``.
        """
        places = torch.nonzero(is_held_out).flatten()
        with torch.inference_mode():
            said = [network(rows.gather(part).asked) for part in torch.split(places, ROWS_AT_ONCE)]
        return cls(
            torch.cat([out.shift for out in said]),
            torch.from_numpy(base)[places],
            rows.observed[places],
            torch.cat([out.log_spread_ratio for out in said]),
            rows.log_ratio[places],
            float(network.shift_scale),
        )

    def best_share(self, shape_weight: float) -> float:
        """How much the network's answer should count beside the simple model's, 0 to 1, in steps of a twentieth.

        The share of the smallest error, by the same measure that the network was trained on; of equals the
        smaller one.
        """
        measured = self.observed.isfinite()
        observed = self.observed.nan_to_num()
        errors = []
        for share in torch.linspace(0, 1, SHARES):
            shift = (self.base + share * (self.own - self.base)) * measured
            size = ((shift - observed) / self.scale).square().sum(dim=1) / measured.sum(dim=1).clamp_min(1)
            shape = 1 - cosine(shift, observed)
            errors.append(((1 - shape_weight) * size + shape_weight * shape).mean())
        return int(torch.stack(errors).argmin()) / (SHARES - 1)

    def spread_error(self) -> tuple[float, float] | None:
        """Root mean squared error of the log spread: of the network, and of its starting point.

        None where the data hold no cells.
        """
        known = self.measured_log_ratio.isfinite()
        if not known.any():
            return None
        truth = self.measured_log_ratio[known]
        error = (self.log_ratio[known] - truth).square().mean().sqrt()
        return float(error), float(truth.square().mean().sqrt())
