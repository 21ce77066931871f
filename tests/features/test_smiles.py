"""Structures as SMILES: what is read, and what is refused before RDKit works on it."""

from __future__ import annotations

import pytest

from xpert.errors import InputError
from xpert.features.compounds import CompoundKnowledge
from xpert.features.smiles import canonical, connectivity, looks_like_smiles, parent, read_molecule

HOSTILE = {
    "empty": "",
    "blank": "  \t ",
    "name behind": "CCO name <b>",
    "extension behind": "CCO |$;;$|",
    "two lines": "CCO\nCCN",
    "NUL": "CC\0O",
    "full width": "ＣＣＯ",
    "markup": "<script>",
    "long chain": "C" * 501,
    "very long chain": "C" * 1_000_000,
    "branch bomb": "C(" * 50_000 + "C" + ")" * 50_000,
    "too many atoms": "C" * 151,
    "fragment bomb": ".".join("C" * 200),
    "salt bomb": ".".join(["[Na+]"] * 20_000),
    "huge isotope": "[99999999999C]",
    "huge charge": "[C+99999]",
    "huge hydrogen count": "[CH99999]",
    "huge map number": "[CH3:99999999]",
    "no atom": "()",
    "open ring": "C1CC",
    "open bracket": "[CH3",
    "impossible valence": "C(C)(C)(C)(C)(C)C",
    "not aromatic": "c1ccc1c",
    "no structure": "vorinostat",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_text_is_refused_with_a_short_message(text):
    with pytest.raises(InputError) as caught:
        CompoundKnowledge((), {}).from_smiles(text)
    assert 20 < len(str(caught.value)) < 400


def test_the_place_of_an_odd_character_is_named():
    with pytest.raises(InputError, match="character 4"):
        read_molecule("CCO name")


def test_a_dummy_atom_has_no_identity():
    with pytest.raises(InputError, match="dummy atom"):
        CompoundKnowledge((), {}).from_smiles("*CCO")


@pytest.mark.parametrize(
    ("salt", "free"),
    [
        ("CC(=O)Oc1ccccc1C(=O)[O-].[Na+]", "CC(=O)Oc1ccccc1C(=O)O"),
        ("CN(C)C(=N)NC(N)=N.OC(=O)CC(O)(CC(O)=O)C(O)=O", "CN(C)C(=N)NC(N)=N"),
        ("C[NH+](C)CCc1ccccc1.Cl", "CN(C)CCc1ccccc1"),
        ("CN1CCCC1.OC(=O)c1cc2ccccc2c(Cc2c(O)c(cc3ccccc23)C(O)=O)c1O", "CN1CCCC1"),
    ],
    ids=["sodium", "citrate", "hydrochloride", "pamoate larger than the drug"],
)
def test_a_salt_is_its_parent(salt, free):
    assert canonical(parent(read_molecule(salt))) == canonical(parent(read_molecule(free)))


def test_a_counter_ion_alone_is_itself():
    assert canonical(parent(read_molecule("OC(=O)CC(O)(CC(O)=O)C(O)=O"))) == "O=C(O)CC(O)(CC(=O)O)C(=O)O"


def test_stereoisomers_share_connectivity_and_keep_their_structure():
    left, right = read_molecule("C[C@H](N)C(=O)O"), read_molecule("C[C@@H](N)C(=O)O")
    assert connectivity(left) == connectivity(right)
    assert canonical(left) != canonical(right)


def test_reading_twice_gives_the_same_canonical_form():
    once = canonical(parent(read_molecule("OC(=O)c1ccccc1OC(C)=O")))
    assert canonical(parent(read_molecule(once))) == once


@pytest.mark.parametrize(
    "name", ["vorinostat", "CCCP", "JQ1", "PD-0325901", "BCNU", "NSC-23766", "IFN", "C646"]
)
def test_names_do_not_look_like_structures(name):
    assert not looks_like_smiles(name)


@pytest.mark.parametrize("smiles", ["CC(=O)Oc1ccccc1C(=O)O", "c1ccccc1", "C[C@H](N)C(=O)O", "ClCCl.C1CC1"])
def test_structures_look_like_structures(smiles):
    assert looks_like_smiles(smiles)
