"""Norman 2019 (CRISPRa in K562, singles and doubles) and McFaline-Figueroa 2023 (CRISPRi in three glioma lines).

The file holds ln(1 + normalised counts) of 500 genes. Contexts are named as in the file: the same gene is another
treatment in K562 and in the glioma lines, because its direction differs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from xpert.data.collections import file_in
from xpert.data.readout import Readout
from xpert.data.responses import Condition, Context, Responses
from xpert.perturbation import Modality, Perturbation, Treatment

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from scipy import sparse

    from xpert.data.responses import Floats

CONTROL_LABEL = "control"


def load(folder: Path) -> Responses:
    """Mean shift of 60 conditions on 500 genes: 33 in K562, the same nine in each of three glioma lines."""
    import anndata

    data = anndata.read_h5ad(file_in(folder, "norman_mcfaline", "norman19_mcfaline23_devel.h5ad"))
    genes = tuple(map(str, data.var_names))
    groups = _groups(data.obs)
    moments = {key: _moments(data.X[rows]) for key, rows in groups.items()}
    contexts = {
        name: Context(name, genes, *moments[name, CONTROL_LABEL], cells=len(groups[name, CONTROL_LABEL]))
        for name in sorted({context for context, _ in groups})
    }
    treated = {
        key: _condition(key, data.obs.iloc[rows[0]])
        for key, rows in groups.items()
        if key[1] != CONTROL_LABEL
    }
    order = sorted(treated, key=lambda key: (key[0], str(treated[key].treatment)))
    return Responses(
        readout=Readout.LOG1P,
        genes=genes,
        contexts=tuple(contexts.values()),
        conditions=tuple(treated[key] for key in order),
        delta=np.array([moments[key][0] - contexts[key[0]].control for key in order], dtype=np.float32),
        spread=np.array([moments[key][1] for key in order], dtype=np.float32),
        cells=np.array([len(groups[key]) for key in order], dtype=np.int64),
    )


def _groups(obs: pd.DataFrame) -> dict[tuple[str, str], list[int]]:
    """Rows of each context and label."""
    rows: dict[tuple[str, str], list[int]] = {}
    for row, key in enumerate(zip(obs["cell_type"].astype(str), obs["condition"].astype(str), strict=True)):
        rows.setdefault(key, []).append(row)
    return rows


def _moments(cells: sparse.csr_matrix) -> tuple[Floats, Floats]:
    """Mean and standard deviation of each gene."""
    values = np.asarray(cells.toarray(), dtype=np.float64)
    return values.mean(axis=0), values.std(axis=0, ddof=1)


def _condition(key: tuple[str, str], cell: pd.Series) -> Condition:
    context, label = key
    modality = Modality.of(str(cell["perturbation_type"]))
    return Condition(context, Treatment.of(*(Perturbation(gene, modality) for gene in label.split("+"))))
