"""Differential expression gives scanpy's and scipy's numbers, and refuses what cannot be tested."""

import warnings

import numpy as np
import pytest
from scipy import sparse, stats

from xpert.data.readout import Readout
from xpert.errors import InputError
from xpert.response.differential import (
    benjamini_hochberg,
    differential_expression,
    log2_fold_change,
    rank_groups,
)

METHODS = {"wilcoxon": {"method": "wilcoxon", "tie_correct": True}, "welch": {"method": "t-test"}}


@pytest.fixture(scope="module")
def cells():
    """Log1p counts of four unequal groups with ties, a silent gene and a gene of one group only."""
    rng = np.random.default_rng(5)
    groups = np.array(["control"] * 90 + ["a"] * 60 + ["b"] * 35 + ["c"] * 7)
    rng.shuffle(groups)
    rate = rng.gamma(0.6, 2.0, size=30)
    counts = rng.poisson(rate * rng.uniform(0.5, 2.0, size=(len(groups), 1))).astype(float)
    counts[groups == "a", 3] += 4
    counts[:, 7] = 0
    counts[:, 8] = np.where(groups == "b", counts[:, 8] + 1, 0)
    return sparse.csr_matrix(np.log1p(counts)), groups, [f"G{i}" for i in range(30)]


def scanpy_table(matrix, groups, genes, method, **options):
    import anndata as ad
    import scanpy as sc

    data = ad.AnnData(sparse.csr_matrix(matrix))
    data.obs["group"] = groups
    data.obs["group"] = data.obs["group"].astype("category")
    data.var_names = genes
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sc.tl.rank_genes_groups(data, "group", reference="control", method=method, **options)
        return sc.get.rank_genes_groups_df(data, None)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "form", [sparse.csr_matrix, sparse.csc_matrix, sparse.csr_array, sparse.csr_matrix.toarray]
)
def test_every_number_is_that_of_scanpy(cells, method, form):
    matrix, groups, genes = cells
    ours = rank_groups(form(matrix), groups, "control", genes, method=method).set_index(["group", "gene"])
    theirs = (
        scanpy_table(matrix, groups, genes, **METHODS[method]).set_index(["group", "names"]).loc[ours.index]
    )

    np.testing.assert_allclose(ours["score"], theirs["scores"], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(ours["p_value"], theirs["pvals"], rtol=1e-5, atol=1e-12)
    np.testing.assert_allclose(ours["fdr"], theirs["pvals_adj"], rtol=1e-5, atol=1e-12)
    np.testing.assert_allclose(ours["log2_fold_change"], theirs["logfoldchanges"], rtol=1e-4, atol=1e-4)


@pytest.mark.data
@pytest.mark.parametrize("method", METHODS)
def test_scores_on_real_cells_are_those_of_scanpy(shared_data, method):
    import anndata as ad

    data = ad.read_h5ad(shared_data / "norman_mcfaline" / "norman19_mcfaline23_devel.h5ad")
    data = data[data.obs["cell_type"] == "k562"]
    groups = data.obs["condition"].astype(str).to_numpy()
    genes = list(data.var_names)
    ours = rank_groups(data.X, groups, "control", genes, method=method).set_index(["group", "gene"])
    theirs = (
        scanpy_table(data.X, groups, genes, **METHODS[method]).set_index(["group", "names"]).loc[ours.index]
    )

    np.testing.assert_allclose(ours["score"], theirs["scores"], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix])
def test_negative_values_are_ranked_like_any_other(form):
    rng = np.random.default_rng(1)
    treated = rng.normal(size=(30, 12)).round(1)
    control = rng.normal(0.2, 1.0, size=(40, 12)).round(1)
    treated[:, 0], control[:, 0] = -1.0, -1.0
    genes = [f"G{i}" for i in range(12)]
    table = differential_expression(form(treated), form(control), genes, readout=Readout.SCALED)
    exact = stats.mannwhitneyu(treated, control, use_continuity=False, method="asymptotic")

    np.testing.assert_allclose(table["p_value"][1:], exact.pvalue[1:], rtol=1e-10)
    assert table["score"][0] == 0
    assert table["p_value"][0] == 1


def test_welch_is_scipys_t_test_also_far_from_zero():
    rng = np.random.default_rng(2)
    treated, control = rng.normal(1e6, 1.0, size=(15, 8)), rng.normal(1e6, 2.0, size=(22, 8))
    table = differential_expression(
        treated, control, [f"G{i}" for i in range(8)], method="welch", readout=Readout.LOG2
    )
    expected = stats.ttest_ind(treated, control, equal_var=False)

    np.testing.assert_allclose(table["score"], expected.statistic, rtol=1e-6)
    np.testing.assert_allclose(table["p_value"], expected.pvalue, rtol=1e-6)


def test_stored_zeros_and_repeated_entries_count_as_what_they_add_up_to(cells):
    matrix, groups, genes = cells
    coo = matrix.tocoo()
    halves = sparse.csr_matrix(
        (
            np.concatenate([coo.data / 2, coo.data / 2, [0.0]]),
            (np.concatenate([coo.row, coo.row, [0]]), np.concatenate([coo.col, coo.col, [7]])),
        ),
        shape=matrix.shape,
    )
    duplicated = sparse.csr_matrix(
        (np.repeat(matrix.data / 2, 2), np.repeat(matrix.indices, 2), matrix.indptr * 2), shape=matrix.shape
    )
    expected = rank_groups(matrix, groups, "control", genes)
    for other in (halves, duplicated):
        np.testing.assert_allclose(
            rank_groups(other, groups, "control", genes)["score"], expected["score"], atol=1e-9
        )


def test_the_input_is_left_as_it_was(cells):
    matrix, groups, genes = cells
    duplicated = sparse.csc_matrix(matrix)
    duplicated = sparse.csc_matrix(
        (np.repeat(duplicated.data, 2), np.repeat(duplicated.indices, 2), duplicated.indptr * 2),
        shape=matrix.shape,
    )
    stored = duplicated.nnz
    rank_groups(duplicated, groups, "control", genes)
    assert duplicated.nnz == stored


def test_one_group_alone_gives_what_it_gives_among_many(cells):
    matrix, groups, genes = cells
    together = rank_groups(matrix, groups, "control", genes)
    alone = differential_expression(matrix[groups == "b"], matrix[groups == "control"], genes)
    together = together[together["group"] == "b"].drop(columns="group").reset_index(drop=True)

    np.testing.assert_allclose(alone.drop(columns="gene"), together.drop(columns="gene"), atol=1e-12)


def test_the_sign_of_a_score_is_positive_where_treated_cells_are_higher(cells):
    matrix, groups, genes = cells
    table = rank_groups(matrix, groups, "control", genes).set_index(["group", "gene"])
    assert table.loc[("a", "G3"), "score"] > 5
    assert table.loc[("a", "G3"), "difference"] > 0


def test_false_discovery_rate_is_that_of_scipy():
    p = np.random.default_rng(0).uniform(size=(3, 50)) ** 2
    np.testing.assert_allclose(benjamini_hochberg(p), stats.false_discovery_control(p, axis=-1))


def test_a_unit_without_ratios_has_no_fold_change():
    assert np.isnan(log2_fold_change(np.ones(2), np.zeros(2), Readout.Z)).all()
    assert log2_fold_change(np.array([3.0]), np.array([1.0]), Readout.LOG2) == 2.0
    assert log2_fold_change(np.array([8.0]), np.array([2.0]), Readout.COUNTS) == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("matrix", "groups", "said"),
    [
        (np.ones((3, 2)), ["control", "control", "a"], r"at least 2 cells.*a \(1\)"),
        (np.ones((3, 2)), ["x", "x", "a"], "No cell is labelled 'control'"),
        (np.ones((2, 2)), ["control", "control"], "second group"),
        (np.full((4, 2), np.nan), ["control", "control", "a", "a"], "missing or infinite"),
    ],
)
def test_what_cannot_be_tested_is_refused_in_words(matrix, groups, said):
    with pytest.raises(InputError, match=said):
        rank_groups(matrix, groups, "control", ["G0", "G1"])
