"""Public collections as responses: shapes, names and facts."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from xpert.data.collections import COLLECTIONS, load_responses
from xpert.data.collections.l1000 import CONTEXT
from xpert.data.readout import Readout
from xpert.errors import InputError
from xpert.perturbation import Modality

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def norman(shared_data):
    return load_responses("norman_mcfaline", shared_data)


@pytest.fixture(scope="module")
def l1000(shared_data):
    return load_responses("l1000", shared_data)


def modality_of(condition) -> Modality:
    (perturbation,) = condition.treatment.perturbations
    return perturbation.modality


def rows_of(responses, modality) -> np.ndarray:
    return np.array([modality_of(c) is modality for c in responses.conditions])


def test_an_unknown_collection_names_the_known_ones(shared_data):
    with pytest.raises(InputError, match="l1000"):
        load_responses("l1001", shared_data)


@pytest.mark.parametrize("name", COLLECTIONS)
def test_missing_files_are_an_error_that_says_where(tmp_path, name):
    with pytest.raises(InputError, match="download"):
        load_responses(name, tmp_path)


@pytest.mark.parametrize("name", COLLECTIONS)
def test_loading_twice_gives_the_same(shared_data, name):
    first, second = (load_responses(name, shared_data) for _ in range(2))
    assert first.conditions == second.conditions
    assert np.array_equal(first.delta, second.delta, equal_nan=True)
    assert np.array_equal(first.cells, second.cells)


def test_norman_mcfaline_is_complete(norman):
    assert norman.readout is Readout.LOG1P
    assert norman.delta.shape == (60, 500)
    assert {c.name: c.cells for c in norman.contexts} == {"k562": 100, "A172": 100, "T98G": 100, "U87MG": 100}
    assert len({c.treatment for c in norman.conditions}) == 42
    in_k562 = [c.treatment for c in norman.conditions if c.context == "k562"]
    assert Counter(map(len, in_k562)) == {1: 18, 2: 15}
    modalities = {
        (c.context == "k562", p.modality) for c in norman.conditions for p in c.treatment.perturbations
    }
    assert modalities == {(True, Modality.CRISPRA), (False, Modality.CRISPRI)}
    assert np.isfinite(norman.delta).all()
    assert (norman.spread >= 0).all()


def test_norman_mcfaline_is_the_difference_of_means(norman, shared_data):
    import anndata

    data = anndata.read_h5ad(shared_data / "norman_mcfaline" / "norman19_mcfaline23_devel.h5ad")
    in_k562 = data.obs["cell_type"] == "k562"
    treated = data[in_k562 & (data.obs["condition"] == "KLF1+MAP2K6")].X.toarray().mean(axis=0)
    control = data[in_k562 & (data.obs["condition"] == "control")].X.toarray().mean(axis=0)
    row = [str(c) for c in norman.conditions].index("k562 | KLF1:crispra + MAP2K6:crispra")
    assert norman.delta[row] == pytest.approx(treated - control, abs=1e-5)


def test_l1000_holds_drugs_and_genes_on_the_landmark_genes(l1000):
    assert l1000.readout is Readout.Z
    assert [c.name for c in l1000.contexts] == [CONTEXT]
    assert len(l1000.genes) == len(set(l1000.genes)) == 978
    assert {"AARS1", "H2BC21"} <= set(l1000.genes)
    counts = Counter(map(modality_of, l1000.conditions))
    assert counts[Modality.COMPOUND] == 1053
    assert counts[Modality.OVEREXPRESSION] == 399
    assert 950 < counts[Modality.KNOCKOUT] < 1050
    assert np.isfinite(l1000.delta).all()
    assert not l1000.contexts[0].control.any()
    assert l1000.cells.min() >= 1


def test_l1000_drugs_are_the_consensus_signatures(l1000, shared_data):
    folder = shared_data / "l1000_consensus"
    table = pd.read_csv(folder / "consensi-drugbank.tsv.gz", sep="\t", index_col=0)
    ours = l1000.delta[rows_of(l1000, Modality.COMPOUND)]
    theirs = {row.tobytes() for row in table.to_numpy(np.float32)}
    assert all(row.tobytes() in theirs for row in ours)
    assert len({row.tobytes() for row in ours}) == len(ours)


def test_l1000_drugs_carry_shippable_names_of_the_same_structure(l1000, shared_data):
    from xpert.features.compounds import CompoundKnowledge

    library = CompoundKnowledge.load()
    names = [c.treatment.targets[0] for c in l1000.conditions if modality_of(c) is Modality.COMPOUND]
    found = [library.find(name) for name in names]
    assert all(compound is not None and compound.smiles for compound in found)
    assert len({compound.identity for compound in found}) == len(found)
    restricted = pd.read_csv(shared_data / "l1000_consensus" / "drugbank_structures.tsv", sep="\t")
    parents = set(restricted["inchikey"].str.removeprefix("InChIKey=").str[:14])
    assert {compound.key for compound in found} <= parents
    assert not set(names) & set(restricted["drugbank_id"])


def test_l1000_compounds_of_one_mechanism_respond_more_alike(l1000):
    from xpert.features.compounds import CompoundKnowledge

    library = CompoundKnowledge.load()
    is_drug = rows_of(l1000, Modality.COMPOUND)
    names = [c.treatment.targets[0] for c, chosen in zip(l1000.conditions, is_drug, strict=True) if chosen]
    mechanisms = [set(library.find(name).mechanisms) for name in names]
    unit = l1000.delta[is_drug] / np.linalg.norm(l1000.delta[is_drug], axis=1, keepdims=True)
    cosine = (unit @ unit.T)[np.triu_indices(len(unit), 1)]
    same = np.array([bool(a & b) for a, b in combinations(mechanisms, 2)])
    assert cosine[same].mean() > cosine[~same].mean() + 0.04


def test_l1000_overexpressed_genes_go_up_themselves(l1000):
    own = [
        l1000.delta[row, l1000.genes.index(c.treatment.targets[0])]
        for row, c in enumerate(l1000.conditions)
        if modality_of(c) is Modality.OVEREXPRESSION and c.treatment.targets[0] in l1000.genes
    ]
    measured = [value for value in own if value != 0]
    assert len(measured) > 20
    assert np.mean([value > 4 for value in measured]) > 0.9


def test_l1000_knockouts_have_one_length_and_lower_their_own_gene(l1000):
    is_knockout = rows_of(l1000, Modality.KNOCKOUT)
    lengths = np.linalg.norm(l1000.delta[is_knockout], axis=1)
    typical = np.median(np.linalg.norm(l1000.delta[rows_of(l1000, Modality.COMPOUND)], axis=1))
    assert lengths == pytest.approx(typical, rel=1e-4)
    own = [
        l1000.delta[row, l1000.genes.index(c.treatment.targets[0])]
        for row, c in enumerate(l1000.conditions)
        if is_knockout[row] and c.treatment.targets[0] in l1000.genes
    ]
    assert np.mean([value < 0 for value in own if value != 0]) > 0.8
    assert "scaled" in l1000.contexts[0].covariates["knockouts"]


def test_l1000_knockouts_of_one_pathway_respond_alike(l1000):
    from xpert.features.knowledge import GeneKnowledge

    is_knockout = rows_of(l1000, Modality.KNOCKOUT)
    names = [
        c.treatment.targets[0] for c, chosen in zip(l1000.conditions, is_knockout, strict=True) if chosen
    ]
    centred = l1000.delta[is_knockout] - l1000.delta[is_knockout].mean(axis=0)
    unit = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    pairs = np.triu_indices(len(names), 1)
    cosine = (unit @ unit.T)[pairs]
    prior = GeneKnowledge.load().kernel(names, names)[pairs]
    assert cosine[prior > 0.3].mean() > cosine[prior < 0.01].mean() + 0.03
