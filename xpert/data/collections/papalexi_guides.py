"""Papalexi 2021 cell by cell with its guides, for questions about single guides."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from xpert.data.collections import file_in

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from xpert.data.responses import Floats

PUREST = 0.8
CONTROL = "non-targeting"


class LabelledCells(NamedTuple):
    """Cells with one guide.

    Attributes
    ----------
    values
        ln(1 + CP10k), shape ``(cells, genes)``.
    genes
        Names of the genes.
    target
        Target of each cell's guide, empty for a non-targeting one.
    guide
        Guide of each cell.
    """

    values: Floats
    genes: tuple[str, ...]
    target: npt.NDArray[np.str_]
    guide: npt.NDArray[np.str_]


def guide_cells(folder: Path) -> LabelledCells:
    """Cells of which one guide makes up more than 80 % of the guide molecules."""
    import anndata

    source = anndata.read_h5ad(file_in(folder, "papalexi", "papalexi2021_thp1_299genes.h5ad"))
    source = source[source.obs["guide_frac"].to_numpy() > PUREST]
    counts = np.asarray(source.X.toarray() if hasattr(source.X, "toarray") else source.X, dtype=float)
    target = source.obs["target"].astype(str).to_numpy(dtype=str)
    return LabelledCells(
        np.log1p(counts / counts.sum(axis=1, keepdims=True) * 1e4),
        tuple(map(str, source.var_names)),
        np.where(target == CONTROL, "", target),
        source.obs["guide"].astype(str).to_numpy(dtype=str),
    )
