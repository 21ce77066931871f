"""Tahoe-100M: pseudobulk signatures of 110 drugs at their top dose in 47 cancer and other cell lines, as signed ranks.

Weak signatures are near noise, so one is kept only where at least `FEWEST_SIGNIFICANT` genes rise significantly. The
source states neither the number of cells behind a signature nor the dose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from xpert.data.collections import file_in
from xpert.data.collections.tahoe_lines import LINEAGE
from xpert.data.readout import Readout
from xpert.data.responses import Condition, Context, Responses
from xpert.perturbation import Modality, Perturbation, Treatment

if TYPE_CHECKING:
    from pathlib import Path

FEWEST_SIGNIFICANT = 20
# Ranks are stored as whole numbers of −127 … 127; this one marks a gene that was not ranked.
STEPS, NOT_RANKED = 127, -128


def load(folder: Path) -> Responses:
    """Every signature that is no noise, on 4,000 genes; NaN where a gene was not ranked."""
    table = pd.read_csv(file_in(folder, "tahoe", "signatures.csv.gz"))
    with np.load(file_in(folder, "tahoe", "rank_matrix_int8_top4000genes.npz"), allow_pickle=False) as stored:
        ranks, genes = stored["rank"], tuple(map(str, stored["genes"]))
    kept = table["n_up_sig"].to_numpy() >= FEWEST_SIGNIFICANT
    table, ranks = table[kept], ranks[kept]
    delta = np.where(ranks == NOT_RANKED, np.nan, ranks / np.float32(STEPS)).astype(np.float32)
    return Responses(
        readout=Readout.SIGNED_RANK,
        genes=genes,
        contexts=tuple(_context(line, genes) for line in sorted(set(table["cell_line"]))),
        conditions=tuple(
            Condition(line, Treatment.of(Perturbation(drug.strip(), Modality.COMPOUND)))
            for line, drug in zip(table["cell_line"], table["drug"], strict=True)
        ),
        delta=delta,
        spread=np.full_like(delta, np.nan),
        cells=np.ones(len(table), dtype=np.int64),
    )


def _context(line: str, genes: tuple[str, ...]) -> Context:
    """A cell line; a rank of changes is 0 in control."""
    unknown = np.full(len(genes), np.nan)
    return Context(line, genes, np.zeros(len(genes)), unknown, covariates={"lineage": LINEAGE[line]})
