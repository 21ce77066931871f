"""The Perturbation Perceiver: any number of perturbations of any kind become a few unified tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

import torch
from torch import Tensor, nn

from xpert.model.attention import Attention, FeedForward

if TYPE_CHECKING:
    from xpert.model.batch import PerturbationBatch
    from xpert.model.config import ModelConfig

_TINY = 1e-6


class UnifiedPerturbation(NamedTuple):
    """A treatment, whatever it was made of."""

    tokens: Tensor
    """Unified perturbation tokens, shape ``(conditions, tokens, width)``; zeros where nothing is done."""
    latent: Tensor
    """Their pooled form, shape ``(conditions, width)``; zeros where nothing is done."""
    presence: Tensor
    """How much is done at all, in [0, 1], shape ``(conditions,)``; exactly 0 where nothing is done."""


class PerturbationEncoder(nn.Module):
    """One token per perturbation: a type-specific encoder, then what its modality makes of it.

    The modality scales and shifts the token, so that activation and interference of one gene can point in
    opposite directions from one vector.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.gene = _encoder(config.gene_width + 1, config)
        self.compound = _encoder(config.compound_width + 1, config)
        self.modality = nn.Embedding(len(config.modalities), 2 * config.width)
        nn.init.normal_(self.modality.weight, std=0.3)
        self.norm = nn.LayerNorm(config.width)

    def forward(self, batch: PerturbationBatch) -> Tensor:
        """Tokens, shape ``(conditions, slots, width)``."""
        strength = batch.strength[..., None]
        gene = self.gene(torch.cat([batch.gene_vectors, strength], dim=-1))
        compound = self.compound(torch.cat([batch.compound_vectors, strength], dim=-1))
        token = torch.where(batch.is_compound[..., None], compound, gene)
        scale, shift = self.modality(batch.modality).chunk(2, dim=-1)
        return cast("Tensor", self.norm(token * (1 + scale) + shift))


class StrengthFunction(nn.Module):
    """Strength to weight: ``strength ** exponent`` with one learned exponent a modality.

    Monotone, exactly 0 at 0 and 1 at 1. The strength that comes in already saturates in log dose.
    """

    def __init__(self, modalities: int) -> None:
        super().__init__()
        self.log_exponent = nn.Parameter(torch.zeros(modalities))

    def forward(self, strength: Tensor, modality: Tensor) -> Tensor:
        """Weights in [0, 1], shape ``(conditions, slots)``."""
        exponent = self.log_exponent.clamp(-1.5, 1.5).exp()[modality]
        # log(0) has no gradient, so zero takes a road of its own.
        weight = (exponent * strength.clamp_min(_TINY).log()).exp()
        return torch.where(strength > 0, weight, torch.zeros_like(weight))


class PerturbationPerceiver(nn.Module):
    """Perturbation vectors to unified perturbation tokens.

    Method: a resampler with learned latent queries (Alayrac et al. 2022, after Jaegle et al. 2021).

    Differs from X-Pert: there the token is multiplied by its dose before attention, which also shrinks its key
    and lets a softmax over one token undo the dose. Here the log of the strength is added to the attention
    logits and the result is multiplied by the total strength: a strength-weighted sum over perturbations when
    the logits agree, exactly nothing when nothing is done, and continuous in between. Every later branch is
    multiplied by `presence` for the same reason.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.encode = PerturbationEncoder(config)
        self.strength = StrengthFunction(len(config.modalities))
        self.queries = nn.Parameter(torch.randn(config.tokens, config.width) * config.width**-0.5)
        self.rounds = nn.ModuleList(ResamplerRound(config) for _ in range(config.perceiver_depth))
        self.pool = nn.Linear(config.width, config.width, bias=False)

    def forward(self, batch: PerturbationBatch) -> UnifiedPerturbation:
        """Unify; an empty slot has strength 0 and leaves no trace."""
        weight = self.strength(batch.strength, batch.modality)  # (conditions, slots)
        present = PresentPerturbations(
            self.encode(batch),
            _log_weight(weight),
            weight.sum(dim=1)[:, None, None],
            1 - (1 - weight).prod(dim=1)[:, None, None],
        )
        tokens = torch.zeros_like(self.queries).expand(len(weight), -1, -1)
        for resample in self.rounds:
            tokens = resample(self.queries, tokens, present)
        return UnifiedPerturbation(tokens, self.pool(tokens.mean(dim=1)), present.presence[:, 0, 0])


class PresentPerturbations(NamedTuple):
    """The perturbations of each condition and how much each of them is there."""

    tokens: Tensor
    """Shape ``(conditions, slots, width)``."""
    log_weight: Tensor
    """Log of the strength's weight, shape ``(conditions, slots)``."""
    total: Tensor
    """Sum of the weights, shape ``(conditions, 1, 1)``."""
    presence: Tensor
    """One minus the product of what is absent, shape ``(conditions, 1, 1)``."""


class ResamplerRound(nn.Module):
    """The learned parts of one round: listen to the perturbations, then think it over."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.attend = Attention(config.width, config.heads)
        self.norm_tokens = nn.LayerNorm(config.width)
        self.exchange = Attention(config.width, config.heads)
        self.refine = FeedForward(config.width, config.dropout)

    def forward(self, queries: Tensor, tokens: Tensor, present: PresentPerturbations) -> Tensor:
        """Tokens after the round, shape ``(conditions, tokens, width)``."""
        heard = self.attend(queries + tokens, present.tokens, present.log_weight)
        tokens = tokens + present.total * heard
        normed = self.norm_tokens(tokens)
        exchanged = self.exchange(normed, normed)
        return cast("Tensor", tokens + present.presence * (exchanged + self.refine(tokens + exchanged)))


def _log_weight(weight: Tensor) -> Tensor:
    """Log weight per slot, ``-inf`` where absent; 0 throughout a row in which nothing is present.

    A row of ``-inf`` has no softmax. Its attention may be anything: it is multiplied by a total strength of 0.
    """
    present = weight > 0
    log_weight = weight.clamp_min(torch.finfo(weight.dtype).tiny).log()
    log_weight = torch.where(present, log_weight, torch.full_like(weight, -torch.inf))
    return torch.where(present.any(dim=1, keepdim=True), log_weight, torch.zeros_like(weight))


def _encoder(inputs: int, config: ModelConfig) -> nn.Sequential:
    return nn.Sequential(
        nn.Dropout(config.feature_dropout),
        nn.Linear(inputs, config.width),
        nn.GELU(),
        nn.Linear(config.width, config.width),
    )
