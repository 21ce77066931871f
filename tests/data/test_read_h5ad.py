"""Every way in which an h5ad file may hold its matrix and its tables gives the same values."""

from __future__ import annotations

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from xpert.data.read import Limits, read
from xpert.errors import InputError

CELLS, GENES = 40, 7
MATRIX = sparse.random(CELLS, GENES, 0.3, "csr", dtype=np.float32, random_state=0)
MATRIX.data = np.ceil(MATRIX.data * 9)


def _adata(matrix=MATRIX, **columns):
    obs = pd.DataFrame(columns, index=[f"c{i}" for i in range(matrix.shape[0])])
    var = pd.DataFrame(index=[f"G{i}" for i in range(matrix.shape[1])])
    return anndata.AnnData(matrix, obs=obs, var=var)


def _read(adata, folder, *, compression=None, **options):
    adata.write_h5ad(folder / "a.h5ad", compression=compression)
    return read(folder / "a.h5ad", **options)


@pytest.mark.parametrize("compression", [None, "gzip", "lzf"])
@pytest.mark.parametrize(
    "form", [sparse.csr_matrix, sparse.csc_matrix, lambda m: m.toarray()], ids=["csr", "csc", "dense"]
)
def test_every_layout_gives_the_same_values_and_facts(form, compression, tmp_path):
    table = _read(_adata(form(MATRIX)), tmp_path, compression=compression)
    values = table.matrix.toarray() if table.is_sparse else table.matrix
    np.testing.assert_array_equal(values, MATRIX.toarray())
    assert table.matrix.dtype == np.float32
    assert table.gene_names == tuple(f"G{i}" for i in range(GENES))
    assert table.facts.is_integer
    assert (table.facts.minimum, table.facts.maximum) == (0, MATRIX.data.max())
    assert table.facts.nonzero == MATRIX.nnz
    assert table.facts.nonzero_fraction == MATRIX.nnz / (CELLS * GENES)
    np.testing.assert_allclose(table.facts.totals, MATRIX.toarray().sum(axis=1))
    np.testing.assert_array_equal(table.facts.detected, np.diff(MATRIX.indptr))


def test_matrix_is_a_read_only_map_of_files_without_a_name(tmp_path):
    table = _read(_adata(), tmp_path)
    (tmp_path / "a.h5ad").unlink()
    for part in (table.matrix.data, table.matrix.indices):
        assert isinstance(part.base, np.memmap)
        assert not part.flags.writeable
    with pytest.raises(ValueError, match=r"read-only"):
        table.matrix.data[0] = 1
    np.testing.assert_array_equal(table.matrix[3:9].toarray(), MATRIX[3:9].toarray())


def test_chunks_cover_every_cell_once_and_copy_nothing(tmp_path):
    table = _read(_adata(), tmp_path)
    seen = []
    for part, block in table.chunks(cells=17):
        np.testing.assert_array_equal(block.toarray(), MATRIX[part].toarray())
        assert np.shares_memory(block.data, table.matrix.data)
        seen += range(part.start, part.stop)
    assert seen == list(range(CELLS))


def test_columns_keep_their_meaning(tmp_path):
    n = CELLS
    columns = {
        "level": pd.Categorical(["low", "high"] * (n // 2), categories=["low", "high"], ordered=True),
        "gap": pd.Categorical(["a", None] * (n // 2)),
        "dose": np.linspace(0, 1, n),
        "count": np.arange(n),
        "flag": [True, False] * (n // 2),
        "maybe": pd.array([1, None] * (n // 2), dtype="Int64"),
        "perhaps": pd.array([True, None] * (n // 2), dtype="boolean"),
        "note": [f"text φ {i}" for i in range(n)],
        "grade": pd.Categorical([0.5, 1.5] * (n // 2)),
    }
    obs = _read(_adata(**columns), tmp_path).obs
    assert list(obs) == list(columns)
    assert obs["level"].cat.ordered
    assert list(obs["level"].cat.categories) == ["low", "high"]
    assert obs["gap"].isna().sum() == n / 2
    assert obs["dose"].dtype == np.float64
    assert obs["count"].tolist() == list(range(n))
    assert obs["flag"].dtype == np.bool_
    assert obs["maybe"].dtype == "Int64"
    assert obs["maybe"].isna().sum() == n / 2
    assert obs["perhaps"].dtype == "boolean"
    assert obs["note"][3] == "text φ 3"
    assert obs["grade"].tolist() == [0.5, 1.5] * (n // 2)


def test_nullable_text_of_newer_writers_is_read(tmp_path):
    with anndata.settings.override(allow_write_nullable_strings=True):
        table = _read(_adata(note=pd.array(["a", None] * (CELLS // 2), dtype="string")), tmp_path)
    assert table.obs["note"][0] == "a"
    assert table.obs["note"].isna().sum() == CELLS / 2


def test_layers_and_raw_can_be_chosen_and_are_listed(tmp_path):
    adata = _adata()
    adata.raw = _adata(sparse.hstack([MATRIX, MATRIX]).tocsr() * 2)
    adata.layers["counts"] = MATRIX * 3
    adata.uns["log1p"] = {"base": 2.0}
    table = _read(adata, tmp_path)
    assert table.layers == ("X", "raw", "counts")
    assert "base 2" in table.hints["log1p"]
    assert read(tmp_path / "a.h5ad", layer="raw").shape == (CELLS, 2 * GENES)
    counts = read(tmp_path / "a.h5ad", layer="counts")
    assert counts.layer == "counts"
    np.testing.assert_array_equal(counts.matrix.toarray(), 3 * MATRIX.toarray())
    with pytest.raises(InputError, match=r"no layer 'spliced'.*'counts'"):
        read(tmp_path / "a.h5ad", layer="spliced")


def test_column_that_is_no_table_column_is_left_out_and_said(tmp_path):
    _adata(dose=np.arange(CELLS)).write_h5ad(tmp_path / "a.h5ad")
    with h5py.File(tmp_path / "a.h5ad", "r+") as file:
        del file["obs/dose"]
        file["obs/dose"] = np.zeros((CELLS, 3))
    table = read(tmp_path / "a.h5ad")
    assert list(table.obs) == []
    assert "'dose (not one value per row" in table.hints["obs_left_out"]


def test_hash_is_that_of_the_file_and_name_can_be_given(tmp_path):
    import hashlib

    table = _read(_adata(), tmp_path, name="upload.h5ad")
    assert table.sha256 == hashlib.sha256((tmp_path / "a.h5ad").read_bytes()).hexdigest()
    assert (table.name, table.format, table.layer) == ("upload.h5ad", "h5ad", "X")


def test_further_table_of_cells_is_joined_by_name(tmp_path):
    (tmp_path / "cells.csv").write_text("name,guide\nc5,KLF1\nc0,MYC\nother,TP53\n")
    table = _read(_adata(), tmp_path, obs=tmp_path / "cells.csv")
    assert table.obs["guide"].dropna().to_dict() == {"c0": "MYC", "c5": "KLF1"}
    assert "38 of 40 cells" in table.hints["obs"]
    (tmp_path / "cells.csv").write_text("name,guide\nx5,KLF1\n")
    with pytest.raises(InputError, match=r"describes none of the cells.*'c0', 'c1'.*'x5'"):
        read(tmp_path / "a.h5ad", obs=tmp_path / "cells.csv")


def test_progress_is_told_up_to_the_end(tmp_path):
    shares = []
    wide = sparse.random(60_000, 60, 0.6, "csr", dtype=np.float32, random_state=1)
    _read(_adata(wide), tmp_path, progress=shares.append)
    assert shares == sorted(shares)
    assert all(0 <= share <= 1 for share in shares)


def test_limits_on_cells_genes_and_columns_are_kept(tmp_path):
    _adata(a=1, b=2).write_h5ad(tmp_path / "a.h5ad")
    for limits, words in (
        (Limits(cells=39), "names 40 cells; at most 39"),
        (Limits(genes=6), "names 7 genes; at most 6"),
        (Limits(columns=1), "has 2 columns; at most 1"),
        (Limits(disk=100), "more than 100 bytes of temporary disk space"),
    ):
        with pytest.raises(InputError, match=words):
            read(tmp_path / "a.h5ad", limits=limits)


def test_very_sparse_dense_matrix_is_no_bomb(tmp_path):
    """0.5 % of a matrix that is larger than the size up to which its compression does not matter."""
    dense = np.zeros((20_000, 900), np.float32)
    places = np.random.default_rng(0).choice(dense.size, dense.size // 200, replace=False)
    dense.flat[places] = 1 + places % 5
    table = _read(_adata(dense), tmp_path, compression="gzip")
    assert table.facts.nonzero == len(places)
    with h5py.File(tmp_path / "a.h5ad") as file:
        assert dense.nbytes / file["X"].id.get_storage_size() > 150


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "shape", "is_integer"),
    [
        ("norman_mcfaline/norman19_mcfaline23_devel", (5961, 500), False),
        ("papalexi/papalexi2021_thp1_299genes", (20729, 299), True),
        ("tggates/tggates_human_hepatocyte_196genes", (2382, 196), False),
        ("l1000_wells/prnet_demo_lincs_681x978", (681, 978), False),
    ],
)
def test_real_files_are_read_as_anndata_reads_them(name, shape, is_integer, shared_data):
    path = shared_data / f"{name}.h5ad"
    table, reference = read(path), anndata.read_h5ad(path)
    assert table.shape == shape
    assert table.facts.is_integer == is_integer
    np.testing.assert_array_equal(table.obs.index, reference.obs_names)
    np.testing.assert_array_equal(table.gene_names, reference.var_names)
    ours, theirs = (m.toarray() if sparse.issparse(m) else m for m in (table.matrix, reference.X))
    np.testing.assert_array_equal(ours, theirs.astype(np.float32))
    assert list(table.obs) == list(reference.obs)
    for column in reference.obs:
        left, right = table.obs[column], reference.obs[column]
        if right.dtype == "category":
            left, right = left.astype(object), right.astype(object)
        np.testing.assert_array_equal(left.isna(), right.isna())
        np.testing.assert_array_equal(left.dropna(), right.dropna())


@pytest.mark.data
def test_rows_of_a_map_are_read_without_the_rest(shared_data):
    """Only the pages of the wanted cells come into memory."""
    table = read(shared_data / "papalexi" / "papalexi2021_thp1_299genes.h5ad")
    whole = table.matrix.data.nbytes + table.matrix.indices.nbytes
    rows = table.matrix[1000:1010]
    assert rows.data.nbytes + rows.indices.nbytes < whole / 500
    assert not isinstance(rows.data, np.memmap)
