"""Attention over tokens: queries to keys, genes to themselves exactly, and genes to themselves through latents."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 (the name that torch's own examples use)

if TYPE_CHECKING:
    from xpert.model.config import ModelConfig


class Attention(nn.Module):
    """Multi-head attention in which keys can be weighted.

    Method: scaled dot products (Vaswani et al. 2017). Keys and values have no offset, so that a token of
    zeros carries nothing.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)

    def forward(self, queries: Tensor, keys: Tensor, log_weight: Tensor | None = None) -> Tensor:
        """Attend.

        Parameters
        ----------
        queries
            Shape ``(conditions, queries, width)``.
        keys
            Shape ``(conditions, keys, width)``.
        log_weight
            Added to the logits of each key, shape ``(conditions, keys)``; ``-inf`` removes a key. At least
            one key of each row must be finite.

        Returns
        -------
        Tensor
            Shape ``(conditions, queries, width)``.
        """
        split = (*queries.shape[:2], self.heads, -1)
        query = self.query(queries).view(split).transpose(1, 2)
        key, value = (
            part.view(*keys.shape[:2], self.heads, -1).transpose(1, 2)
            for part in self.key_value(keys).chunk(2, dim=-1)
        )
        bias = None if log_weight is None else log_weight[:, None, None, :].to(query.dtype)
        mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=bias)
        return cast("Tensor", self.out(mixed.transpose(1, 2).reshape(queries.shape)))


class FeedForward(nn.Module):
    """Two layers on each token, normalised first; shape is kept."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, 2 * width),
            nn.GELU(),
            nn.Linear(2 * width, width),
            nn.Dropout(dropout),
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """What to add to ``tokens``, shape ``(conditions, tokens, width)``."""
        return cast("Tensor", self.layers(tokens))


class ExactSelfAttention(nn.Module):
    """Every gene attends to every gene; cost grows with the square of the genes."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(config.width)
        self.attend = Attention(config.width, config.heads)

    def forward(self, genes: Tensor) -> Tensor:
        """What to add to ``genes``, shape ``(conditions, genes, width)``."""
        normed = self.norm(genes)
        return cast("Tensor", self.attend(normed, normed))


class LatentSelfAttention(nn.Module):
    """Genes attend to themselves through a few latents; cost grows linearly with the genes.

    Method: the latent bottleneck of Perceiver IO (Jaegle et al. 2021): latents read the genes, attend to each
    other, and the genes read the latents.

    Differs from X-Pert: it attends between all genes, which its 5,000 genes need a large GPU for. On 2,000
    genes the bottleneck is several times as fast on a processor.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.latents = nn.Parameter(torch.randn(config.gene_latents, config.width) * config.width**-0.5)
        self.norm = nn.LayerNorm(config.width)
        self.read = Attention(config.width, config.heads)
        self.norm_latents = nn.LayerNorm(config.width)
        self.mix = Attention(config.width, config.heads)
        self.norm_out = nn.LayerNorm(config.width)
        self.write = Attention(config.width, config.heads)

    def forward(self, genes: Tensor) -> Tensor:
        """What to add to ``genes``, shape ``(conditions, genes, width)``."""
        normed = self.norm(genes)
        start = self.latents.expand(len(genes), -1, -1)
        latents = start + self.read(start, normed)  # (conditions, latents, width)
        again = self.norm_latents(latents)
        latents = latents + self.mix(again, again)
        return cast("Tensor", self.write(normed, self.norm_out(latents)))


def self_attention(config: ModelConfig) -> nn.Module:
    """The self-attention that suits the length of the gene list."""
    return ExactSelfAttention(config) if config.genes <= config.exact_up_to else LatentSelfAttention(config)
