"""Strength: zero is zero, it grows with the dose and never passes one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xpert import Dose, DoseUnit, InputError, Modality, Perturbation
from xpert.features.strength import strength

DOSES = st.floats(min_value=0, max_value=1e6, allow_nan=False)


def compound(value, unit=DoseUnit.MICROMOLAR):
    return Perturbation("aspirin", Modality.COMPOUND, Dose(value, unit))


@pytest.mark.parametrize("unit", list(DoseUnit))
def test_no_dose_is_exactly_nothing_in_every_unit(unit):
    assert strength(compound(0.0, unit)) == 0.0


def test_no_efficacy_is_exactly_nothing():
    assert strength(Perturbation("KLF1", Modality.CRISPRI, 0.0)) == 0.0


@given(st.floats(min_value=0, max_value=1))
def test_efficacy_is_linear(efficacy):
    assert strength(Perturbation("KLF1", Modality.CRISPRI, efficacy)) == efficacy


def test_an_unstated_dose_acts_fully():
    assert strength(Perturbation("aspirin", Modality.COMPOUND)) == 1.0


def test_the_half_maximal_dose_acts_half():
    assert strength(compound(1.0)) == 0.5
    assert strength(compound(3.0), half_maximal=3.0) == 0.5


@given(DOSES, DOSES)
def test_more_acts_no_less_and_never_beyond_one(a, b):
    low, high = sorted([a, b])
    assert 0 <= strength(compound(low)) <= strength(compound(high)) <= 1


@given(st.floats(min_value=1e-3, max_value=1e3))
def test_the_unit_does_not_matter(value):
    assert strength(compound(value * 1000, DoseUnit.NANOMOLAR)) == pytest.approx(strength(compound(value)))


def test_a_mass_needs_a_molecular_weight():
    asked = compound(180.0, DoseUnit.NANOGRAM_PER_ML)
    assert strength(asked, molecular_weight=180.0) == pytest.approx(0.5)
    with pytest.raises(InputError, match="uM"):
        strength(asked)
