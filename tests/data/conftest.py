"""Tables of cells in memory, for tests of what they mean."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from xpert.data.table import CellTable

if TYPE_CHECKING:
    from collections.abc import Callable

GENES = ("KLF1", "MYC", "TP53", "GAPDH", "ACTB")


def _table(obs: dict[str, Any], values: Any = None, genes: Any = GENES, **more: Any) -> CellTable:
    """A table of these columns; whole-number values where none are given."""
    import anndata

    cells = len(next(iter(obs.values())))
    if values is None:
        values = np.random.default_rng(0).poisson(3, (cells, len(genes))).astype(np.float32) + 1
    frame = pd.DataFrame(obs, index=[f"cell{i}" for i in range(cells)])
    var = pd.DataFrame(more.get("var", {}), index=pd.Index(genes))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Variable names are not unique")
        adata = anndata.AnnData(values, obs=frame, var=var, uns=more.get("uns", {}))
        return CellTable.from_anndata(adata, name=more.get("name", "file.h5ad"))


@pytest.fixture(scope="session")
def table_of() -> Callable[..., CellTable]:
    """Builds a table: ``table_of({column: values}, matrix, genes, var=…, uns=…, name=…)``."""
    return _table


@pytest.fixture(scope="session")
def shared_table(shared_data) -> Callable[[str], CellTable]:
    """A real table by its path inside the data folder, read without the guard."""
    import anndata

    def read(path: str) -> CellTable:
        return CellTable.from_anndata(anndata.read_h5ad(shared_data / path), name=path.rpartition("/")[2])

    return read
