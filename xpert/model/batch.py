"""The tensors of one step."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import torch
    from torch import Tensor


class PerturbationBatch(NamedTuple):
    """What is done, one row a condition, one slot a perturbation."""

    gene_vectors: Tensor
    """Fixed vector of a perturbed gene, zeros elsewhere, shape ``(conditions, slots, gene_width)``."""
    compound_vectors: Tensor
    """Fixed vector of a compound, zeros elsewhere, shape ``(conditions, slots, compound_width)``."""
    is_compound: Tensor
    """Bool, shape ``(conditions, slots)``."""
    modality: Tensor
    """Place in the configuration's modalities, int64, shape ``(conditions, slots)``."""
    strength: Tensor
    """In [0, 1]; 0 in an empty slot, shape ``(conditions, slots)``."""


class Batch(NamedTuple):
    """Conditions to predict; every row stands on the same genes."""

    perturbations: PerturbationBatch
    genes: Tensor
    """Place of each gene among the network's identities, int64, shape ``(genes,)``."""
    control: Tensor
    """Control value, in the data's readout, shape ``(conditions, genes)``."""
    impact: Tensor
    """How the treatment is known to touch each gene, shape ``(conditions, genes, channels)``."""
    base: Tensor
    """What the network starts from, in the data's readout, shape ``(conditions, genes)``."""

    def to(self, device: torch.device) -> Batch:
        """The same batch on another device."""
        moved = PerturbationBatch(*(part.to(device) for part in self.perturbations))
        return Batch(moved, *(part.to(device) for part in self[1:]))


class NetworkOutput(NamedTuple):
    """What the network says of a batch."""

    shift: Tensor
    """Starting point plus the network's own part, in the data's readout, shape ``(conditions, genes)``."""
    log_spread_ratio: Tensor
    """Natural log of the spread over its starting point, shape ``(conditions, genes)``."""
    latent: Tensor
    """The treatment's place in the Perturbverse, shape ``(conditions, width)``."""
    signature: Tensor
    """Direction of the response on the signature basis, shape ``(conditions, signature_rank)``."""
