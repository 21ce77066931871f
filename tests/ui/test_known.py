"""What can be chosen with a bundle."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from xpert.data.responses import Condition
from xpert.features.treatments import TreatmentFeatures
from xpert.model.question import Known, Question
from xpert.perturbation import Modality, Perturbation, Treatment
from xpert.ui.draft import GRID, nearest_mark
from xpert.ui.known import Choices, in_context, nearness


@pytest.fixture
def choices() -> Choices:
    measured = (
        "KLF1:crispra",
        "KLF1:crispra + JAK2:crispra",
        "vorinostat@1uM",
        "vorinostat@500nM",
        "vorinostat@1uM + KLF1:crispra",
    )
    conditions = [Condition("k562", Treatment.parse(t)) for t in measured]
    bundle = SimpleNamespace(
        known=Known.of(conditions),
        targets=("JAK2", "KLF1", "vorinostat"),
        modalities=(Modality.CRISPRA, Modality.COMPOUND),
        training=SimpleNamespace(conditions=conditions),
        features=TreatmentFeatures.load(),
    )
    return Choices.of(bundle)


def guess(choices: Choices, name: str) -> str:
    return str(choices.first_guess(name))


def test_a_measured_name_is_offered_as_it_was_measured_most(choices):
    assert guess(choices, "KLF1") == "KLF1:crispra"
    assert guess(choices, "vorinostat") == "vorinostat@1uM"


def test_measured_doses_stand_in_the_order_of_their_size(choices):
    assert choices.strengths["vorinostat"] == ("500nM", "1uM")


def test_another_gene_is_offered_as_a_gene_under_its_approved_symbol(choices):
    assert guess(choices, "p53") == "TP53:crispra"


def test_a_name_that_is_no_gene_is_offered_as_a_compound_with_the_usual_dose(choices):
    assert guess(choices, "imaginary-1") == "imaginary-1@1uM"


def test_a_measured_gene_is_not_offered_as_a_compound(choices):
    assert choices.ways("KLF1") == [Modality.CRISPRA]
    assert set(choices.ways("something new")) == {Modality.CRISPRA, Modality.COMPOUND}


def test_the_badge_tells_measured_from_partly_and_never(choices):
    asked = [
        "KLF1:crispra",
        "KLF1:crispra@0.5",
        "MAPK1:crispra",
    ]
    near = [nearness(choices.question(in_context(Treatment.parse(t), "k562"))) for t in asked]
    assert near == [2, 1, 0]
    assert set(map(nearness, Question)) == {0, 1, 2}


@pytest.mark.parametrize(("dose", "mark"), [(0.9, 1.0), (0.0, 0.001), (5e9, 300.0), (0.003, 0.003)])
def test_the_slider_stands_at_the_nearest_mark_by_ratio(dose, mark):
    assert nearest_mark(dose) == mark
    assert list(GRID) == sorted(GRID)


def test_a_guess_is_a_perturbation_that_parses_back(choices):
    for name in ("KLF1", "vorinostat", "imaginary-1"):
        perturbation = choices.first_guess(name)
        assert Treatment.parse(str(perturbation)) == Treatment.of(perturbation)
        assert isinstance(perturbation, Perturbation)


def test_another_name_of_a_measured_compound_is_offered_as_it_was_measured(choices):
    assert guess(choices, "Vorinostat") == guess(choices, "SAHA") == guess(choices, "vorinostat")


def test_the_badge_knows_a_measured_gene_by_its_alias(choices):
    asked = Condition("k562", Treatment.parse("EKLF:crispra"))
    assert choices.question(asked) is choices.question(Condition("k562", Treatment.parse("KLF1:crispra")))
    assert choices.question(asked) is Question.SEEN
