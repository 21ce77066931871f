from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from xpert.perturbverse.association import (
    KnownTargets,
    connectivity,
    informative,
    pooled_over_pathways,
    rank_percentiles,
    shared_pathways,
    signatures,
)


def known() -> KnownTargets:
    targets = [frozenset({"A"}), frozenset({"A"}), frozenset({"B"}), frozenset({"B", "C"}), frozenset({"Z"})]
    return KnownTargets.of(targets, ["p", "p", "q", "r", "s"], frozenset("ABCD"))


def test_candidates_are_targets_that_the_screen_holds():
    assert known().genes == ("A", "B", "C")
    assert known().hits.sum(axis=0).tolist() == [2, 2, 1]
    with pytest.raises(ValueError, match="shape"):
        KnownTargets(("A",), np.zeros((2, 2), dtype=bool), ("p", "q"))


def test_a_drug_and_its_salts_do_not_vouch_for_their_own_targets():
    # of the other three parents none hits A, two hit B, one C
    assert known().popularity()[0] == pytest.approx([0, 2 / 3, 1 / 3])
    everyone_alike = np.ones((5, 5))
    assert known().of_similar(everyone_alike, sharpness=3)[1] == pytest.approx([0, 2 / 3, 1 / 3])


def test_the_most_similar_drugs_decide_by_hand():
    likeness = np.eye(5)
    likeness[4, :] = [0.5, -1, 0.25, 0, 1]
    # squares 1/4 for A and 1/16 for B
    assert known().of_similar(likeness, sharpness=2)[4] == pytest.approx([4 / 5, 1 / 5, 0])
    nobody = known().of_similar(np.eye(5), sharpness=1)
    assert (nobody == 0).all()


def test_lines_add_up_and_rare_responders_count_more():
    table = pd.DataFrame({"perturbed": ["x", "x", "y"], "gene": ["g", "g", "h"], "value": [1.0, 1.0, -1.0]})
    rows = signatures(table, ["x", "y"], ["g", "h", "i"])
    assert rows.toarray().tolist() == [[2, 0, 0], [0, -1, 0]]
    weight = informative(rows, sparse.csr_matrix(np.array([[1.0, 0, 0]])))
    assert weight == pytest.approx(np.log([4 / 3, 4 / 2, 4 / 1]))
    with pytest.raises(ValueError, match="no row"):
        signatures(table, ["x"], ["g", "h"])


def test_connectivity_is_signed_and_an_empty_response_has_none():
    drugs = sparse.csr_matrix(np.array([[1.0, 1, 0], [0, 0, 0]]))
    genes = sparse.csr_matrix(np.array([[-1.0, 0, 0], [1, 1, 0]]))
    assert connectivity(drugs, genes) == pytest.approx(np.array([[-np.sqrt(0.5), 1], [0, 0]]))
    # weights 2 and 1: (2, 1) against (-2, 0)
    assert connectivity(drugs, genes, np.array([2.0, 1, 1]))[0, 0] == pytest.approx(-2 / np.sqrt(5))


def test_evidence_goes_to_genes_of_the_same_pathways_by_hand():
    likeness = np.array([[1, 0.5, 0], [0.5, 1, 0], [0, 0, 1]])
    scores = np.array([[3.0, 0, 0]])
    # squares 1 and 1/4 over their sum: 4/5 and 1/5
    passed = shared_pathways(scores, likeness, share=0.5, sharpness=2)
    assert passed == pytest.approx(np.array([[1.5 + 0.5 * 3 * 0.8, 0.5 * 3 * 0.2, 0]]))
    pooled = pooled_over_pathways(scores, likeness)
    assert pooled == pytest.approx(np.array([[3, 1.5, 0]]) / [np.sqrt(1.25), np.sqrt(1.25), 1])


def test_places_of_targets_and_ties_take_the_middle():
    scores = np.array([[5.0, 4, 3, 2, 1], [0, 0, 0, 0, 0]])
    hits = np.array([[1, 0, 0, 1, 0], [0, 1, 0, 0, 0]], dtype=bool)
    first, second = rank_percentiles(scores, hits)
    assert first == pytest.approx([0, 3 / 4])
    assert second == pytest.approx([0.5])
