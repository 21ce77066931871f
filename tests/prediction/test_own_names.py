"""A target by another name is the same target, and what a model does not have keeps its name."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from xpert.errors import InputError
from xpert.model.own_names import OwnNames
from xpert.perturbation import Treatment
from xpert.prediction.predict import predict

TARGETS = ("KLF1", "MYC", "Trametinib", "Simvastatin", "house drug 7")


@pytest.fixture
def names(features):
    return OwnNames.of(SimpleNamespace(targets=TARGETS, features=features))


@pytest.mark.parametrize(
    ("asked", "own"),
    [
        ("klf1:crispra", "KLF1:crispra"),
        ("EKLF:crispra", "KLF1:crispra"),
        ("EKLF:ko@0.5 + c-Myc:ko", "KLF1:ko@0.5 + MYC:ko"),
        ("trametinib@2uM", "Trametinib@2uM"),
        ("GSK1120212:compound", "Trametinib:compound"),
        ("House Drug 7:compound", "house drug 7:compound"),
        ("imatinib:compound", "imatinib:compound"),
        ("TP53:crispra", "TP53:crispra"),
        ("control", "control"),
    ],
)
def test_other_spellings_mean_the_model_s_own_target(names, asked, own):
    assert names.treatment(Treatment.parse(asked)) == Treatment.parse(own)


def test_a_structure_means_the_compound_that_has_it(names, features):
    smiles = features.compound("simvastatin").smiles
    asked = Treatment.parse(f'"{smiles}":compound')
    assert names.treatment(asked).targets == ("Simvastatin",)


def test_what_the_model_has_is_not_looked_up(features):
    names = OwnNames.of(SimpleNamespace(targets=("EKLF",), features=features))
    treatment = Treatment.parse("EKLF:crispra")
    assert names.treatment(treatment) is treatment


def test_the_same_target_under_two_names_is_refused(names):
    with pytest.raises(InputError, match="same target twice"):
        names.treatment(Treatment.parse("EKLF:crispra + KLF1:crispra"))


def test_an_alias_is_answered_as_the_measured_target(bundle):
    alias, own = (Treatment.parse(t) for t in ("EKLF:crispra", "KLF1:crispra"))
    by_alias, by_name = predict(bundle, ["k562"], [alias, own])
    assert by_alias.treatment == alias
    assert (by_alias.delta == by_name.delta).all()
    assert by_alias.evidence == by_name.evidence
    assert by_alias.evidence.treatment_seen
