from __future__ import annotations

import numpy as np
import pytest

from xpert.data.readout import Readout
from xpert.data.responses import Condition, Context, Responses
from xpert.model.baselines.additive import Additive
from xpert.model.baselines.blend import Blend, Weighting
from xpert.model.baselines.kernel_ridge import KernelRidge
from xpert.model.baselines.mean_shift import MeanShift
from xpert.model.baselines.no_change import NoChange
from xpert.model.baselines.registry import restore
from xpert.model.baselines.routed import Routed
from xpert.model.question import Question
from xpert.perturbation import Treatment


def condition(text: str) -> Condition:
    return Condition("K562", Treatment.parse(text))


@pytest.fixture(scope="module")
def additive_world() -> Responses:
    """Ten genes whose pairs do exactly what the two do alone."""
    generator = np.random.default_rng(0)
    alone = generator.normal(size=(10, 60))
    singles = [condition(f"G{i}:ko") for i in range(10)]
    pairs = [(i, j) for i in range(10) for j in range(i + 1, 10) if (i + j) % 3 == 0]
    doubles = [condition(f"G{i}:ko + G{j}:ko") for i, j in pairs]
    delta = np.vstack([alone, [alone[i] + alone[j] for i, j in pairs]])
    genes = tuple(f"g{i}" for i in range(60))
    nowhere = np.full(60, np.nan)
    return Responses(
        readout=Readout.LOG1P,
        genes=genes,
        contexts=(Context("K562", genes, np.zeros(60), nowhere),),
        conditions=(*singles, *doubles),
        delta=delta,
        spread=np.full(delta.shape, np.nan),
        cells=np.full(len(delta), 80),
    )


def test_equal_weights_average_the_members(additive_world):
    asked = [condition("G0:ko + G1:ko"), condition("G7:ko")]
    members = (Additive(), MeanShift())
    blended = Blend(members).fit(additive_world).predict(asked, {})
    parts = [m.fit(additive_world).predict(asked, {}) for m in members]
    np.testing.assert_allclose(blended, (parts[0] + parts[1]) / 2)


def test_stacked_weights_are_not_negative_and_prefer_the_better_member(additive_world):
    doubles = additive_world.take(
        [i for i, c in enumerate(additive_world.conditions) if len(c.treatment) == 2]
    )
    fitted = Blend((NoChange(), KernelRidge()), Weighting.STACKED).fit(doubles)
    assert min(fitted.weights) >= 0
    assert fitted.weights[1] > 0.5 > fitted.weights[0]


def test_stacked_weights_do_not_depend_on_the_order_of_conditions(additive_world):
    blend = Blend((MeanShift(), KernelRidge()), Weighting.STACKED)
    shuffled = additive_world.take(np.random.default_rng(1).permutation(len(additive_world)))
    assert blend.fit(shuffled).weights == pytest.approx(blend.fit(additive_world).weights, abs=1e-6)


def test_one_treatment_cannot_be_left_out_so_that_stacking_is_equal(additive_world):
    assert Blend((MeanShift(), NoChange()), Weighting.STACKED).fit(additive_world.take([0])).weights == (
        0.5,
        0.5,
    )


def test_a_blend_needs_members_and_as_many_weights():
    with pytest.raises(ValueError, match="at least one"):
        Blend(())
    with pytest.raises(ValueError, match="2 members"):
        Blend((NoChange(), MeanShift()), weights=(1.0,))


def test_each_kind_of_question_goes_to_its_member(additive_world):
    routed = Routed((Additive(), MeanShift()), {Question.UNSEEN_GENE: 1})
    asked = [condition("G0:ko + G1:ko"), condition("OTHER:ko"), condition("G3:ko")]
    predicted = routed.fit(additive_world).predict(asked, {})
    additive, mean = (m.fit(additive_world).predict(asked, {}) for m in routed.members)
    np.testing.assert_array_equal(predicted, [additive[0], mean[1], additive[2]])


def test_a_route_must_lead_to_a_member():
    with pytest.raises(ValueError, match="no member"):
        Routed((NoChange(),), {Question.UNSEEN_GENE: 1})


def test_nested_compositions_are_stored_whole(additive_world):
    inner = Blend((KernelRidge(), Additive()), Weighting.STACKED, title="inner")
    fitted = Routed((inner, MeanShift()), {Question.UNSEEN_GENE: 1}, title="outer").fit(additive_world)
    again = restore(fitted.config(), fitted.arrays())
    asked = [condition("G0:ko + G4:ko"), condition("OTHER:ko")]
    assert np.array_equal(again.predict(asked, {}), fitted.predict(asked, {}))
    assert again.predict([], {}).shape == (0, 60)
