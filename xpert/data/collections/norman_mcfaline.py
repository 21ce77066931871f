"""Norman 2019 (CRISPRa in K562, singles and doubles) and McFaline-Figueroa 2023 (CRISPRi in three glioma lines).

The file holds ln(1 + normalised counts) of 500 genes. Contexts are named as in the file: the same gene is another
treatment in K562 and in the glioma lines, because its direction differs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from xpert.data.collections import file_in
from xpert.data.open import open_dataset

if TYPE_CHECKING:
    from pathlib import Path

    from xpert.data.dataset import PerturbationDataset
    from xpert.data.responses import Responses


def dataset(folder: Path) -> PerturbationDataset:
    """The cells, as ln(1 + normalised counts)."""
    return open_dataset(file_in(folder, "norman_mcfaline", "norman19_mcfaline23_devel.h5ad"))


def load(folder: Path) -> Responses:
    """Mean shift of 60 conditions on 500 genes: 33 in K562, the same nine in each of three glioma lines."""
    return dataset(folder).responses()
