"""Signatures of overexpressed and knocked-out genes on the L1000 landmark genes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from xpert.data.collections import file_in

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from xpert.data.genes import GeneNames
    from xpert.data.responses import Floats

FEWEST_OVEREXPRESSED = 10
LARGEST_FOLD_CHANGE = 3.0


class GeneSignatures(NamedTuple):
    """Signatures of perturbed genes, one row a gene.

    Attributes
    ----------
    names
        Approved symbol of each perturbed gene.
    values
        Shape ``(perturbed genes, landmark genes)``.
    profiles
        Signatures or lines behind each row, shape ``(perturbed genes,)``.
    """

    names: tuple[str, ...]
    values: Floats
    profiles: np.ndarray


def overexpression(folder: Path, entrez: Sequence[str], names: GeneNames) -> GeneSignatures:
    """Consensus z scores of overexpressed genes.

    The source lists a gene only where it is significant after correction (|z| above about 4). A landmark gene
    that is not listed was measured and lies between; it is set to 0, the middle of that range. Perturbed genes
    with fewer than `FEWEST_OVEREXPRESSED` listed landmark genes are left out: too little of their signature shows.
    """
    table = pd.read_csv(file_in(folder, "l1000_consensus", "dysreg-overexpression.tsv"), sep="\t", dtype=str)
    table = table[table["status"].eq("measured") & table["entrez_gene_id"].isin(entrez)]
    listed = table.groupby("perturbagen")["entrez_gene_id"].transform("size")
    table = table[listed >= FEWEST_OVEREXPRESSED]
    table = table.assign(symbol=table["perturbagen"].map(names.resolve)).dropna(subset=["symbol"])
    matrix = table.assign(z=table["z_score"].astype(float)).pivot_table(
        index="symbol", columns="entrez_gene_id", values="z", aggfunc="mean", fill_value=0.0
    )
    matrix = matrix.reindex(columns=list(entrez), fill_value=0.0)
    profiles = _overexpression_profiles(folder, names).reindex(matrix.index).fillna(1).clip(lower=1)
    return GeneSignatures(
        tuple(map(str, matrix.index)), matrix.to_numpy(np.float32), profiles.to_numpy(np.int64)
    )


def _overexpression_profiles(folder: Path, names: GeneNames) -> pd.Series:
    """Signatures that LINCS holds of each overexpressed gene."""
    table = pd.read_csv(file_in(folder, "l1000_consensus", "pertinfo.tsv.gz"), sep="\t", low_memory=False)
    table = table[table["pert_type"].eq("trt_oe")]
    symbols = table["pert_iname"].map(lambda name: names.match(str(name), aliases=False).symbol)
    return table.groupby(symbols)["num_sig"].sum()
