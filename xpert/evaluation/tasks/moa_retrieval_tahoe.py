"""Drugs of Tahoe-100M that share a mechanism: eleven of three mechanisms, too few to tell contestants apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from xpert.data.collections import load_responses
from xpert.evaluation.reference.drugs import named_drugs
from xpert.evaluation.tasks.mechanism_retrieval import RetrievalTask, Study, goals

if TYPE_CHECKING:
    from pathlib import Path


def _read(data: Path) -> Study:
    learned = load_responses("tahoe", data)
    of_row = pd.Index([c.treatment.targets[0] for c in learned.conditions])
    line_of_row = pd.Index([c.context for c in learned.conditions])
    drugs, lines = sorted(set(of_row)), sorted(set(line_of_row))
    responses = np.full((len(lines), len(drugs), len(learned.genes)), np.nan, dtype=np.float32)
    rows = pd.Index(lines).get_indexer(line_of_row), pd.Index(drugs).get_indexer(of_row)
    responses[rows] = learned.delta
    return Study.of(named_drugs(data, drugs), responses)


TASK = RetrievalTask(
    "moa_retrieval_tahoe",
    "Tahoe-100M: find the drugs of one's mechanism among 11",
    goals(reference=0.909, aim=None),
    _read,
)
