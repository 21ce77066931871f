from __future__ import annotations

import json

import numpy as np
import pytest

from xpert.data.responses import Condition
from xpert.model.baselines.kernels import OneHot
from xpert.model.calibration import LEVELS, Asked, Calibration
from xpert.model.novelty import Novelty
from xpert.model.question import Question
from xpert.perturbation import CONTROL, Treatment

GENES = 200


def draw(count: int, seed: int, question: Question = Question.UNSEEN_GENE, context: str = "K562"):
    """Predictions whose error is ten times larger in one gene in ten, and twice as large where novel."""
    generator = np.random.default_rng(seed)
    novelty = (np.arange(count) % 2).astype(float)
    loud = np.where(np.arange(GENES) % 10 == 0, 1.0, 0.1)
    shift = generator.normal(size=(count, GENES)) * 0.01
    error = generator.normal(size=(count, GENES)) * loud * (1 + novelty)[:, None]
    return Asked((question,) * count, (context,) * count, shift, novelty), shift + error


@pytest.fixture(scope="module")
def fitted() -> Calibration:
    return Calibration.fit(*draw(60, 0))


@pytest.mark.parametrize("level", LEVELS)
def test_stated_intervals_hold_their_share_of_new_gene_values(fitted, level):
    asked, observed = draw(60, 1)
    inside = np.abs(observed - asked.shift) <= fitted.half_width(asked, level=level)
    assert inside.mean() == pytest.approx(level, abs=0.03)
    assert inside[:, ::10].mean() == pytest.approx(level, abs=0.06)


def test_loud_genes_and_novel_treatments_get_wider_intervals(fitted):
    asked, _ = draw(10, 2)
    error = fitted.error(asked)
    assert error[:, ::10].mean() > 5 * np.delete(error, np.s_[::10], axis=1).mean()
    expected = fitted.expected_error(asked)
    assert expected[1::2].min() > 1.5 * expected[::2].max()


def test_the_expected_error_is_the_size_that_errors_have(fitted):
    asked, observed = draw(200, 3)
    actual = np.sqrt(np.mean((observed - asked.shift) ** 2))
    assert np.sqrt(np.mean(fitted.error(asked) ** 2)) == pytest.approx(actual, rel=0.1)
    assert np.sqrt(np.mean(fitted.expected_error(asked) ** 2)) == pytest.approx(actual, rel=0.1)


def test_few_conditions_have_no_intervals_of_their_own():
    many, rare = draw(30, 4), draw(2, 5, Question.ONE_SINGLE_SEEN)
    asked = Asked(*(_joined(a, b) for a, b in zip(_parts(many[0]), _parts(rare[0]), strict=True)))
    fitted = Calibration.fit(asked, np.vstack([many[1], rare[1]]))
    assert fitted.is_own(Question.UNSEEN_GENE)
    assert not fitted.is_own(Question.ONE_SINGLE_SEEN)
    assert np.isfinite(fitted.half_width(rare[0])).all()


def test_a_context_that_was_never_calibrated_gets_the_common_profile(fitted):
    asked, _ = draw(4, 6, context="HL60")
    assert (fitted.half_width(asked) > 0).all()


def test_unmeasured_genes_are_left_out():
    asked, observed = draw(40, 7)
    observed[np.random.default_rng(0).random(observed.shape) < 0.3] = np.nan
    observed[3] = np.nan
    whole, part = Calibration.fit(*draw(40, 7)), Calibration.fit(asked, observed)
    assert part.error(asked).mean() == pytest.approx(whole.error(asked).mean(), rel=0.1)


def test_a_stored_calibration_says_the_same(fitted):
    again = Calibration.restore(json.loads(json.dumps(fitted.config())), fitted.arrays())
    asked, _ = draw(5, 8)
    assert np.array_equal(again.half_width(asked), fitted.half_width(asked))
    assert np.array_equal(again.expected_error(asked), fitted.expected_error(asked))


def test_a_calibration_that_was_stored_before_likeness_counted_is_read(fitted):
    arrays = {name: part for name, part in fitted.arrays().items() if name != "likeness"}
    asked, _ = draw(5, 8)
    again = Calibration.restore(fitted.config(), arrays)
    assert np.array_equal(again.half_width(asked), fitted.half_width(asked))


def test_intervals_in_a_new_context_are_counted_on_contexts_that_were_left_out():
    """Each context has loud genes of its own, which nobody knows of a context that was not measured."""
    generator = np.random.default_rng(10)
    asked, observed = [], []
    for context in range(13):
        part, _ = draw(10, context, Question.SEEN_TREATMENT_NEW_CONTEXT, f"C{context}")
        loud = np.where(generator.permutation(GENES) < 60, 1.0, 0.05)
        asked.append(part)
        observed.append(part.shift + generator.normal(size=part.shift.shape) * loud)
    known = Asked(
        *(
            sum(p[1:], p[0]) if isinstance(p[0], tuple) else np.concatenate(p)
            for p in zip(*map(_parts, asked[:12]), strict=True)
        )
    )
    fitted = Calibration.fit(known, np.concatenate(observed[:12]))
    inside = np.abs(observed[12] - asked[12].shift) <= fitted.half_width(asked[12])
    assert inside.mean() == pytest.approx(0.9, abs=0.05)


def test_genes_that_are_never_wrong_do_not_narrow_the_intervals_of_others():
    asked, observed = draw(60, 11)
    observed[:, :100] = asked.shift[:, :100]
    fitted = Calibration.fit(asked, observed)
    new, seen = draw(60, 12)
    inside = np.abs(seen - new.shift)[:, 100:] <= fitted.half_width(new)[:, 100:]
    assert inside.mean() == pytest.approx(0.9, abs=0.03)


def test_what_was_not_calibrated_is_an_error(fitted):
    asked, observed = draw(5, 9)
    with pytest.raises(ValueError, match=r"not for 0\.99"):
        fitted.half_width(asked, level=0.99)
    with pytest.raises(ValueError, match="no held-out condition"):
        Calibration.fit(asked, np.full_like(observed, np.nan))
    with pytest.raises(ValueError, match="differ in number"):
        Asked(asked.questions, asked.contexts, asked.shift[:2], asked.novelty)


def test_novelty_is_zero_for_what_was_measured_and_one_for_what_shares_nothing():
    training = [Condition("K562", Treatment.parse(t)) for t in ("A:ko", "B:ko", "A:ko + B:ko", "C:ko + D:ko")]
    novelty = Novelty.of(training, OneHot(), {"identity": 1.0})
    asked = [
        Condition("HL60", Treatment.parse(t)) for t in ("A:ko", "C:ko", "A:ko + E:ko", "E:ko", "A:crispra")
    ]
    distance = novelty.distance([*asked, Condition("K562", CONTROL)])
    half = 1 - 1 / np.sqrt(2)
    assert distance == pytest.approx([0, half, half, 1, 1, 0])
    again = Novelty.restore(json.loads(json.dumps(novelty.config())), novelty.arrays())
    assert np.array_equal(again.distance(asked), novelty.distance(asked))


def _parts(asked: Asked) -> tuple:
    return asked.questions, asked.contexts, asked.shift, asked.novelty


def _joined(a, b):
    return a + b if isinstance(a, tuple) else np.concatenate([a, b])
