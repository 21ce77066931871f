"""Papalexi 2021: knockouts of 25 genes in stimulated THP-1 cells, 299 genes, counts.

Cells whose guide makes up 80 % or less of their guide molecules may carry a second guide and are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from xpert.data.collections import file_in
from xpert.data.open import open_dataset

if TYPE_CHECKING:
    from pathlib import Path

    from xpert.data.dataset import PerturbationDataset
    from xpert.data.responses import Responses

MAPPING = {"modality": "ko", "minimum_purity": "0.8"}


def dataset(folder: Path) -> PerturbationDataset:
    """The cells, as ln(1 + CP10k)."""
    return open_dataset(file_in(folder, "papalexi", "papalexi2021_thp1_299genes.h5ad"), mapping=MAPPING)


def load(folder: Path) -> Responses:
    """Mean shift of 25 knockouts."""
    return dataset(folder).responses()
