"""Fixed dense vectors of compounds for the network: structure, descriptors, mechanisms and known targets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from xpert.features.compound_views import scaled_descriptors
from xpert.features.knowledge import signs
from xpert.features.structures import DESCRIPTORS, structure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xpert.features.compounds import Compound
    from xpert.features.knowledge import Floats, GeneKnowledge

FOLDED_BITS = 512
MECHANISM_WIDTH = 64
COMPOUND_FLAGS = ("has_structure", "has_mechanism", "has_target")
COMPOUND_WIDTH = FOLDED_BITS + len(DESCRIPTORS) + MECHANISM_WIDTH + len(COMPOUND_FLAGS)


def compound_vectors(compounds: Sequence[Compound], genes: GeneKnowledge, gene_projection: int) -> Floats:
    """Vectors of compounds, float32, shape ``(compounds, COMPOUND_WIDTH + gene_projection)``.

    In order: Morgan counts folded to `FOLDED_BITS`, as log(1 + count) of unit length; descriptors in standard
    deviations, divided by the root of their number; mechanisms as random signs of unit length; flags for what
    is known; the mean of the known targets' gene vectors. What is not known is zeros.
    """
    parts = [
        np.array([_folded_counts(c) for c in compounds]).reshape(-1, FOLDED_BITS),
        _descriptors(compounds),
        np.array([_mean_signs(c.mechanisms) for c in compounds]).reshape(-1, MECHANISM_WIDTH),
        np.array([[bool(c.smiles), bool(c.mechanisms), bool(c.targets)] for c in compounds]).reshape(-1, 3),
        _target_vectors(compounds, genes, gene_projection),
    ]
    return np.hstack(parts).astype(np.float32)


def _folded_counts(compound: Compound) -> Floats:
    folded = np.zeros(FOLDED_BITS, dtype=np.float32)
    if compound.smiles:
        positions, counts = structure(compound.smiles).counts["morgan"]
        np.add.at(folded, positions % FOLDED_BITS, counts)
    return _unit(np.log1p(folded))


def _descriptors(compounds: Sequence[Compound]) -> Floats:
    structures = [structure(c.smiles) if c.smiles else None for c in compounds]
    scaled = np.nan_to_num(scaled_descriptors(structures), nan=0.0) / np.sqrt(len(DESCRIPTORS))
    return np.asarray(scaled, dtype=np.float32)


def _mean_signs(mechanisms: Sequence[str]) -> Floats:
    if not mechanisms:
        return np.zeros(MECHANISM_WIDTH, dtype=np.float32)
    return _unit(signs([f"mechanism:{m}" for m in mechanisms], MECHANISM_WIDTH).sum(axis=0))


def _target_vectors(compounds: Sequence[Compound], genes: GeneKnowledge, width: int) -> Floats:
    """Mean gene vector of the targets, without its flags, shape ``(compounds, width)``."""
    owners = [(i, gene, len(c.targets)) for i, c in enumerate(compounds) for gene in c.targets]
    if not owners:
        return np.zeros((len(compounds), width), dtype=np.float32)
    mean = sparse.csr_matrix(
        ([1 / count for _, _, count in owners], ([i for i, _, _ in owners], range(len(owners)))),
        shape=(len(compounds), len(owners)),
    )
    vectors: Floats = np.asarray(mean @ genes.vectors([gene for _, gene, _ in owners], width)[:, :width])
    return vectors


def _unit(vector: Floats) -> Floats:
    length = np.linalg.norm(vector)
    return np.asarray(vector / length if length > 0 else vector, dtype=np.float32)
