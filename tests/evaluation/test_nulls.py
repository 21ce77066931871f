"""The null checks break exactly what they claim to break."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from xpert.data.readout import Readout
from xpert.data.responses import Condition, Context, Responses
from xpert.evaluation.nulls import shuffled, shuffled_features
from xpert.model.baselines.recalled import Recalled
from xpert.perturbation import Modality, Perturbation, Treatment

GENES = ("G1", "G2", "G3")
CONTEXTS = {
    name: Context(name, GENES, np.zeros(3, dtype=np.float32), np.ones(3, dtype=np.float32))
    for name in ("A", "B")
}


def condition(context: str, *targets: str) -> Condition:
    return Condition(context, Treatment.of(*(Perturbation(t, Modality.KNOCKOUT) for t in targets)))


def measured() -> Responses:
    conditions = tuple(condition(c, t) for c in "AB" for t in ("BRD4", "MYC", "STAT1", "JAK2", "IRF1"))
    values = np.arange(len(conditions), dtype=np.float32)[:, None] * np.ones(3, dtype=np.float32)
    return Responses(
        Readout.LOG1P,
        GENES,
        tuple(CONTEXTS.values()),
        conditions,
        values,
        np.ones_like(values),
        np.arange(len(conditions)),
    )


@dataclass(frozen=True, eq=False)
class Witness:
    """Remembers what it was given."""

    given: Responses | None = None
    name: str = "witness"

    def fit(self, responses):
        return replace(self, given=responses)

    def predict(self, conditions, contexts):
        place = {c: i for i, c in enumerate(self.given.conditions)}
        return self.given.delta[[place[c] for c in conditions]]


def test_shuffled_labels_keep_every_response_in_its_context():
    responses = measured()
    given = shuffled(Witness()).fit(responses).fitted.given
    assert given.conditions == responses.conditions
    for context in "AB":
        rows = [i for i, c in enumerate(responses.conditions) if c.context == context]
        assert sorted(given.delta[rows, 0]) == sorted(responses.delta[rows, 0])
    assert not np.array_equal(given.delta, responses.delta)


def test_spread_and_cell_numbers_move_with_the_response():
    given = shuffled(Witness()).fit(measured()).fitted.given
    assert given.delta[:, 0].tolist() == given.cells.tolist()


def test_shuffled_labels_are_the_same_each_time():
    first, second = (shuffled(Witness()).fit(measured()).fitted.given.delta for _ in range(2))
    assert np.array_equal(first, second)


def test_what_only_recalls_is_not_hurt_by_wrong_features_but_by_wrong_labels():
    responses = measured()
    asked = list(responses.conditions)
    plain, features, labels = (
        predictor.fit(responses).predict(asked, CONTEXTS)
        for predictor in (Recalled(), shuffled_features(Recalled(), responses), shuffled(Recalled()))
    )
    assert np.allclose(plain, features)
    assert not np.allclose(plain, labels)


def test_targets_are_renamed_one_to_one_within_the_panel():
    responses = measured()
    given = shuffled_features(Witness(), responses).fit(responses).fitted.given
    before, after = (
        [next(iter(c.treatment.targets)) for c in conditions]
        for conditions in (responses.conditions, given.conditions)
    )
    assert set(after) == set(before)
    assert after != before
    assert len(set(zip(before, after, strict=True))) == len(set(before))


def test_a_pair_keeps_its_parts():
    responses = measured()
    predictor = shuffled_features(Witness(), responses)
    singles = [predictor._renamed(condition("A", t)) for t in ("BRD4", "MYC")]
    pair = predictor._renamed(condition("A", "BRD4", "MYC"))
    assert set(pair.treatment.targets) == {t for c in singles for t in c.treatment.targets}


@pytest.mark.parametrize("make", [shuffled, lambda p: shuffled_features(p, measured())])
def test_an_unfitted_check_does_not_answer(make):
    with pytest.raises(ValueError, match="before it was fitted"):
        make(Witness()).predict([condition("A", "MYC")], CONTEXTS)
