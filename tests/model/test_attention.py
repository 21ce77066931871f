"""Attention: what carries nothing, what order means, and what long gene lists cost."""

from __future__ import annotations

import pytest
import torch

from xpert.model.attention import Attention, ExactSelfAttention, LatentSelfAttention, self_attention
from xpert.model.config import ModelConfig


def config(**changes) -> ModelConfig:
    sizes = {"genes": 12, "gene_width": 5, "compound_width": 6, "prior_width": 3, "impact_channels": 2}
    return ModelConfig(**(sizes | {"modalities": ("knockout",), "width": 16, "gene_latents": 8} | changes))


@pytest.fixture
def tokens() -> torch.Tensor:
    return torch.randn(3, 5, 16, generator=torch.Generator().manual_seed(0))


def test_attention_gives_one_vector_per_query(tokens):
    assert Attention(16, 4)(tokens[:, :2], tokens).shape == (3, 2, 16)


def test_attention_to_zeros_is_zero(tokens):
    assert not Attention(16, 4)(tokens, torch.zeros_like(tokens)).any()


def test_a_key_of_weight_zero_leaves_no_trace(tokens):
    attend = Attention(16, 4)
    log_weight = torch.zeros(3, 5)
    log_weight[:, 3] = -torch.inf
    changed = tokens.clone()
    changed[:, 3] = 99.0
    before, after = (attend(tokens[:, :1], keys, log_weight) for keys in (tokens, changed))
    assert torch.equal(before, after)


def test_a_key_of_twice_the_weight_counts_as_two_equal_keys(tokens):
    attend = Attention(16, 4)
    keys = tokens[:, :2]
    twice = attend(tokens, keys, torch.tensor([[2.0, 1.0]] * 3).log())
    doubled = attend(tokens, tokens[:, [0, 0, 1]])
    assert torch.allclose(twice, doubled, atol=1e-6)


def test_the_order_of_keys_does_not_matter(tokens):
    attend = Attention(16, 4)
    order = torch.tensor([4, 2, 0, 1, 3])
    assert torch.allclose(attend(tokens, tokens), attend(tokens, tokens[:, order]), atol=1e-6)


@pytest.mark.parametrize("kind", [ExactSelfAttention, LatentSelfAttention])
def test_self_attention_follows_the_order_of_genes(kind, tokens):
    module = kind(config()).eval()
    order = torch.tensor([4, 2, 0, 1, 3])
    assert torch.allclose(module(tokens)[:, order], module(tokens[:, order]), atol=1e-6)


def test_short_gene_lists_attend_exactly_and_long_ones_through_latents():
    assert isinstance(self_attention(config(genes=12, exact_up_to=12)), ExactSelfAttention)
    assert isinstance(self_attention(config(genes=13, exact_up_to=12)), LatentSelfAttention)


def test_the_latent_bottleneck_never_builds_a_gene_by_gene_table():
    """Counts multiplications: twice the genes cost twice as much, not four times."""
    from torch.utils.flop_counter import FlopCounterMode

    module = LatentSelfAttention(config()).eval()

    def cost(genes: int) -> int:
        with FlopCounterMode(display=False) as counter:
            module(torch.zeros(1, genes, 16))
        return counter.get_total_flops()

    assert cost(4000) - cost(2000) == cost(6000) - cost(4000)
