"""The Cell Encoder of long gene lists: genes are read once into latents, and every block works on those."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 (the name that torch's own examples use)

from xpert.model.attention import Attention, FeedForward

if TYPE_CHECKING:
    from xpert.model.config import ModelConfig

# A gate of exactly 0 passes no gradient to what lies behind it; this much does, and changes next to nothing.
GATE_START = 0.1
# Numbers that describe a gene in a condition, besides how the treatment touches it: control, its square, the base
# and its size.
_STATES = 4


class LinearGeneTokens(nn.Module):
    """A token per gene, as in `GeneTokens`, from one product instead of four.

    The square of the control value stands in for the layers on it: whether a gene is off, usual or high.
    """

    prior: Tensor

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.identity = nn.Embedding(config.genes, config.width)
        nn.init.normal_(self.identity.weight, std=config.width**-0.5)
        self.register_buffer("prior", torch.zeros(config.genes, config.prior_width))
        self.from_prior = nn.Linear(config.prior_width, config.width, bias=False)
        self.from_state = nn.Linear(_STATES, config.width, bias=False)
        self.from_impact = nn.Linear(config.impact_channels, config.width, bias=False)
        self.norm = nn.LayerNorm(config.width)

    def forward(self, genes: Tensor, control: Tensor, impact: Tensor, base: Tensor) -> Tensor:
        """Tokens, shape ``(conditions, genes, width)``; arguments as in `Batch`, scaled to about one."""
        who = self.identity(genes) + self.from_prior(F.embedding(genes, self.prior))  # (genes, width)
        # Numbers before genes: laid side by side they are copied in one go, and the product reads them across.
        state = torch.stack([control, control.square(), base, base.abs()], dim=1).transpose(1, 2)
        return cast("Tensor", self.norm(who + self.from_state(state) + self.from_impact(impact)))


class LatentBlock(nn.Module):
    """Gated cross-attention to the perturbation, then self-attention, then two layers, all on the latents."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(config.width)
        self.norm_perturbation = nn.LayerNorm(config.width, bias=False)
        self.listen = Attention(config.width, config.heads)
        self.gate = nn.Parameter(torch.full((), GATE_START))
        self.norm_latents = nn.LayerNorm(config.width)
        self.talk = Attention(config.width, config.heads)
        self.refine = FeedForward(config.width, config.dropout)

    def forward(self, latents: Tensor, perturbation: Tensor) -> Tensor:
        """Latents after the block, shape ``(conditions, latents, width)``."""
        heard = self.listen(self.norm(latents), self.norm_perturbation(perturbation))
        latents = latents + torch.tanh(self.gate) * heard
        normed = self.norm_latents(latents)
        latents = latents + self.talk(normed, normed)
        return cast("Tensor", latents + self.refine(latents))


class BottleneckEncoder(nn.Module):
    """Genes to latents, blocks on the latents, and back to the genes.

    Method: Perceiver IO (Jaegle et al. 2021). The cost of a gene is one reading and one writing, however many
    blocks there are.

    Differs from X-Pert: there every block runs on every gene.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width = config.width
        self.tokens = LinearGeneTokens(config)
        self.latents = nn.Parameter(torch.randn(config.gene_latents, width) * width**-0.5)
        self.read = Attention(width, config.heads)
        self.blocks = nn.ModuleList(LatentBlock(config) for _ in range(config.depth))
        self.norm_latents = nn.LayerNorm(width)
        self.write = Attention(width, config.heads)
        self.refine = nn.Sequential(nn.Linear(width, width // 2), nn.GELU(), nn.Linear(width // 2, width))
        self.norm = nn.LayerNorm(width)

    def forward(self, tokens: Tensor, perturbation: Tensor) -> Tensor:
        """Gene states, shape ``(conditions, genes, width)``."""
        start = self.latents.expand(len(tokens), -1, -1)
        latents = start + self.read(start, tokens)
        for block in self.blocks:
            latents = block(latents, perturbation)
        states = tokens + self.write(tokens, self.norm_latents(latents))
        return cast("Tensor", self.norm(states + self.refine(states)))
