from __future__ import annotations

import numpy as np
import pytest

from xpert.evaluation.cell_metrics import (
    Significance,
    direction_match,
    direction_reach,
    direction_yield,
    energy_distance,
    fold_change_error,
    fold_change_spearman,
    mean_discrepancy,
    significant_jaccard,
    significant_overlap,
    significant_precision,
    significant_ratio,
    significant_recall,
)
from xpert.response.differential import differential_expression

# Truth: genes 0 to 3 are significant, by size 0, 1, 2, 3; the prediction calls 0, 2, 4, 5, by size 4, 0, 2, 5.
TRUTH = Significance(np.array([4.0, -3, 2, 1, 0.1, 0.1]), np.array([0.01, 0.01, 0.01, 0.01, 0.5, 0.5]))
GUESS = Significance(np.array([3.0, 1, -2, 0.5, 5, 1]), np.array([0.001, 0.2, 0.01, 0.3, 0.01, 0.01]))
NOTHING = Significance(np.zeros(6), np.ones(6))


def test_overlap_counts_the_largest_fold_changes_of_both_sides():
    assert significant_overlap(GUESS, TRUTH) == pytest.approx(2 / 4)
    # {4, 0} against {0, 1}
    assert significant_overlap(GUESS, TRUTH, top=2) == pytest.approx(1 / 2)
    assert significant_overlap(GUESS, TRUTH, top=100) == pytest.approx(2 / 4)
    assert significant_overlap(NOTHING, TRUTH) == 0
    assert significant_overlap(GUESS, NOTHING) == 0
    assert significant_precision(GUESS, TRUTH, top=1) == 0
    assert significant_precision(NOTHING, TRUTH) == 0


def test_sets_of_significant_genes_by_hand():
    assert significant_recall(GUESS, TRUTH) == pytest.approx(2 / 4)
    assert significant_jaccard(GUESS, TRUTH) == pytest.approx(2 / 6)
    assert significant_jaccard(NOTHING, NOTHING) == 1
    assert significant_ratio(GUESS, TRUTH) == pytest.approx(1)
    assert significant_ratio(NOTHING, TRUTH) == 0
    assert np.isnan(significant_ratio(GUESS, NOTHING))
    assert np.isnan(significant_recall(GUESS, NOTHING))


def test_directions_by_hand():
    # of genes 0 to 3 the signs of 0 and 3 are right
    assert direction_match(GUESS, TRUTH) == pytest.approx(2 / 4)
    # called with the right sign: 0, 4, 5, of four calls
    assert direction_yield(GUESS, TRUTH) == pytest.approx(3 / 4)
    assert np.isnan(direction_yield(NOTHING, NOTHING))
    # order by confidence 0, 2, 1, 3: right, wrong, wrong, right: only the first is pure enough
    assert direction_reach(GUESS, TRUTH) == pytest.approx(1 / 4)
    assert direction_reach(TRUTH, TRUTH) == 1


def test_fold_changes_by_hand():
    size = np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 99])
    truth = Significance(size, np.array([0.0] * 10 + [1.0]))
    half = Significance(size / 2, np.ones(11))
    assert fold_change_error(half, truth) == pytest.approx(0.5)
    assert fold_change_error(Significance(np.zeros(11), np.ones(11)), truth) == pytest.approx(1)
    assert np.isnan(fold_change_error(GUESS, TRUTH))
    assert fold_change_spearman(half, truth) == pytest.approx(1)
    # ranks 4 3 1 2 against 4 1 3 2: squared differences 0 4 4 0, so 1 - 6 * 8 / 60
    assert fold_change_spearman(GUESS, TRUTH) == pytest.approx(0.2)


def test_energy_distance_by_hand_and_zero_for_the_same_cells():
    a, b = np.array([[0.0], [2.0]]), np.array([[1.0], [3.0]])
    # between: (1 + 3 + 1 + 1) / 4; within each: (0 + 2 + 2 + 0) / 4
    assert energy_distance(a, b) == pytest.approx(2 * 1.5 - 1 - 1)
    assert energy_distance(a, a) == pytest.approx(0)


def test_mean_discrepancy_by_hand_and_zero_for_the_same_cells():
    a, b = np.array([[0.0]]), np.array([[1.0]])
    # the median distance is 1: 1 + 1 - 2 exp(-1/2)
    assert mean_discrepancy(a, b) == pytest.approx(2 - 2 * np.exp(-0.5))
    assert mean_discrepancy(a, b, width=2) == pytest.approx(2 - 2 * np.exp(-1 / 8))
    assert mean_discrepancy(np.array([[0.0], [1]]), np.array([[1.0], [0]])) == pytest.approx(0)
    with pytest.raises(ValueError, match="width"):
        mean_discrepancy(a, a)


def test_a_test_is_taken_from_its_table():
    rng = np.random.default_rng(0)
    control, treated = rng.random((60, 3)), rng.random((60, 3)) + np.array([2, 0, 0])
    tested = Significance.of(differential_expression(treated, control, ["A", "B", "C"]))
    assert tested.is_significant.tolist() == [True, False, False]
    assert tested.ranked.tolist() == [0]
    with pytest.raises(ValueError, match="one per gene"):
        Significance(np.zeros(2), np.zeros(3))
