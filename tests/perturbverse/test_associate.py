"""Compounds find their targets by other compounds, with the direction, and never by their own annotation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from xpert import load_bundle
from xpert.errors import InputError, UnknownTargetError
from xpert.features.compounds import CompoundKnowledge
from xpert.perturbation import Treatment
from xpert.perturbverse.associate import COLUMNS, associate
from xpert.perturbverse.targets import TargetLibrary


@pytest.fixture(scope="module")
def l1000():
    return load_bundle("l1000")


@pytest.fixture(scope="module")
def library():
    knowledge = CompoundKnowledge.load()
    names = ("gefitinib", "erlotinib", "lapatinib", "estradiol", "estriol", "aspirin", "salicylic-acid")
    return TargetLibrary.of([c for name in names if (c := knowledge.find(name))])


def test_a_kinase_inhibitor_finds_its_receptor_and_lowers_it(l1000):
    table = associate(l1000, Treatment.parse("gefitinib:compound"))
    assert tuple(table) == COLUMNS
    first = table.iloc[0]
    assert (first["target"], first["direction"], first["known"]) == ("EGFR", "lowers", True)
    assert first["p_value"] < 0.05
    assert table["score"].is_monotonic_decreasing


def test_an_oestrogen_raises_and_an_antagonist_lowers(l1000):
    table = associate(l1000, Treatment.parse("ESR1:ko")).set_index("target")
    assert table.loc["tamoxifen", "direction"] == "lowers"
    assert table.loc["estriol", "direction"] == "raises"
    assert list(table.index).index("estriol") < 30


def test_a_compound_never_speaks_for_itself(library):
    knowledge = CompoundKnowledge.load()
    asked = knowledge.get("gefitinib")
    without = TargetLibrary(
        tuple(
            replace(c, targets=("A1BG",)) if c.identity == asked.identity else c for c in library.compounds
        ),
        tuple(sorted({*library.genes, "A1BG"})),
    )
    weights = library.weights([asked])
    assert np.array_equal(weights, without.weights([asked]))
    assert without.scores(weights)[0, without.genes.index("A1BG")] == pytest.approx(0, abs=1e-6)


def test_the_structure_alone_is_enough(library):
    gefitinib = CompoundKnowledge.load().get("gefitinib")
    nameless = CompoundKnowledge.load().from_smiles(str(gefitinib.smiles), "mine")
    assert library.scores(library.weights([nameless]))[0].argmax() == library.genes.index("EGFR")


def test_every_compound_that_speaks_has_a_share(library):
    weights = library.weights(list(library.compounds))
    assert weights.shape == (len(library.compounds),) * 2
    assert np.allclose(weights.sum(axis=1), 1, atol=1e-5)
    assert not np.diagonal(weights).any()


def test_a_gene_that_no_compound_hits_is_refused(l1000):
    with pytest.raises(InputError, match="known to act on"):
        associate(l1000, Treatment.parse("ZNF391:ko"))


def test_a_model_without_compounds_says_which_to_ask():
    with pytest.raises(InputError, match="l1000"):
        associate(load_bundle("perturbseq"), Treatment.parse("KLF1:crispra"))


def test_combinations_and_unknown_compounds_are_refused(l1000):
    with pytest.raises(InputError, match="one compound and one gene"):
        associate(l1000, Treatment.parse("gefitinib:compound + EGFR:ko"))
    with pytest.raises(UnknownTargetError, match="gefitinib"):
        associate(l1000, Treatment.parse("gefitinibb:compound"))


def test_responses_stand_beside_where_the_gene_was_measured(l1000):
    table = associate(l1000, Treatment.parse("gefitinib:compound"))
    measured = table["response"].notna()
    assert 0 < measured.sum() < len(table)
    assert table.loc[measured, "response_p_value"].between(0, 1, inclusive="right").all()
