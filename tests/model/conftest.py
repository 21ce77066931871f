"""Small networks and small batches, made of given tensors."""

from __future__ import annotations

import pytest
import torch

from xpert.model.batch import Batch, PerturbationBatch
from xpert.model.config import ModelConfig
from xpert.model.network import XPert

GENES, CHANNELS = 10, 2


@pytest.fixture
def tiny_config():
    """Make a configuration small enough for exact checks."""

    def make(**changes) -> ModelConfig:
        sizes = {
            "genes": GENES,
            "gene_width": 5,
            "compound_width": 6,
            "prior_width": 3,
            "impact_channels": CHANNELS,
            "modalities": ("knockout", "crispra", "compound"),
            "signature_rank": 4,
            "width": 16,
            "heads": 4,
            "gene_latents": 8,
        }
        return ModelConfig(**(sizes | changes))

    return make


@pytest.fixture
def lively(tiny_config):
    """Make a network whose every part counts, as after training: gate open, nothing left at zero."""

    def make(**changes) -> XPert:
        torch.manual_seed(0)
        network = XPert(tiny_config(**changes))
        with torch.no_grad():
            network.gate.fill_(0.7)
            network.decoder.read[-1].weight.normal_()
            network.cell_encoder.tokens.prior.normal_()
            network.perceiver.strength.log_exponent.copy_(torch.tensor([0.3, -0.2, 0.1]))
        return network.eval()

    return make


@pytest.fixture
def perturb():
    """Make perturbation tensors from ``(target, modality, strength)`` per slot; a row may be short or empty."""

    def make(*rows: list[tuple[int, int, float]], slots: int = 2) -> PerturbationBatch:
        draw = torch.Generator().manual_seed(1)
        gene_table, compound_table = torch.randn(9, 5, generator=draw), torch.randn(9, 6, generator=draw)
        shape = (len(rows), slots)
        batch = PerturbationBatch(
            torch.zeros(*shape, 5),
            torch.zeros(*shape, 6),
            torch.zeros(shape, dtype=torch.bool),
            torch.zeros(shape, dtype=torch.long),
            torch.zeros(shape),
        )
        for i, row in enumerate(rows):
            for j, (target, modality, strength) in enumerate(row):
                batch.is_compound[i, j] = modality == 2
                batch.modality[i, j], batch.strength[i, j] = modality, strength
                table, vectors = (
                    (compound_table, batch.compound_vectors)
                    if modality == 2
                    else (gene_table, batch.gene_vectors)
                )
                vectors[i, j] = table[target]
        return batch

    return make


@pytest.fixture
def batch_of(perturb):
    """Make a batch; the cell side depends on the row's own treatment only."""

    def make(*rows: list[tuple[int, int, float]], slots: int = 2, genes=range(GENES)) -> Batch:
        place = torch.tensor(list(genes))
        draw = torch.Generator().manual_seed(2)
        control = torch.rand(GENES, generator=draw)[place].expand(len(rows), -1)
        impact = torch.randn(9, GENES, CHANNELS, generator=draw)
        base = torch.randn(9, GENES, generator=draw)
        touched = torch.stack([sum((impact[t] * s for t, _, s in row), 0 * impact[0]) for row in rows])
        shift = torch.stack([sum((base[t] * s for t, _, s in row), 0 * base[0]) for row in rows])
        return Batch(perturb(*rows, slots=slots), place, control, touched[:, place], shift[:, place])

    return make
