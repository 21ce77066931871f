from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from xpert.model.likeness import Likeness, passed_on, response_likeness, standardised
from xpert.perturbverse.retrieval import (
    average_precision,
    nearest_accuracy,
    structure_likeness,
    weighted_tanimoto,
)


def test_average_precision_by_hand():
    likeness = np.array([[9, 3, 2, 1], [3, 9, 1, 2], [0, 0, 9, 0], [0, 0, 0, 9]], dtype=float)
    relevant = np.array([[1, 1, 0, 1], [0, 1, 0, 1], [0, 0, 1, 0], [1, 1, 1, 1]], dtype=bool)
    # first: hits at places 1 and 3; second: at place 2; third: none relevant; fourth: all
    assert average_precision(likeness, relevant) == pytest.approx(
        [(1 + 2 / 3) / 2, 1 / 2, np.nan, 1], nan_ok=True
    )


def test_the_class_of_the_nearest_by_hand():
    likeness = np.array([[9, 3, 2, 1], [3, 9, 2, 1], [1, 2, 9, 3], [3, 2, 1, 9]], dtype=float)
    classes = [frozenset(c) for c in ("a", "a", "b", "ab")]
    # two nearest: (a, b): tie, half right; (a, b): tie; (a b, a): a wins, wrong; (a, a): right
    assert nearest_accuracy(likeness, classes, k=2).tolist() == [0.5, 0.5, 0.0, 1.0]


def test_tanimoto_weighs_shared_counts_by_hand():
    counts = sparse.csr_matrix(np.array([[2, 1, 0], [1, 1, 1]]))
    # minima (1, 1, 0), maxima (2, 1, 1), weights (1, 3, 5)
    weighed = weighted_tanimoto(counts, np.array([1.0, 3.0, 5.0]))
    assert weighed == pytest.approx(np.array([[1, 4 / 10], [4 / 10, 1]]))


def test_likeness_passed_on_reaches_what_only_a_third_links():
    likeness = np.full((5, 5), -1.0)
    for a, b in ((0, 1), (1, 2), (3, 4)):
        likeness[a, b] = likeness[b, a] = 1.0
    walked = passed_on(likeness, neighbours=2, onward=0.5, sharpness=1.0)
    assert walked[0, 2] > 0
    assert walked[0, 1] > walked[0, 2] > walked[0, 3] == pytest.approx(0)
    assert walked == pytest.approx(walked.T)


def test_shared_components_of_responses_are_damped():
    rng = np.random.default_rng(0)
    shared, mechanism = rng.normal(size=200), rng.normal(size=(10, 200))
    strength = 2 * rng.normal(size=20)
    rows = np.outer(strength, shared) + np.repeat(mechanism, 2, axis=0) + rng.normal(size=(20, 200))
    relevant = np.kron(np.eye(10, dtype=bool), np.ones((2, 2), dtype=bool))
    plain = average_precision(response_likeness(rows, whitening=0), relevant).mean()
    damped = average_precision(response_likeness(rows), relevant).mean()
    assert damped > plain + 0.1
    assert response_likeness(np.stack([rows, rows])) == pytest.approx(response_likeness(rows))


def test_standardised_looks_at_different_drugs_only():
    values = np.array([[9.0, 1, 2], [1, 9, 3], [2, 3, 9]])
    scaled = standardised(values)
    assert scaled[~np.eye(3, dtype=bool)].mean() == pytest.approx(0)
    assert scaled[~np.eye(3, dtype=bool)].std() == pytest.approx(1)


def test_statins_are_alike_and_the_order_of_drugs_does_not_matter():
    lovastatin = "CCC(C)C(=O)OC1CC(C)C=C2C=CC(C)C(CCC3CC(O)CC(=O)O3)C12"
    simvastatin = "CCC(C)(C)C(=O)OC1CC(C)C=C2C=CC(C)C(CCC3CC(O)CC(=O)O3)C12"
    smiles = [lovastatin, "CC(=O)Oc1ccccc1C(=O)O", simvastatin, "OC(=O)c1ccccc1O"]
    likeness = structure_likeness(smiles)
    assert likeness[0, 2] == likeness[~np.eye(4, dtype=bool)].max()
    order = [3, 1, 0, 2]
    assert structure_likeness([smiles[i] for i in order]) == pytest.approx(likeness[np.ix_(order, order)])


def test_a_share_beyond_its_range_is_refused():
    with pytest.raises(ValueError, match="share"):
        Likeness(response=1.2)
    with pytest.raises(ValueError, match="passed on"):
        Likeness(onward=1.0)
