"""Perturbations, doses and treatments as values."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xpert import CONTROL, Dose, DoseUnit, InputError, Modality, Perturbation, Treatment

MOLAR = [DoseUnit.NANOMOLAR, DoseUnit.MICROMOLAR, DoseUnit.MILLIMOLAR, DoseUnit.MOLAR]
MASS = [DoseUnit.NANOGRAM_PER_ML, DoseUnit.MICROGRAM_PER_ML]
values = st.floats(0, 1e6, allow_nan=False)


@pytest.mark.parametrize(
    ("spelling", "modality"),
    [
        ("CRISPRi", Modality.CRISPRI),
        ("crispr-i", Modality.CRISPRI),
        ("CRISPRa", Modality.CRISPRA),
        ("KO", Modality.KNOCKOUT),
        ("knock-out", Modality.KNOCKOUT),
        ("CRISPR", Modality.KNOCKOUT),
        ("CRISPR-Cas9", Modality.KNOCKOUT),
        ("shRNA", Modality.KNOCKDOWN),
        ("siRNA", Modality.KNOCKDOWN),
        ("trt_sh", Modality.KNOCKDOWN),
        ("OE", Modality.OVEREXPRESSION),
        ("trt_oe", Modality.OVEREXPRESSION),
        ("ORF", Modality.OVEREXPRESSION),
        ("drug", Modality.COMPOUND),
        ("small molecule", Modality.COMPOUND),
        ("trt_cp", Modality.COMPOUND),
    ],
)
def test_usual_spellings_of_a_modality_are_read(spelling, modality):
    assert Modality.of(spelling) is modality


@pytest.mark.parametrize("modality", list(Modality))
def test_every_code_label_and_value_reads_back(modality):
    assert {Modality.of(text) for text in (modality.code, modality.label, modality.value)} == {modality}


def test_an_unknown_modality_names_those_that_exist():
    with pytest.raises(InputError, match="CRISPRa"):
        Modality.of("magic")


@pytest.mark.parametrize(
    ("spelling", "unit"),
    [
        ("µM", DoseUnit.MICROMOLAR),
        ("μM", DoseUnit.MICROMOLAR),
        ("uM", DoseUnit.MICROMOLAR),
        ("um", DoseUnit.MICROMOLAR),
        ("nM", DoseUnit.NANOMOLAR),
        ("nm", DoseUnit.NANOMOLAR),
        ("mM", DoseUnit.MILLIMOLAR),
        ("M", DoseUnit.MOLAR),
        ("µmol/L", DoseUnit.MICROMOLAR),
        ("ng/ml", DoseUnit.NANOGRAM_PER_ML),
        ("µg/mL", DoseUnit.MICROGRAM_PER_ML),
        ("mcg/ml", DoseUnit.MICROGRAM_PER_ML),
        ("%", DoseUnit.PERCENT),
    ],
)
def test_usual_spellings_of_a_unit_are_read(spelling, unit):
    assert DoseUnit.of(spelling) is unit


@pytest.mark.parametrize("unit", list(DoseUnit))
def test_every_unit_reads_back(unit):
    assert DoseUnit.of(str(unit)) is unit


@pytest.mark.parametrize("spelling", ["MM", "mm", "", "xM", "mg"])
def test_a_unit_that_may_mean_two_things_is_not_guessed(spelling):
    with pytest.raises(InputError, match="dose unit"):
        DoseUnit.of(spelling)


@given(value=values, first=st.sampled_from(MOLAR), second=st.sampled_from(MOLAR))
def test_a_molar_dose_converts_there_and_back(value, first, second):
    dose = Dose(value, first)
    there = dose.to(second)
    assert there.unit is second
    assert there == dose
    assert there.to(first).value == pytest.approx(value, rel=1e-12)


@given(value=values, weight=st.floats(10, 1e4), unit=st.sampled_from(MASS), molar=st.sampled_from(MOLAR))
def test_a_mass_dose_converts_by_molecular_weight(value, weight, unit, molar):
    dose = Dose(value, unit)
    there = dose.to(molar, molecular_weight=weight)
    grams_per_litre = value * (1e-6 if unit is DoseUnit.NANOGRAM_PER_ML else 1e-3)
    assert there.to(DoseUnit.MOLAR).value == pytest.approx(grams_per_litre / weight, rel=1e-9)
    assert there.to(unit, molecular_weight=weight).value == pytest.approx(value, rel=1e-9)


@pytest.mark.parametrize(
    ("unit", "other"),
    [(DoseUnit.PERCENT, DoseUnit.MICROMOLAR), (DoseUnit.MICROMOLAR, DoseUnit.MICROGRAM_PER_ML)],
)
def test_a_conversion_that_does_not_exist_is_an_error(unit, other):
    with pytest.raises(InputError, match="cannot be converted"):
        Dose(1, unit).to(other)


def test_percent_converts_to_nothing_else_even_with_a_weight():
    with pytest.raises(InputError, match="cannot be converted"):
        Dose(1, DoseUnit.PERCENT).to(DoseUnit.MICROMOLAR, molecular_weight=100)


def test_equal_doses_in_other_units_are_equal_and_hash_alike():
    assert len({Dose(500, DoseUnit.NANOMOLAR), Dose(0.5, DoseUnit.MICROMOLAR)}) == 1
    assert Dose(1, DoseUnit.MICROGRAM_PER_ML) == Dose(1000, DoseUnit.NANOGRAM_PER_ML)
    assert Dose(1, DoseUnit.MICROMOLAR) != Dose(1, DoseUnit.MICROGRAM_PER_ML)


def test_doses_are_ordered_by_amount():
    doses = [Dose(1, DoseUnit.MILLIMOLAR), Dose(3, DoseUnit.NANOMOLAR), Dose(2, DoseUnit.MICROMOLAR)]
    assert sorted(doses) == [doses[1], doses[2], doses[0]]


@pytest.mark.parametrize("value", [-1, math.nan, math.inf])
def test_a_dose_is_finite_and_not_negative(value):
    with pytest.raises(InputError, match="from 0 upwards"):
        Dose(value, DoseUnit.MICROMOLAR)


def test_minus_zero_is_zero():
    assert str(Dose(-0.0, DoseUnit.MICROMOLAR)) == "0uM"
    assert str(Perturbation("KLF1", Modality.KNOCKOUT, -0.0)) == "KLF1:ko@0"


def test_an_unknown_efficacy_is_one():
    assert Perturbation("KLF1", Modality.CRISPRA).efficacy == 1
    assert Perturbation("KLF1", Modality.CRISPRA) == Perturbation("KLF1", Modality.CRISPRA, 1)


@pytest.mark.parametrize("efficacy", [-0.1, 1.1, math.nan, Dose(1, DoseUnit.MICROMOLAR)])
def test_an_efficacy_lies_between_zero_and_one(efficacy):
    with pytest.raises(InputError, match="from 0 to 1"):
        Perturbation("KLF1", Modality.CRISPRA, efficacy)


def test_a_compound_takes_a_dose_with_a_unit_or_none():
    assert Perturbation("JQ1", Modality.COMPOUND).dose is None
    with pytest.raises(InputError, match="needs a unit"):
        Perturbation("JQ1", Modality.COMPOUND, 1.0)


@pytest.mark.parametrize("name", ["", " ", " KLF1", "KLF1\n", "a\x00b", "a\u2028b", "\ud800"])
def test_a_name_is_neither_empty_nor_padded_nor_holds_control_characters(name):
    with pytest.raises(InputError, match="name"):
        Perturbation(name, Modality.KNOCKOUT)


def test_zero_strength_is_not_active():
    assert not Perturbation("KLF1", Modality.CRISPRA, 0).is_active
    assert not Perturbation("JQ1", Modality.COMPOUND, Dose(0, DoseUnit.MICROMOLAR)).is_active
    assert Perturbation("JQ1", Modality.COMPOUND).is_active


def test_a_treatment_is_a_set():
    one, two = Perturbation("KLF1", Modality.CRISPRA), Perturbation("JQ1", Modality.COMPOUND)
    assert Treatment.of(one, two) == Treatment.of(two, one)
    assert Treatment.of() == CONTROL
    assert CONTROL.is_control
    assert len(Treatment.of(one, two)) == 2


def test_a_target_has_one_strength_in_a_treatment():
    with pytest.raises(InputError, match="twice"):
        Treatment.of(Perturbation("KLF1", Modality.KNOCKOUT, 0.5), Perturbation("KLF1", Modality.KNOCKOUT))


def test_a_gene_and_a_compound_may_share_a_name():
    assert len(Treatment.of(Perturbation("X", Modality.KNOCKOUT), Perturbation("X", Modality.COMPOUND))) == 2


def test_what_has_zero_strength_is_left_out_of_the_active_part():
    treatment = Treatment.parse("KLF1:ko@0 + JQ1@0uM + MYC:ko")
    assert str(treatment.active) == "MYC:ko"
    assert Treatment.parse("KLF1:ko@0").active == CONTROL


def test_direction_is_that_of_the_target():
    assert Modality.CRISPRA.direction == 1
    assert Modality.KNOCKDOWN.direction == -1
    assert Modality.COMPOUND.direction == 0
