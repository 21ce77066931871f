"""A table in memory meets the same conditions as one from a file."""

from __future__ import annotations

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from xpert.data.table import CellTable
from xpert.errors import InputError


def _adata(matrix):
    return anndata.AnnData(
        matrix,
        obs=pd.DataFrame({"drug": ["x", "y", "x"]}, index=["a", "b", "c"]),
        var=pd.DataFrame(index=["TP53", "MYC"]),
    )


@pytest.mark.parametrize(
    "form", [np.asarray, sparse.csr_matrix, sparse.csc_matrix], ids=["dense", "csr", "csc"]
)
def test_anndata_goes_in_and_comes_out(form):
    values = np.array([[1.0, 0], [0, 2.5], [-3, 0]])
    adata = _adata(form(values))
    adata.uns["log1p"] = {}
    table = CellTable.from_anndata(adata, name="mine")
    assert table.shape == (3, 2)
    assert (table.name, table.format, table.layer) == ("mine", "memory", "X")
    assert "log1p" in table.hints
    assert (table.facts.minimum, table.facts.maximum, table.facts.is_integer) == (-3, 2.5, False)
    assert table.facts.has_negative
    assert table.facts.has_zero
    back = table.to_anndata()
    got = back.X.toarray() if sparse.issparse(back.X) else back.X
    np.testing.assert_array_equal(got, values)
    assert back.obs["drug"].tolist() == ["x", "y", "x"]


def test_source_is_not_changed_and_not_shared():
    adata = _adata(sparse.csr_matrix(np.array([[1.0, 0], [0, 2], [3, 0]])))
    table = CellTable.from_anndata(adata, name="mine")
    table.matrix.data[:] = 0
    assert adata.X.data.tolist() == [1, 2, 3]


def test_other_layers_are_chosen_by_name():
    adata = _adata(np.ones((3, 2)))
    adata.layers["counts"] = np.full((3, 2), 4)
    adata.raw = adata
    table = CellTable.from_anndata(adata, name="mine", layer="counts")
    assert table.layers == ("X", "raw", "counts")
    assert table.matrix.dtype == np.int32
    with pytest.raises(InputError, match=r"no layer 'spliced'"):
        CellTable.from_anndata(adata, name="mine", layer="spliced")


def test_values_that_are_not_finite_are_refused_with_their_place():
    with pytest.raises(InputError, match=r"1 values that are missing .*nan at cell 'b', gene 'MYC'"):
        CellTable.from_anndata(_adata(np.array([[1.0, 0], [0, np.nan], [3, 0]])), name="mine")
    with pytest.raises(InputError, match=r"complex"):
        CellTable.from_anndata(_adata(np.ones((3, 2), complex)), name="mine")


def test_same_values_have_the_same_hash_and_others_another():
    one, two = (
        CellTable.from_anndata(_adata(np.full((3, 2), v)), name=n) for v, n in ((1.0, "p"), (1.0, "q"))
    )
    assert one.sha256 == two.sha256
    assert CellTable.from_anndata(_adata(np.full((3, 2), 2.0)), name="p").sha256 != one.sha256


def test_parts_that_do_not_fit_are_a_programming_error():
    table = CellTable.from_anndata(_adata(np.ones((3, 2))), name="mine")
    from dataclasses import replace

    with pytest.raises(ValueError, match=r"3 cells and 1 genes"):
        replace(table, var=table.var[:1])
    with pytest.raises(ValueError, match=r"two cells have one name"):
        replace(table, obs=table.obs.set_axis(["a", "a", "b"]))


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix], ids=["dense", "csr"])
def test_chunks_are_the_matrix_in_order(form):
    values = np.arange(6.0).reshape(3, 2)
    table = CellTable.from_anndata(_adata(form(values)), name="mine")
    blocks = [b.toarray() if table.is_sparse else b for _, b in table.chunks(cells=2)]
    assert [len(b) for b in blocks] == [2, 1]
    np.testing.assert_array_equal(np.vstack(blocks), values)
