from __future__ import annotations

import numpy as np
import pytest

from xpert.model.metrics import (
    METRICS,
    Lineup,
    cosine,
    discrimination,
    discrimination_cosine,
    discrimination_l1,
    l2,
    partial_pearson,
    pearson,
    pearson_from,
    residual,
    rmse,
    spearman,
    top_overlap,
    top_share,
)

NAN = np.nan


def rows(*values) -> np.ndarray:
    return np.array(values, dtype=float)


def test_distances_are_those_of_pythagoras_and_leave_unmeasured_genes_out():
    predicted, observed = rows([3, 4, 9], [1, 1, 1]), rows([0, 0, NAN], [1, 1, 3])
    assert l2(predicted, observed) == pytest.approx([5, 2])
    assert rmse(predicted, observed) == pytest.approx([5 / np.sqrt(2), 2 / np.sqrt(3)])


def test_correlation_ignores_offset_and_scale_and_cosine_only_scale():
    predicted, observed = rows([1, 2, 3], [2, 4, 6]), rows([11, 12, 13], [1, 2, 3])
    assert pearson(predicted, observed) == pytest.approx([1, 1])
    # (1·11 + 2·12 + 3·13) / (√14 · √434)
    assert cosine(predicted, observed) == pytest.approx([74 / np.sqrt(14 * 434), 1])


def test_correlation_by_hand():
    # centred: (-1, 0, 1) and (-1, 1, 0): 1 / 2
    assert pearson(rows([1, 2, 3]), rows([1, 3, 2])) == pytest.approx([0.5])
    assert spearman(rows([1, 2, 30]), rows([1, 3, 2])) == pytest.approx([0.5])


def test_genes_that_were_not_measured_do_not_enter_a_correlation():
    observed = rows([1, 3, 2, NAN])
    assert pearson(rows([1, 2, 3, 99]), observed) == pytest.approx([0.5])
    assert spearman(rows([1, 2, 30, 99]), observed) == pytest.approx([0.5])


def test_a_prediction_without_variation_scores_zero_and_an_observation_without_it_cannot_be_scored():
    observed = rows([1.0, 2.0, 4.0])
    for metric in (pearson, cosine, spearman):
        assert metric(np.zeros((1, 3)), observed) == pytest.approx([0.0])
        assert np.isnan(metric(observed, np.zeros((1, 3)))).all()
    assert pearson(np.full((1, 3), 0.3), observed) == pytest.approx([0.0])


def test_partial_correlation_is_zero_for_the_reference_itself_and_one_for_what_is_left():
    reference, specific = rows(1, 2, 3, 4), rows(1, -1, -1, 1)
    observed = (2 * reference + specific)[None]
    assert partial_pearson(reference[None], observed, reference) == pytest.approx([0.0])
    assert partial_pearson((5 * reference + 3 * specific)[None], observed, reference) == pytest.approx([1.0])
    assert partial_pearson((reference - specific)[None], observed, reference) == pytest.approx([-1.0])


def test_partial_correlation_by_hand():
    # The reference is (-1, 0, 1) once centred. Residuals: predicted (-1, 2, -1) / 3, observed (1, -2, 1) / 3.
    predicted, observed, reference = rows([1, 3, 3]), rows([1, 0, 1]), rows(0, 1, 2)
    assert partial_pearson(predicted, observed, reference) == pytest.approx([-1.0])


def test_what_is_a_multiple_of_the_reference_leaves_exactly_nothing():
    reference = np.random.default_rng(0).normal(size=50)
    assert not residual(1e6 * reference[None], reference).any()


def test_discrimination_counts_closer_candidates_and_ties_half():
    candidates = rows([1, 0], [0, 1], [-1, 0], [1, 1])
    lineup = Lineup(candidates, np.array([0, 3, 1]), np.zeros(2))
    predicted = rows([1, 0.1], [1, 0], [0, 0])
    # First: its own is nearest. Second: [1, 0] is closer than [1, 1]: 1 of 3. Third names nobody.
    assert discrimination_cosine(predicted, lineup) == pytest.approx([1, 2 / 3, 0.5])


def test_discrimination_ties_count_half():
    lineup = Lineup(rows([1, 0], [2, 0], [0, 1]), np.array([0]), np.zeros(2))
    assert discrimination_cosine(rows([1, 0]), lineup) == pytest.approx([0.75])


def test_discrimination_is_measured_from_the_centre():
    lineup = Lineup(rows([3, 1], [1, 3]), np.array([0, 1]), rows(1, 1))
    assert discrimination_cosine(rows([2, 1], [1, 1]), lineup) == pytest.approx([1.0, 0.5])


def test_a_lineup_needs_two_candidates_and_the_own_one_among_them():
    with pytest.raises(ValueError, match="at least two"):
        Lineup(rows([1, 0]), np.array([0]), np.zeros(2))
    with pytest.raises(ValueError, match="not among"):
        Lineup(rows([1, 0], [0, 1]), np.array([2]), np.zeros(2))


def test_top_overlap_counts_both_ends():
    observed = rows([5, 4, 0, 0.1, -4, -5])
    assert top_overlap(observed, observed, top=2) == pytest.approx([1.0])
    # Up: {0, 2} shares one of {0, 1}; down: {4, 5} shares both.
    assert top_overlap(rows([5, 0, 4, 0.1, -4, -5]), observed, top=2) == pytest.approx([0.75])
    assert top_overlap(np.zeros((1, 6)), observed, top=2) == pytest.approx([0.0])
    assert np.isnan(top_overlap(observed, rows([1, 2, 3, NAN, NAN, NAN]), top=2)).all()


def test_every_metric_that_stands_alone_gives_one_number_a_condition():
    generator = np.random.default_rng(1)
    predicted, observed = generator.normal(size=(2, 4, 120))
    for metric in METRICS.values():
        if metric.of is not None:
            assert metric.of(predicted, observed).shape == (4,)


def test_a_perfect_prediction_is_never_worse_than_a_noisy_one():
    generator = np.random.default_rng(2)
    observed = generator.normal(size=(5, 150))
    noisy = observed + generator.normal(size=observed.shape)
    for metric in METRICS.values():
        if metric.of is not None:
            sign = 1 if metric.higher_is_better else -1
            assert (sign * metric.of(observed, observed) > sign * metric.of(noisy, observed)).all(), (
                metric.name
            )


def test_correlation_from_the_perturbed_centroid_by_hand():
    centre = np.array([10.0, 0.0, 0.0])
    predicted, observed = rows([11, 2, 3]), rows([11, 3, 2])
    # what is left is (1, 2, 3) and (1, 3, 2): 1/2, where the shared shift would have given .99
    assert pearson_from(predicted, observed, centre) == pytest.approx([0.5])
    assert pearson(predicted, observed)[0] > 0.9
    assert pearson_from(centre[None], observed, centre) == pytest.approx([0.0])


def test_discrimination_counts_closer_candidates_and_half_of_the_tied():
    distance = rows([1, 2, 2, 3], [1, 2, 2, 3], [5, 5, 5, 5])
    # nobody closer; one closer and one tied of three others; all tied
    assert discrimination(distance, np.array([0, 1, 2])) == pytest.approx([1, 1 - 1.5 / 3, 0.5])


def test_discrimination_by_absolute_difference_by_hand():
    lineup = Lineup(rows([1, 0], [0, 1], [3, 3]), np.array([0, 0]), np.zeros(2))
    # (0.4, 0.9): 1.5 to its own, 0.5 to the second, 4.7 to the third
    assert discrimination_l1(rows([1, 0.1], [0.4, 0.9]), lineup) == pytest.approx([1.0, 0.5])


def test_removed_genes_do_not_name_a_condition():
    candidates = rows([-5, 0, 1, 0], [0, -5, 0, 1], [0, 0, 1, 1])
    guess = rows([-5, 0, 0, 1])  # knows the knocked-out gene, and takes the second condition's effect
    own, centre = np.array([0]), np.zeros(4)
    removed = np.array([True, True, False, False])
    assert discrimination_cosine(guess, Lineup(candidates, own, centre)) == pytest.approx([1.0])
    assert discrimination_cosine(guess, Lineup(candidates, own, centre, removed)) == pytest.approx([0.0])
    assert discrimination_l1(guess, Lineup(candidates, own, centre, removed)) == pytest.approx([0.0])


def test_top_share_looks_at_one_end():
    predicted, observed = rows([4, 3, 2, 1], [1, 1, 1, 1]), rows([4, 2, 3, 1], [4, 2, 3, 1])
    assert top_share(predicted, observed, top=2) == pytest.approx([0.5, 0.0])
    assert top_share(predicted, observed, top=1, up=False) == pytest.approx([1.0, 0.0])
    assert np.isnan(top_share(predicted, observed, top=5)).all()
