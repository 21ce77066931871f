"""The Perturbation Perceiver: nothing in gives nothing out, and order is no information."""

from __future__ import annotations

import pytest
import torch

from xpert.model.perceiver import PerturbationPerceiver, StrengthFunction

A, B, DRUG = (1, 0, 1.0), (2, 1, 0.6), (3, 2, 0.8)


@pytest.fixture
def perceive(tiny_config):
    torch.manual_seed(0)
    module = PerturbationPerceiver(tiny_config(perceiver_depth=2))
    with torch.no_grad():
        module.strength.log_exponent.copy_(torch.tensor([0.5, -0.5, 0.2]))
    return module.eval()


def test_shapes(perceive, perturb):
    tokens, latent, presence = perceive(perturb([A], [A, B], [DRUG]))
    assert tokens.shape == (3, 4, 16)
    assert latent.shape == (3, 16)
    assert presence.shape == (3,)


def test_nothing_done_is_exactly_zero(perceive, perturb):
    nothing = perceive(perturb([], [(1, 0, 0.0)], [(1, 0, 0.0), (3, 2, 0.0)]))
    assert all(not part.any() for part in nothing)


def test_a_vanishing_perturbation_vanishes_continuously(perceive, perturb):
    sizes = [
        perceive(perturb([(1, 0, strength)])).tokens.norm().item()
        for strength in (1e-4, 1e-3, 1e-2, 0.1, 1.0)
    ]
    assert sizes == sorted(sizes)
    assert sizes[0] < 1e-2 * sizes[-1]


def test_a_vanishing_partner_leaves_the_other_alone(perceive, perturb):
    alone = perceive(perturb([A])).tokens
    for partner, tolerance in ((1e-5, 1e-2), (0.0, 1e-6)):
        together = perceive(perturb([A, (3, 2, partner)])).tokens
        assert (together - alone).norm() < tolerance * alone.norm()


def test_a_perturbation_of_strength_zero_changes_nothing_beside_another(perceive, perturb):
    with_absent = perceive(perturb([A, (3, 2, 0.0)])).tokens
    assert torch.equal(with_absent, perceive(perturb([A])).tokens)


def test_order_of_perturbations_does_not_matter(perceive, perturb):
    one, other = perceive(perturb([A, DRUG])), perceive(perturb([DRUG, A]))
    assert all(torch.allclose(x, y, atol=1e-6) for x, y in zip(one, other, strict=True))


def test_padding_leaves_no_trace(perceive, perturb):
    short, long = perceive(perturb([A], slots=1)), perceive(perturb([A], slots=6))
    assert all(torch.allclose(x, y, atol=1e-6) for x, y in zip(short, long, strict=True))


def test_modality_tells_activation_from_knockout_of_one_gene(perceive, perturb):
    knockout, activation = perceive(perturb([(1, 0, 1.0)], [(1, 1, 1.0)])).latent
    assert not torch.allclose(knockout, activation, atol=1e-3)


def test_gradients_stay_finite_where_nothing_is_done(perceive, perturb):
    perceive(perturb([], [A], [(1, 0, 0.0)])).tokens.square().sum().backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in perceive.parameters())


def test_strength_is_monotone_and_keeps_its_ends():
    function = StrengthFunction(1)
    with torch.no_grad():
        function.log_exponent.fill_(0.7)
    strength = torch.linspace(0, 1, 21)[None]
    weight = function(strength, torch.zeros(1, 21, dtype=torch.long))[0]
    assert weight[0] == 0
    assert weight[-1] == 1
    assert (weight.diff() > 0).all()
