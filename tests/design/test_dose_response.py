"""Doses of a compound: which are asked, what is measured, and curves of genes and signatures."""

from __future__ import annotations

import numpy as np
import pytest

from xpert.design.dose_response import Signature, dose_response
from xpert.design.doses import MOST_DOSES, SeenDoses, asked_doses, dose_grid, has_doses, seen_doses
from xpert.errors import InputError
from xpert.perturbation import Dose, DoseUnit, Treatment
from xpert.prediction.predict import predict

CONTEXT = "human hepatocytes CELL0030, 24 h"


def micromolar(*values):
    return tuple(Dose(float(v), DoseUnit.MICROMOLAR) for v in values)


def compound(text="Omeprazole@1uM"):
    (found,) = Treatment.parse(text).perturbations
    return found


@pytest.fixture(scope="module")
def model():
    from xpert.model.bundle import load_bundle

    return load_bundle("tggates")


@pytest.fixture(scope="module")
def response(model):
    return dose_response(model, CONTEXT, compound(), micromolar(8, 30, 60, 120, 240, 480, 1800))


def test_the_measured_doses_are_found_under_any_spelling_of_the_name(model):
    seen = seen_doses(model, CONTEXT, compound("omeprazole@1uM"))
    assert (seen.target, seen.doses, seen.here) == ("Omeprazole", micromolar(24, 120, 600), True)


def test_doses_measured_elsewhere_are_said_to_be_elsewhere(model):
    here = {c.context for c in model.training.conditions if c.treatment.targets == ("Omeprazole",)}
    other = next(name for name in model.contexts if name not in here)
    seen = seen_doses(model, other, compound())
    assert seen.doses
    assert not seen.here


def test_the_grid_stays_inside_the_measured_doses_with_one_beyond_each_end():
    grid = dose_grid(SeenDoses("x", micromolar(1, 10, 100), here=True))
    values = [d.value for d in grid]
    assert len(grid) <= MOST_DOSES
    assert values == sorted(values)
    assert sum(1 < v < 100 for v in values) == len(values) - 2
    assert not {1.0, 10.0, 100.0} & set(values)


def test_doses_are_put_into_one_unit_and_too_many_are_refused():
    seen = SeenDoses("x", micromolar(1, 10), here=True)
    mixed = (Dose(2.0, DoseUnit.MICROMOLAR), Dose(500.0, DoseUnit.NANOMOLAR))
    assert asked_doses(seen, mixed) == micromolar(0.5, 2)
    with pytest.raises(InputError, match="from 2 to 12"):
        asked_doses(seen, micromolar(*range(1, 20)))


def test_a_curve_holds_the_predictions_and_starts_at_zero(model, response):
    gene = response.strongest(1)[0]
    table = response.curve(gene).table
    assert table.iloc[0][["dose", "delta", "lower", "upper"]].tolist() == [0, 0, 0, 0]
    (alone,) = predict(model, [CONTEXT], [Treatment.parse("Omeprazole@60uM")])
    place = alone.genes.index(gene)
    row = table.set_index("dose").loc[60]
    assert row["delta"] == pytest.approx(alone.delta[place], abs=1e-5)
    assert row["upper"] - row["lower"] == pytest.approx(alone.upper[place] - alone.lower[place], abs=1e-4)
    assert table["inside"].tolist() == [False, False, True, True, True, True, True, False]
    assert table["seen"].tolist() == [True, False, False, False, True, False, False, False]


def test_measured_points_are_the_measurements(model, response):
    measured = response.curve("CYP1A2").measured.set_index("dose")["delta"]
    place = model.genes.index("CYP1A2")
    for row, condition in enumerate(model.training.conditions):
        if condition.context == CONTEXT and str(condition.treatment) == "Omeprazole@120uM":
            assert measured.loc[120.0] == pytest.approx(model.training.delta[row, place])
    assert list(measured.index) == [24, 120, 600]


def test_a_signature_is_the_signed_mean_and_no_wider_than_its_widest_gene(response):
    pair = ("CYP1A2", "NAT1")
    curve = response.curve(Signature("s", (pair[0],), (pair[1],))).table
    one, other = (response.curve(g).table for g in pair)
    np.testing.assert_allclose(curve["delta"], (one["delta"] - other["delta"]) / 2, atol=1e-6)
    width, widths = curve["upper"] - curve["lower"], [t["upper"] - t["lower"] for t in (one, other)]
    assert (width <= (widths[0] + widths[1]) / 2 + 1e-6).all()


def test_genes_that_are_not_there_are_refused(response):
    with pytest.raises(InputError, match="None of the genes"):
        response.curve(Signature("s", ("NOGENE",)))


def test_a_shape_that_the_model_assumes_for_all_compounds_gives_no_half_maximum(model):
    assumed = dose_response(
        model, "human hepatocytes CELL0030, 2 h", compound(), micromolar(30, 60, 90, 200, 400)
    )
    assert assumed.shared_shape
    assert "assumption" in assumed.curve(assumed.strongest(1)[0]).fit.reason
    assert any("no property of this one" in s for s in assumed.sentences)


def test_genes_have_no_dose_and_models_say_whether_they_have_any(model):
    from xpert.model.bundle import load_bundle

    assert has_doses(model)
    assert not has_doses(load_bundle("papalexi"))
    (gene,) = Treatment.parse("ATF2:ko").perturbations
    with pytest.raises(InputError, match="a dose belongs to a compound"):
        seen_doses(load_bundle("papalexi"), "all cells", gene)
