"""The invariants of the design, on given tensors."""

from __future__ import annotations

import pytest
import torch

from xpert.errors import InputError
from xpert.model.config import ModelConfig
from xpert.model.network import XPert

A, B, DRUG = (1, 0, 1.0), (2, 1, 0.6), (3, 2, 0.8)


@pytest.fixture(params=["exact", "latent"])
def network(request, lively):
    return lively(exact_up_to=512 if request.param == "exact" else 1)


def test_shapes(network, batch_of):
    out = network(batch_of([A], [A, B], [DRUG]))
    assert out.shift.shape == out.log_spread_ratio.shape == (3, 10)
    assert out.latent.shape == (3, 16)
    assert out.signature.shape == (3, 4)


def test_control_gives_exactly_no_shift(network, batch_of):
    out = network(batch_of([], [A]))
    assert not out.shift[0].any()
    assert not out.log_spread_ratio[0].any()
    assert not out.latent[0].any()
    assert out.shift[1].any()


@pytest.mark.parametrize("modality", [0, 1, 2], ids=["knockout", "crispra", "compound"])
def test_zero_strength_gives_exactly_no_shift(network, batch_of, modality):
    out = network(batch_of([(1, modality, 0.0)], [(1, modality, 0.0), (4, 0, 0.0)]))
    assert not out.shift.any()


def test_even_a_base_that_is_not_zero_cannot_move_control(network, batch_of):
    batch = batch_of([])
    assert not network(batch._replace(base=torch.ones(1, 10))).shift.any()


def test_the_shift_grows_from_nothing_without_a_jump(network, batch_of):
    sizes = network(batch_of(*[[(1, 0, s)] for s in (0.0, 1e-4, 1e-2, 0.5)])).shift.norm(dim=1)
    assert sizes[0] == 0
    assert sizes[1] < 1e-2 * sizes[3]
    assert (sizes.diff() > 0).all()


def test_order_of_perturbations_does_not_matter(network, batch_of):
    assert torch.allclose(
        network(batch_of([A, DRUG])).shift, network(batch_of([DRUG, A])).shift, atol=1e-5, rtol=1e-5
    )


def test_order_of_genes_does_not_matter(network, batch_of):
    order = torch.randperm(10).tolist()
    straight, shuffled = network(batch_of([A, B])).shift, network(batch_of([A, B], genes=order)).shift
    assert torch.allclose(straight[:, order], shuffled, atol=1e-5, rtol=1e-5)


def test_fewer_genes_can_be_asked_for_by_name(network, batch_of):
    out = network(batch_of([A], genes=[7, 2, 5]))
    assert out.shift.shape == (1, 3)
    assert out.shift.isfinite().all()


def test_same_input_gives_the_same_output(network, batch_of):
    batch = batch_of([A, B], [DRUG])
    assert torch.equal(network(batch).shift, network(batch).shift)


def test_a_prediction_does_not_depend_on_its_batch_mates(network, batch_of):
    alone = network(batch_of([A], slots=1))
    among = network(batch_of([DRUG, B], [A], [], [B], slots=4))
    assert torch.allclose(alone.shift[0], among.shift[1], atol=1e-6, rtol=1e-6)
    assert torch.allclose(alone.latent[0], among.latent[1], atol=1e-6, rtol=1e-6)


def test_an_untrained_network_says_what_its_base_says(tiny_config, batch_of):
    batch = batch_of([A], [A, B])
    out = XPert(tiny_config()).eval()(batch)
    assert torch.equal(out.shift, batch.base)
    assert not out.log_spread_ratio.any()


def test_every_parameter_learns_once_the_gate_is_open(network, batch_of):
    out = network(batch_of([A, DRUG], [B]))
    (out.shift.square().sum() + out.log_spread_ratio.sum() + out.signature.square().sum()).backward()
    still = [name for name, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    # A modality's embedding and exponent learn where it occurs; all three occur here.
    assert not still


def test_the_configuration_survives_json(tiny_config):
    import json

    config = tiny_config(depth=3)
    assert ModelConfig.from_mapping(json.loads(json.dumps(config.to_mapping()))) == config


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"width": 15}, "not divisible"),
        ({"depth": 0}, "depth"),
        ({"tokens": 2.5}, "tokens"),
        ({"dropout": 1.0}, "dropout"),
        ({"modalities": ()}, "modality"),
        ({"colour": 3}, "colour"),
    ],
)
def test_a_configuration_that_makes_no_network_is_refused(tiny_config, change, message):
    with pytest.raises(InputError, match=message):
        ModelConfig.from_mapping(tiny_config().to_mapping() | change)
