"""The Cell Encoder: genes are known by name, not by place."""

from __future__ import annotations

import pytest
import torch

from xpert.model.bottleneck import BottleneckEncoder, LinearGeneTokens
from xpert.model.cell_encoder import CellEncoder, GeneTokens, cell_encoder

FORMS = {
    "exact": {"exact_up_to": 512},
    "latent": {"exact_up_to": 1},
    "bottleneck": {"exact_up_to": 1, "bottleneck": True},
}


@pytest.fixture(params=FORMS)
def encode(request, tiny_config):
    torch.manual_seed(0)
    return cell_encoder(tiny_config(**FORMS[request.param])).eval()


def cell(genes: torch.Tensor, conditions: int = 2) -> tuple[torch.Tensor, ...]:
    draw = torch.Generator().manual_seed(3)
    control, impact, base = (
        torch.rand(10, generator=draw),
        torch.randn(10, 2, generator=draw),
        torch.zeros(10),
    )
    return (
        genes,
        control[genes].expand(conditions, -1),
        impact[genes].expand(conditions, -1, -1),
        base[genes].expand(conditions, -1),
    )


def test_shape(encode):
    tokens = encode.tokens(*cell(torch.arange(10)))
    assert encode(tokens, torch.randn(2, 4, 16)).shape == (2, 10, 16)


def test_the_order_of_genes_is_no_information(encode):
    perturbation = torch.randn(2, 4, 16)
    order = torch.randperm(10)
    straight = encode(encode.tokens(*cell(torch.arange(10))), perturbation)
    shuffled = encode(encode.tokens(*cell(order)), perturbation)
    assert torch.allclose(straight[:, order], shuffled, atol=1e-5)


@pytest.mark.parametrize("kind", [GeneTokens, LinearGeneTokens])
def test_a_gene_keeps_its_token_when_others_are_missing(kind, tiny_config):
    tokens = kind(tiny_config()).eval()
    some = torch.tensor([7, 2, 5])
    assert torch.allclose(tokens(*cell(torch.arange(10)))[:, some], tokens(*cell(some)), atol=1e-6)


def test_the_perturbation_is_heard(encode):
    tokens = encode.tokens(*cell(torch.arange(10), conditions=1))
    one, other = (encode(tokens, torch.full((1, 4, 16), 1.0).cumsum(-1) * sign) for sign in (1, -1))
    assert not torch.allclose(one, other, atol=1e-3)


def test_the_bottleneck_is_for_long_gene_lists_of_networks_that_ask_for_it(tiny_config):
    assert isinstance(cell_encoder(tiny_config(genes=12, exact_up_to=11, bottleneck=True)), BottleneckEncoder)
    assert isinstance(cell_encoder(tiny_config(genes=12, exact_up_to=12, bottleneck=True)), CellEncoder)
    assert isinstance(cell_encoder(tiny_config(genes=12, exact_up_to=11)), CellEncoder)


@pytest.mark.parametrize("bottleneck", [False, True])
def test_cost_grows_linearly_with_the_genes_of_a_long_list(bottleneck, tiny_config):
    from torch.utils.flop_counter import FlopCounterMode

    encode = cell_encoder(tiny_config(exact_up_to=1, bottleneck=bottleneck)).eval()

    def cost(genes: int) -> int:
        with FlopCounterMode(display=False) as counter:
            encode(torch.zeros(1, genes, 16), torch.zeros(1, 4, 16))
        return counter.get_total_flops()

    assert cost(4000) - cost(2000) == cost(6000) - cost(4000)
