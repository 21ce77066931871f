"""OpenProblems 2023 (NeurIPS): 135 drugs in four types of blood cells, complete, as signed ranks of 6,349 genes.

The source states neither doses nor numbers of cells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from xpert.data.collections import file_in
from xpert.data.readout import Readout
from xpert.data.responses import Condition, Context, Responses
from xpert.perturbation import Modality, Perturbation, Treatment

if TYPE_CHECKING:
    from pathlib import Path

STEPS = 32767  # ranks are stored as whole numbers of −32767 … 32767


def load(folder: Path) -> Responses:
    """Every drug in every cell type."""
    table = pd.read_csv(file_in(folder, "neurips2023", "signatures.csv"))
    with np.load(file_in(folder, "neurips2023", "rank_matrix.npz"), allow_pickle=False) as stored:
        delta, genes = stored["rank"] / np.float32(STEPS), tuple(map(str, stored["genes"]))
    unknown = np.full(len(genes), np.nan)
    return Responses(
        readout=Readout.SIGNED_RANK,
        genes=genes,
        contexts=tuple(
            Context(name, genes, np.zeros(len(genes)), unknown) for name in sorted(set(table["cell_type"]))
        ),
        conditions=tuple(
            Condition(cells, Treatment.of(Perturbation(drug.strip(), Modality.COMPOUND)))
            for cells, drug in zip(table["cell_type"], table["drug"], strict=True)
        ),
        delta=delta.astype(np.float32),
        spread=np.full(delta.shape, np.nan, np.float32),
        cells=np.ones(len(table), dtype=np.int64),
    )
