"""XPert: what the base prediction leaves over, from what is done and from the cell it is done to."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn

from xpert.model.batch import NetworkOutput
from xpert.model.cell_encoder import cell_encoder
from xpert.model.perceiver import PerturbationPerceiver

if TYPE_CHECKING:
    from xpert.model.batch import Batch
    from xpert.model.config import ModelConfig

LARGEST_LOG_RATIO = 2.0


class Decoder(nn.Module):
    """Gene states to the residual shift and the log-ratio of the spread.

    The shift is a reading of each gene's state plus its product with the treatment's latent: the low-rank form
    (gene loading × treatment score) in which responses are known to lie.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.read = nn.Sequential(
            nn.Linear(config.width, config.width), nn.GELU(), nn.Linear(config.width, 2)
        )
        self.loading = nn.Linear(config.width, config.width, bias=False)
        last = cast("nn.Linear", self.read[-1])
        nn.init.zeros_(last.weight[1])  # the spread starts at its starting point
        nn.init.zeros_(last.bias)

    def forward(self, states: Tensor, latent: Tensor) -> tuple[Tensor, Tensor]:
        """Residual and log-ratio, each of shape ``(conditions, genes)``."""
        residual, log_ratio = self.read(states).unbind(dim=-1)
        pairing = torch.einsum("cgw,cw->cg", self.loading(states), latent) / latent.shape[-1] ** 0.5
        return residual + pairing, log_ratio.clamp(-LARGEST_LOG_RATIO, LARGEST_LOG_RATIO)


class XPert(nn.Module):
    """The whole network: perceive the treatment, encode the cell, decode the shift.

    The shift is ``base + presence × gate × residual``. `presence` and `base` are exactly zero where nothing is
    done, and `gate` starts at zero, so an untrained network says what its base says.

    Differs from X-Pert: the network predicts what a simple base leaves over instead of the whole expression,
    since simple models beat most published networks; and it predicts the shift of the mean and the spread over
    cells instead of one value a cell.

    Attributes
    ----------
    gate
        How much of the network's own part counts.
    control_centre, control_scale, shift_scale
        Numbers of the training data that bring control values and shifts to about one.
    """

    control_centre: Tensor
    control_scale: Tensor
    shift_scale: Tensor

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.perceiver = PerturbationPerceiver(config)
        self.cell_encoder = cell_encoder(config)
        self.decoder = Decoder(config)
        self.signature = nn.Linear(config.width, config.signature_rank, bias=False)
        self.gate = nn.Parameter(torch.zeros(()))
        self.register_buffer("control_centre", torch.zeros(()))
        self.register_buffer("control_scale", torch.ones(()))
        self.register_buffer("shift_scale", torch.ones(()))

    def forward(self, batch: Batch) -> NetworkOutput:
        """Predict every condition of the batch."""
        treatment = self.perceiver(batch.perturbations)
        control = (batch.control - self.control_centre) / self.control_scale
        tokens = self.cell_encoder.tokens(batch.genes, control, batch.impact, batch.base / self.shift_scale)
        states = self.cell_encoder(tokens, treatment.tokens)
        residual, log_ratio = self.decoder(states, treatment.latent)
        presence = treatment.presence[:, None]
        own = presence * self.gate * residual * self.shift_scale
        base = batch.base * (presence > 0)
        return NetworkOutput(
            base + own, presence * log_ratio, treatment.latent, self.signature(treatment.latent)
        )
