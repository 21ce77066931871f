"""Maps of the cells that an h5ad file holds: kept where they can be drawn, left out with a reason elsewhere."""

from __future__ import annotations

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest

from xpert.data.read import Limits, read
from xpert.data.table import CellTable
from xpert.errors import InputError

CELLS = 30


@pytest.fixture
def adata():
    rng = np.random.default_rng(0)
    obs = pd.DataFrame(index=[f"c{i}" for i in range(CELLS)])
    var = pd.DataFrame(index=["A", "B"])
    made = anndata.AnnData(np.ones((CELLS, 2), np.float32), obs=obs, var=var)
    made.obsm["X_pca"] = rng.normal(size=(CELLS, 5))
    made.obsm["X_umap"] = rng.normal(size=(CELLS, 2)).astype(np.float32)
    return made


def stored(adata, folder):
    path = folder / "a.h5ad"
    adata.write_h5ad(path)
    return path


def test_the_first_two_columns_of_each_map_are_kept_the_map_to_look_at_first(adata, tmp_path):
    table = read(stored(adata, tmp_path))
    assert list(table.places) == ["X_umap", "X_pca"]
    np.testing.assert_array_equal(table.places["X_umap"], adata.obsm["X_umap"])
    np.testing.assert_allclose(table.places["X_pca"], adata.obsm["X_pca"][:, :2], rtol=1e-6)
    assert table.places["X_pca"].dtype == np.float32
    assert "obsm_left_out" not in table.hints


def test_a_table_in_memory_has_the_same_maps(adata, tmp_path):
    from_memory = CellTable.from_anndata(adata, name="mine").places
    from_file = read(stored(adata, tmp_path)).places
    for name in ("X_umap", "X_pca"):
        np.testing.assert_allclose(from_memory[name], from_file[name], rtol=1e-6)


def test_a_file_without_maps_has_none(adata, tmp_path):
    del adata.obsm["X_umap"], adata.obsm["X_pca"]
    assert read(stored(adata, tmp_path)).places == {}


def test_what_cannot_be_drawn_is_left_out_and_said(adata, tmp_path):
    adata.obsm["holes"] = np.full((CELLS, 2), np.nan)
    adata.obsm["line"] = np.ones((CELLS, 1))
    adata.obsm["table"] = pd.DataFrame({"a": np.ones(CELLS)}, index=adata.obs_names)
    table = read(stored(adata, tmp_path))
    assert list(table.places) == ["X_umap", "X_pca"]
    said = table.hints["obsm_left_out"]
    assert "holes (a value is missing or infinite)" in said
    assert "line (not two columns)" in said
    assert "table (no plain table of numbers)" in said


@pytest.mark.parametrize("rows", [CELLS - 1, CELLS + 1])
def test_a_map_of_other_cells_is_left_out(adata, tmp_path, rows):
    path = stored(adata, tmp_path)
    with h5py.File(path, "a") as file:
        del file["obsm/X_umap"]
        file["obsm/X_umap"] = np.ones((rows, 2))
    table = read(path)
    assert list(table.places) == ["X_pca"]
    assert f"X_umap ({rows} rows for 30 cells)" in table.hints["obsm_left_out"]


def test_text_is_no_map(adata, tmp_path):
    path = stored(adata, tmp_path)
    with h5py.File(path, "a") as file:
        file["obsm/words"] = np.full((CELLS, 2), b"x")
    table = read(path)
    assert "words (no numbers)" in table.hints["obsm_left_out"]


def test_no_more_maps_are_kept_than_allowed(adata, tmp_path):
    table = read(stored(adata, tmp_path), limits=Limits(maps=1))
    assert list(table.places) == ["X_umap"]
    assert "X_pca (1 others are kept)" in table.hints["obsm_left_out"]


def test_a_name_with_a_hidden_character_is_refused(adata, tmp_path):
    path = stored(adata, tmp_path)
    with h5py.File(path, "a") as file:
        file["obsm/X_\u202eumap"] = np.ones((CELLS, 2))
    with pytest.raises(InputError, match="obsm"):
        read(path)


def test_a_link_out_of_the_file_is_refused(adata, tmp_path):
    path = stored(adata, tmp_path)
    with h5py.File(path, "a") as file:
        file["obsm/X_other"] = h5py.ExternalLink("other.h5", "/x")
    with pytest.raises(InputError, match="link"):
        read(path)
