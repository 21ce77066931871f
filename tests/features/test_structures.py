"""Stored fingerprints are those that RDKit computes, and unknown structures are computed."""

from __future__ import annotations

import numpy as np
import pytest

from xpert.features.compounds import CompoundKnowledge
from xpert.features.structures import (
    COUNTED_VIEWS,
    TABLE,
    StoredStructures,
    Structure,
    computed,
    structure,
)
from xpert.features.tables import TABLES


def assert_same(a: Structure, b: Structure) -> None:
    for view in COUNTED_VIEWS:
        for found, expected in zip(a.counts[view], b.counts[view], strict=True):
            np.testing.assert_array_equal(found, expected)
    np.testing.assert_allclose(a.descriptors, b.descriptors)


@pytest.fixture(scope="module")
def shipped() -> StoredStructures:
    return StoredStructures.read(TABLES / TABLE)


def test_every_compound_with_a_structure_is_stored(shipped):
    compounds = CompoundKnowledge.load().compounds
    missing = [c.name for c in compounds if c.smiles and shipped.find(c.smiles) is None]
    assert missing == []


def test_what_is_stored_is_what_rdkit_computes(shipped):
    compounds = [c for c in CompoundKnowledge.load().compounds if c.smiles][::400]
    for compound in compounds:
        found = shipped.find(compound.smiles)
        assert found is not None
        assert_same(found, computed(compound.smiles))


def test_a_structure_that_is_not_stored_is_computed(shipped):
    unheard = "CCCCCCCCCCCCCCCCCCCCCCCCC(F)(Cl)Br"
    assert shipped.find(unheard) is None
    assert_same(structure(unheard), computed(unheard))


def test_structures_survive_the_disk(tmp_path):
    kept = StoredStructures.of(["CCO", "c1ccccc1", "CC(=O)Oc1ccccc1C(=O)O"])
    kept.write(tmp_path / "s.npz")
    read = StoredStructures.read(tmp_path / "s.npz")
    for smiles in ("CCO", "c1ccccc1", "CC(=O)Oc1ccccc1C(=O)O"):
        found = read.find(smiles)
        assert found is not None
        assert_same(found, computed(smiles))
    assert read.find("CCCO") is None
