"""Compounds: found by any usual name, identified by their parent, compared in many views."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from xpert.errors import InputError, UnknownTargetError
from xpert.features.compound_views import ANNOTATION_VIEWS, STRUCTURE_VIEWS, molecular_weight
from xpert.features.compounds import Compound, CompoundKnowledge
from xpert.features.smiles import connectivity, parent, read_molecule
from xpert.features.tables import TABLES


@pytest.fixture(scope="module")
def library() -> CompoundKnowledge:
    return CompoundKnowledge.load()


@pytest.fixture(scope="module")
def some(library) -> list[Compound]:
    """Every fortieth compound, and three of which less is known."""
    poor = [Compound("mystery"), Compound("labelled", targets=("JAK2",)), library.from_smiles("CCCCCCCCN")]
    return [*library.compounds[::40], *poor]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Vorinostat", "vorinostat"),
        ("vorinostat (SAHA, MK0683)", "vorinostat"),
        ("SAHA", "vorinostat"),
        ("imatinib mesylate", "imatinib"),
        ("Doxorubicin (Adriamycin) HCl", "doxorubicin"),
        ("PD0325901", "PD-0325901"),
        ("β-lapachone", "beta-lapachone"),
        ("g(+)-JQ1", "(+)-JQ1"),
        ("W-7", "W-7"),
    ],
)
def test_a_compound_is_found_by_its_usual_names(library, written, shown):
    assert library.find(written).name == shown


@pytest.mark.parametrize("name", ["sodium chloride hydrate", "no such compound", "-", "", "HCl"])
def test_what_is_no_compound_is_not_found(library, name):
    assert library.find(name) is None


def test_every_name_shown_finds_a_compound_of_the_same_identity(library):
    wrong = [c.name for c in library.compounds if library.find(c.name).identity != c.identity]
    assert wrong == []


def test_a_misspelt_name_is_an_error_that_names_the_nearest(library):
    with pytest.raises(UnknownTargetError, match="vorinostat"):
        library.get("vorinostatt")


def test_most_compounds_have_structure_and_many_have_annotation(library):
    assert len(library.compounds) > 8000
    assert np.mean([c.smiles is not None for c in library.compounds]) > 0.99
    assert np.mean([bool(c.mechanisms) for c in library.compounds]) > 0.7
    assert np.mean([bool(c.targets) for c in library.compounds]) > 0.5


def test_identity_is_that_of_the_structure(library):
    for compound in library.compounds[::400]:
        assert compound.key == connectivity(parent(read_molecule(compound.smiles)))


def test_a_salt_of_a_known_compound_brings_its_annotation(library):
    salt = library.from_smiles("CC(=O)Oc1ccccc1C(=O)[O-].[Na+]")
    assert salt.identity == library.find("aspirin").identity
    assert "PTGS2" in salt.targets


def test_a_new_structure_is_no_other_compound(library):
    new = library.from_smiles("CCCCCCCCCCCCN1CCC(F)CC1", "mine")
    assert (new.name, new.targets, new.mechanisms) == ("mine", (), ())
    assert new.key not in {c.key for c in library.compounds}


def test_compounds_of_a_data_set_are_found_by_their_names_there(library):
    with_them = library.with_structures({"XP-001": "CCCCCCCCCCCCN1CCC(F)CC1", "vorinostat": "CCO"})
    assert with_them.find("xp 001").smiles == "CCCCCCCCCCCCN1CCC(F)CC1"
    assert with_them.find("vorinostat") == library.find("vorinostat")
    assert library.find("XP-001") is None
    with pytest.raises(InputError):
        library.with_structures({"broken": "C1CC"})


def test_each_view_is_a_similarity_of_its_own_right(library, some):
    for name, view in library.views(some, some).items():
        assert np.diagonal(view) == pytest.approx(1, abs=1e-5), name
        assert view == pytest.approx(view.T, abs=1e-5), name
        assert view.min() >= 0, name
        assert view.max() <= 1, name
        assert np.linalg.eigvalsh(view.astype(float)).min() > -1e-4, name


def test_views_are_averaged_equally(library, some):
    views, kernels = library.views(some[:9], some), library.kernels(some[:9], some)
    assert kernels["structure"] == pytest.approx(np.mean([views[v] for v in STRUCTURE_VIEWS], axis=0))
    assert kernels["annotation"] == pytest.approx(np.mean([views[v] for v in ANNOTATION_VIEWS], axis=0))


def test_similarity_does_not_depend_on_who_else_is_asked_for(library, some):
    alone = library.kernels(some[:1], some[1:2])
    among = library.kernels(some[::-1], some)
    for name, values in alone.items():
        assert values[0, 0] == pytest.approx(among[name][-1, 1], abs=1e-6)


def test_tanimoto_agrees_with_rdkit(library):
    from rdkit import Chem, DataStructs
    from rdkit.Chem import rdFingerprintGenerator

    chosen = [c for c in library.compounds[::300] if c.smiles]
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048)
    counted = [generator.GetCountFingerprint(Chem.MolFromSmiles(c.smiles)) for c in chosen]
    expected = [DataStructs.BulkTanimotoSimilarity(one, counted) for one in counted]
    assert library.views(chosen, chosen)["morgan"] == pytest.approx(np.array(expected), abs=1e-6)


def test_compounds_of_one_mechanism_are_more_alike_in_every_structural_view(library):
    chosen = [c for c in library.compounds if c.smiles and len(c.mechanisms) == 1][::12]
    mechanism = np.array([c.mechanisms[0] for c in chosen])
    pairs = np.triu_indices(len(chosen), 1)
    same = np.equal.outer(mechanism, mechanism)[pairs]
    different_parent = np.not_equal.outer([c.key for c in chosen], [c.key for c in chosen])[pairs]
    for name in STRUCTURE_VIEWS:
        view = library.views(chosen, chosen)[name][pairs]
        assert view[same & different_parent].mean() > 1.15 * view[~same].mean(), name


def test_a_compound_without_structure_is_unlike_every_other_in_structure(library):
    kernel = library.kernels([Compound("mystery")], [*library.compounds[:50], Compound("mystery")])[
        "structure"
    ]
    assert not kernel[0, :-1].any()
    assert kernel[0, -1] == 1


def test_molecular_weight():
    assert molecular_weight("CC(=O)Oc1ccccc1C(=O)O") == pytest.approx(180.16, abs=0.01)


def test_nothing_is_known_in_a_parquet_table_that_its_source_does_not_say():
    hub, lincs, sciplex = (
        pd.read_parquet(TABLES / f"compounds_{source}.parquet") for source in ("hub", "lincs", "sciplex")
    )
    assert list(lincs.columns) == list(sciplex.columns) == ["name", "smiles", "synonyms", "key"]
    assert set(hub.columns) == {"name", "targets", "mechanisms", "smiles", "synonyms", "key"}
