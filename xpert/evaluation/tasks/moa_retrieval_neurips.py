"""Drugs of the NeurIPS 2023 screen of blood cells that share a mechanism."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from xpert.data.collections import file_in
from xpert.evaluation.reference.drugs import named_drugs
from xpert.evaluation.tasks.mechanism_retrieval import RetrievalTask, Study, goals

if TYPE_CHECKING:
    from pathlib import Path

STEPS = 32767  # ranks are stored as whole numbers of ±this


def _read(data: Path) -> Study:
    table = pd.read_csv(file_in(data, "neurips2023", "signatures.csv"))
    with np.load(file_in(data, "neurips2023", "rank_matrix.npz"), allow_pickle=False) as stored:
        ranks = stored["rank"].astype(np.float32) / STEPS
    drugs, cells = sorted(table["drug"].unique()), sorted(table["cell_type"].unique())
    responses = np.full((len(cells), len(drugs), ranks.shape[1]), np.nan, dtype=np.float32)
    rows = pd.Index(cells).get_indexer(table["cell_type"]), pd.Index(drugs).get_indexer(table["drug"])
    responses[rows] = ranks
    return Study.of(named_drugs(data, drugs), responses)


TASK = RetrievalTask(
    "moa_retrieval_neurips",
    "NeurIPS 2023 blood cells: find the drugs of one's mechanism among 42",
    goals(reference=0.527, aim=0.58),
    _read,
)
