"""A combination beside the sum of its parts: kinds of genes, intervals, and what must be said before believing it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from xpert.data.readout import Readout
from xpert.design.combination import Combination, Kind, combine
from xpert.errors import InputError
from xpert.perturbation import Treatment
from xpert.prediction.predict import predict

DOUBLE = "KLF1:crispra + MAP2K6:crispra"
GENES = ("ADD", "SYN", "BUF", "OPP", "NEW")
FIRST, SECOND = [1.0, 1.0, 1.0, 1.0, 0.0], [1.0, 1.0, 1.0, 1.0, 0.0]
TOGETHER = [2.1, 4.0, 0.5, -1.0, 3.0]


@pytest.fixture(scope="module")
def model():
    from xpert.model.bundle import load_bundle

    return load_bundle("perturbseq")


@pytest.fixture(scope="module")
def real(model):
    return combine(model, "k562", Treatment.parse(DOUBLE))


def like(prediction, text, delta, half):
    """A prediction with numbers of one's own."""
    delta, nothing = np.array(delta), np.zeros(len(delta))
    return replace(
        prediction, treatment=Treatment.parse(text), genes=GENES, control=nothing, predicted=delta, delta=delta,
        lower=delta - half, upper=delta + half, spread=nothing,
    )  # fmt: skip


@pytest.fixture
def made(real):
    whole, parts = real.whole, real.parts
    return Combination(
        like(whole, DOUBLE, TOGETHER, 0.4),
        (like(parts[0], "KLF1:crispra", FIRST, 0.3), like(parts[1], "MAP2K6:crispra", SECOND, 0.0)),
    )


def test_each_gene_gets_the_kind_that_its_numbers_say(made):
    assert made.kinds.tolist() == ["additive", "synergy", "buffering", "opposite", "new"]


def test_the_interval_of_the_interaction_is_the_root_of_the_summed_squares(made):
    lower, upper = made.interaction_interval
    assert upper - made.interaction == pytest.approx(np.full(5, 0.5))
    assert made.interaction - lower == pytest.approx(np.full(5, 0.5))


def test_a_one_sided_interval_of_a_part_counts_on_the_other_side(made):
    part = made.parts[0]
    floored = replace(made, parts=(replace(part, lower=part.delta), made.parts[1]))
    lower, upper = floored.interaction_interval
    assert made.interaction - lower == pytest.approx(np.full(5, 0.5))
    assert upper - made.interaction == pytest.approx(np.full(5, 0.4))


def test_the_overall_numbers_are_those_of_numpy(made):
    total = np.add(FIRST, SECOND)
    assert made.coefficient.value == pytest.approx(total @ TOGETHER / (total @ total))
    assert made.coefficient.upper - made.coefficient.value == pytest.approx(
        0.5 * total.sum() / (total @ total)
    )
    assert made.magnitude == pytest.approx(np.linalg.norm(TOGETHER) / np.linalg.norm(total))
    assert made.correlation == pytest.approx(np.corrcoef(total, TOGETHER)[0, 1])
    assert sum(made.shares.values()) == pytest.approx(1)


def test_errors_that_go_apart_narrow_the_interval_of_the_slope(made):
    independent = np.random.default_rng(0).normal(size=(4000, 5))
    total = np.add(FIRST, SECOND)
    estimate = replace(made, responses=independent).coefficient
    expected = 0.5 * np.linalg.norm(total) / (total @ total)
    assert estimate.upper - estimate.value == pytest.approx(expected, rel=0.05)
    one = np.outer(np.arange(20.0), np.ones(5))
    assert replace(made, responses=one).coefficient == pytest.approx(made.coefficient)


def test_parts_that_move_nothing_give_no_slope(made):
    still = [replace(p, delta=0 * p.delta, lower=0 * p.delta, upper=0 * p.delta) for p in made.parts]
    found = replace(made, parts=tuple(still))
    assert (found.coefficient, found.magnitude, found.part_coefficients) == (None, None, None)
    assert "no change at all" in " ".join(found.warnings)


def test_an_answer_that_is_the_sum_is_said_to_tell_no_interaction(made):
    total = made.additive
    same = replace(made, whole=replace(made.whole, delta=total, lower=total - 1, upper=total + 1))
    assert any("sum of its parts" in w for w in same.warnings)


def test_a_measured_double_stands_beside_its_prediction_and_is_called_recalled(model, real):
    predictions = predict(
        model, ["k562"], [Treatment.parse(t) for t in (DOUBLE, "KLF1:crispra", "MAP2K6:crispra")]
    )
    np.testing.assert_array_equal(real.whole.delta, predictions[0].delta)
    np.testing.assert_allclose(real.additive, predictions[1].delta + predictions[2].delta)
    row = [str(c.treatment) for c in model.training.conditions].index(DOUBLE)
    table = real.table.set_index("gene").loc[list(model.genes)]
    np.testing.assert_allclose(table["measured"], model.training.delta[row])
    assert table["measured_interaction"].notna().all()
    assert any("learned from this very combination" in w for w in real.warnings)
    assert 0.5 < real.coefficient.value < 1.5
    assert real.coefficient.lower < 1 < real.coefficient.upper


def test_departures_come_first_in_the_table(real):
    departs = (real.table["kind"] != Kind.ADDITIVE.value).to_numpy()
    assert departs.any()
    assert not np.any(~departs[:-1] & departs[1:])


def test_parts_that_were_never_measured_alone_are_named(model):
    found = combine(model, "k562", Treatment.parse("CBL:crispra + CNN1:crispra"))
    assert any("never measured alone" in w and "CBL:crispra" in w for w in found.warnings)
    assert found.measured is not None
    assert found.measured_additive is None


def test_a_model_without_any_combination_says_that_it_knows_none():
    from xpert.model.bundle import load_bundle

    found = combine(load_bundle("papalexi"), "all cells", Treatment.parse("ATF2:ko + BRD4:ko"))
    assert any("no combination at all" in w for w in found.warnings)


def test_ranks_are_said_not_to_add_up(made):
    ranks = replace(made, whole=replace(made.whole, readout=Readout.SIGNED_RANK))
    assert any("do not add up" in w for w in ranks.warnings)


def test_one_gene_is_no_combination(model):
    with pytest.raises(InputError, match="plus"):
        combine(model, "k562", Treatment.parse("KLF1:crispra"))
