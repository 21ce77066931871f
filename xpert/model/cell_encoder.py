"""The Cell Encoder: gene tokens that listen to the perturbation and to each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn

from xpert.model.attention import Attention, FeedForward, self_attention
from xpert.model.bottleneck import GATE_START, BottleneckEncoder

if TYPE_CHECKING:
    from xpert.model.config import ModelConfig


class GeneTokens(nn.Module):
    """A token per gene: who it is, what it does in control cells, and how the treatment touches it.

    Differs from X-Pert: the token also carries the base prediction, because the network learns what the base
    leaves over.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.identity = nn.Embedding(config.genes, config.width)
        nn.init.normal_(self.identity.weight, std=config.width**-0.5)
        self.register_buffer("prior", torch.zeros(config.genes, config.prior_width))
        self.from_prior = nn.Linear(config.prior_width, config.width, bias=False)
        self.from_control = nn.Sequential(
            nn.Linear(1, config.width), nn.GELU(), nn.Linear(config.width, config.width)
        )
        self.from_impact = nn.Linear(config.impact_channels, config.width, bias=False)
        self.from_base = nn.Linear(2, config.width, bias=False)
        self.norm = nn.LayerNorm(config.width)

    prior: Tensor

    def forward(self, genes: Tensor, control: Tensor, impact: Tensor, base: Tensor) -> Tensor:
        """Tokens, shape ``(conditions, genes, width)``; arguments as in `Batch`, scaled to about one."""
        who = self.identity(genes) + self.from_prior(self.prior[genes])  # (genes, width)
        state = self.from_control(control[..., None])
        touched = self.from_impact(impact)
        expected = self.from_base(torch.stack([base, base.abs()], dim=-1))
        return cast("Tensor", self.norm(who + state + touched + expected))


class CellBlock(nn.Module):
    """Gated cross-attention to the perturbation, then self-attention, then two layers on each gene."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(config.width)
        self.norm_perturbation = nn.LayerNorm(config.width, bias=False)
        self.listen = Attention(config.width, config.heads)
        self.gate = nn.Parameter(torch.full((), GATE_START))
        self.talk = self_attention(config)
        self.refine = FeedForward(config.width, config.dropout)

    def forward(self, genes: Tensor, perturbation: Tensor) -> Tensor:
        """Gene states after the block, shape ``(conditions, genes, width)``.

        Parameters
        ----------
        genes
            Gene states, shape ``(conditions, genes, width)``.
        perturbation
            Unified perturbation tokens, shape ``(conditions, tokens, width)``. Only their direction is heard
            here; how strongly it counts is decided once, by the treatment's presence.
        """
        heard = self.listen(self.norm(genes), self.norm_perturbation(perturbation))
        genes = genes + torch.tanh(self.gate) * heard
        genes = genes + self.talk(genes)
        return cast("Tensor", genes + self.refine(genes))


class CellEncoder(nn.Module):
    """Gene tokens through every block."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.tokens = GeneTokens(config)
        self.blocks = nn.ModuleList(CellBlock(config) for _ in range(config.depth))
        self.norm = nn.LayerNorm(config.width)

    def forward(self, tokens: Tensor, perturbation: Tensor) -> Tensor:
        """Gene states, shape ``(conditions, genes, width)``."""
        states = tokens
        for block in self.blocks:
            states = block(states, perturbation)
        return cast("Tensor", self.norm(states))


def cell_encoder(config: ModelConfig) -> CellEncoder | BottleneckEncoder:
    """The Cell Encoder that suits the length of the gene list."""
    long = config.genes > config.exact_up_to
    return BottleneckEncoder(config) if long and config.bottleneck else CellEncoder(config)
