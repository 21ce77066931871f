"""Drugs of the L1000 consensus signatures that share a mechanism."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from xpert.data.collections import file_in
from xpert.evaluation.reference.drugs import consensus_drugs
from xpert.evaluation.tasks.mechanism_retrieval import RetrievalTask, Study, goals

if TYPE_CHECKING:
    from pathlib import Path


def _read(data: Path) -> Study:
    path = file_in(data, "l1000_consensus", "consensi-drugbank.tsv.gz")
    table = pd.read_csv(path, sep="\t", index_col=0)
    return Study.of(consensus_drugs(data, list(table.index)), table.to_numpy(np.float64)[None])


TASK = RetrievalTask(
    "moa_retrieval_l1000",
    "L1000: find the drugs of one's mechanism among 796",
    goals(reference=0.314, aim=0.40),
    _read,
)
