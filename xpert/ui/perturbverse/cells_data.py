"""What is said of the reader's cells: the labels and the expression of each, and tables of those that are selected."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from xpert.ui import session
from xpert.ui.progress import told
from xpert.ui.text import escaped

if TYPE_CHECKING:
    import numpy.typing as npt

    from xpert.data.dataset import PerturbationDataset
    from xpert.data.responses import Floats
    from xpert.ui.upload import Upload


@dataclass(frozen=True, eq=False)
class Labels:
    """Treatment and context of each cell, as numbers."""

    dataset: PerturbationDataset

    @cached_property
    def treatments(self) -> tuple[str, ...]:
        """Each once, in order of appearance."""
        return tuple(dict.fromkeys(str(group.treatment) for group in self.dataset.groups))

    @cached_property
    def contexts(self) -> tuple[str, ...]:
        """Each once."""
        return self.dataset.contexts

    @cached_property
    def treatment_codes(self) -> npt.NDArray[np.int64]:
        """Index into `treatments` per cell, -1 for a cell that is in no group."""
        return self._codes([self.treatments.index(str(group.treatment)) for group in self.dataset.groups])

    @cached_property
    def context_codes(self) -> npt.NDArray[np.int64]:
        """Index into `contexts` per cell, -1 for a cell that is in no group."""
        return self._codes([self.contexts.index(group.context) for group in self.dataset.groups])

    def _codes(self, of_group: list[int]) -> npt.NDArray[np.int64]:
        return np.array([*of_group, -1], dtype=np.int64)[self.dataset.group_codes]


def expression(dataset: PerturbationDataset, gene: str) -> Floats:
    """One gene in every cell, shape ``(cells,)``."""
    kept = session.current().computed
    key = ("expression", gene)
    if key not in kept:
        column = dataset.genes.index(gene)
        values = np.empty(dataset.table.shape[0], dtype=np.float32)
        with told(f"Reading {escaped(gene)} in every cell") as tell:
            for part, block in dataset.chunks():
                picked = block[:, [column]]
                values[part] = np.asarray(picked.todense() if hasattr(picked, "todense") else picked).ravel()
                tell(part.stop / len(values))
        kept[key] = values
    found: Floats = kept[key]
    return found


def treatment_counts(labels: Labels, chosen: npt.NDArray[np.bool_]) -> pd.DataFrame:
    """Selected cells of each treatment: ``treatment, cells, share, times``, the most over-represented first."""
    codes = labels.treatment_codes
    everyone = np.bincount(codes[codes >= 0], minlength=len(labels.treatments))
    here = np.bincount(codes[chosen & (codes >= 0)], minlength=len(labels.treatments))
    expected = everyone * (here.sum() / max(everyone.sum(), 1))
    table = pd.DataFrame(
        {
            "treatment": labels.treatments,
            "cells": here,
            "share": here / np.maximum(everyone, 1),
            "times": np.divide(here, expected, out=np.zeros(len(here)), where=expected > 0),
        }
    )
    return table[table["cells"] > 0].sort_values(["times", "cells"], ascending=False, ignore_index=True)


def cell_ids(upload: Upload, labels: Labels, chosen: npt.NDArray[np.bool_], name: str) -> pd.DataFrame:
    """The selected cells by their names in the file, with treatment, context and place."""
    rows = np.flatnonzero(chosen)
    place = upload.table.places[name][rows]
    treatments, contexts = (
        np.array([*names, ""], dtype=object) for names in (labels.treatments, labels.contexts)
    )
    return pd.DataFrame(
        {
            "cell": upload.table.obs.index[rows],
            "treatment": treatments[labels.treatment_codes[rows]],
            "context": contexts[labels.context_codes[rows]],
            f"{name} 1": place[:, 0],
            f"{name} 2": place[:, 1],
        }
    )
