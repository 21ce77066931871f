"""Expected errors: a few plain rules, and what was hard for similar treatments."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from xpert.model.expected_error import Asked, ErrorModel
from xpert.model.question import Question

FAMILIES = 12


def families(count: int, seed: int) -> tuple[Asked, np.ndarray]:
    """Treatments of twelve families that are alike; how hard a family is, is in nothing but its members' errors."""
    generator = np.random.default_rng(seed)
    family = np.arange(count) % FAMILIES
    hardness = np.random.default_rng(99).normal(size=FAMILIES)
    near = np.where(np.equal.outer(family, family), 0.8, 0.05)
    np.fill_diagonal(near, 1.0)
    shift = generator.normal(size=(count, 20))
    asked = Asked(
        (Question.UNSEEN_GENE,) * count,
        ("K562",) * count,
        shift,
        generator.random(count),
        near,
        np.arange(count),
    )
    return asked, hardness[family] + 0.3 * generator.normal(size=count)


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a, b)[0, 1])


def test_what_was_hard_for_similar_treatments_is_expected_to_be_hard():
    asked, logs = families(96, 0)
    learned, left = np.arange(72), np.arange(72, 96)
    model = ErrorModel.fit(asked.take(learned), logs[learned], 1e-3)
    assert correlation(model.log_error(asked.take(left)), logs[left]) > 0.8
    blind = replace(asked, near=None, own=None)
    plain = ErrorModel.fit(blind.take(learned), logs[learned], 1e-3)
    assert correlation(plain.log_error(blind.take(left)), logs[left]) < 0.5


def test_likeness_that_says_nothing_counts_for_little():
    asked, _ = families(96, 1)
    logs = np.random.default_rng(2).normal(size=96)
    learned, left = np.arange(72), np.arange(72, 96)
    model = ErrorModel.fit(asked.take(learned), logs[learned], 1e-3)
    assert model.log_error(asked.take(left)).std() < 0.5


def test_a_greater_distance_never_makes_a_smaller_error_expected():
    asked, _ = families(40, 3)
    model = ErrorModel.fit(replace(asked, near=None, own=None), -asked.novelty, 1e-3)
    assert model.coefficients[2] == 0
    upward = ErrorModel.fit(replace(asked, near=None, own=None), asked.novelty, 1e-3)
    assert upward.coefficients[2] == pytest.approx(1, abs=0.2)


def test_parts_of_different_length_are_refused():
    asked, _ = families(4, 4)
    with pytest.raises(ValueError, match="differ in number"):
        replace(asked, own=np.arange(3))
