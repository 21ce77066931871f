"""Signatures of overexpressed and knocked-out genes on the L1000 landmark genes."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from xpert.data.collections import file_in
from xpert.parquet import read_frame

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from xpert.data.genes import GeneNames
    from xpert.data.responses import Floats

FEWEST_OVEREXPRESSED = 10
FEWEST_LINES = 6
LEAST_AGREEMENT = 0.15
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
    profiles: npt.NDArray[np.int64]


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


def knockouts(folder: Path, genes: Sequence[str], length: float, names: GeneNames) -> GeneSignatures:
    """Mean signatures of knocked-out genes over cell lines, scaled to be comparable with consensus z scores.

    The source holds the 20 genes that respond most per knockout and line, as log fold changes, and no modality;
    its ten lines are those of the LINCS CRISPR knockout screens. About a sixth of the rows are landmark genes; a
    landmark gene that is not among the 20 counts as 0. Log fold changes are clipped to ±`LARGEST_FOLD_CHANGE`
    (the source has values near -30), averaged over lines, and each signature is scaled to one length: its
    direction is measured, its size against a consensus z score is not.

    Only knockouts that replicate are kept: those whose signatures from two halves of the lines have a cosine of
    at least `LEAST_AGREEMENT`, after each line's common response is taken off and the gene itself left out.
    Lines that are put together at random reach that in 2.4 % of cases, so that about one in eleven of those
    kept is there by chance.

    Parameters
    ----------
    folder
        Holds the data sets.
    genes
        Approved symbols of the landmark genes.
    length
        Euclidean length that each signature is scaled to.
    names
        Which gene a symbol means.
    """
    table = read_frame(file_in(folder, "l1000_sparse", "genetic_top20degs.parquet"))
    table = table.astype({"names": str, "condition": str, "cell_line": str})
    lines_of = table.groupby("condition")["cell_line"].nunique()
    perturbed = sorted(lines_of.index[lines_of >= FEWEST_LINES])
    by_line = _line_matrices(table, perturbed, genes)
    kept = np.flatnonzero(_agreement(by_line, perturbed, genes) >= LEAST_AGREEMENT)
    mean = by_line[:, kept].mean(axis=0)
    scaled = mean * (length / np.linalg.norm(mean, axis=1, keepdims=True))
    chosen = [perturbed[i] for i in kept]
    symbols = tuple(names.match(name, aliases=False).symbol or name for name in chosen)
    return GeneSignatures(symbols, scaled.astype(np.float32), np.array(lines_of[chosen], dtype=np.int64))


def _line_matrices(table: pd.DataFrame, perturbed: Sequence[str], genes: Sequence[str]) -> Floats:
    """Log fold change of each landmark gene, 0 where it is not listed, shape ``(lines, perturbed, genes)``."""
    lines = sorted(set(table["cell_line"]))
    matrices = np.zeros((len(lines), len(perturbed), len(genes)), dtype=np.float32)
    line = _places(lines, table["cell_line"])
    row = _places(perturbed, table["condition"])
    column = _places(genes, table["names"])
    is_here = (row >= 0) & (column >= 0)
    values = table["logfoldchanges"].clip(-LARGEST_FOLD_CHANGE, LARGEST_FOLD_CHANGE).to_numpy(np.float32)
    matrices[line[is_here], row[is_here], column[is_here]] = values[is_here]
    return matrices


def _places(listed: Sequence[str], wanted: Iterable[str]) -> npt.NDArray[np.intp]:
    """Position of each wanted name, -1 where it is not listed."""
    place = {name: i for i, name in enumerate(listed)}
    return np.array([place.get(name, -1) for name in wanted], dtype=np.intp)


def _agreement(by_line: Floats, perturbed: Sequence[str], genes: Sequence[str]) -> Floats:
    """Cosine of signatures from two halves of the lines, mean over all halvings, shape ``(perturbed,)``."""
    specific = by_line - by_line.mean(axis=1, keepdims=True)
    own = _places(genes, perturbed)
    measured = np.flatnonzero(own >= 0)
    specific[:, measured, own[measured]] = 0
    products = np.einsum("lpg,mpg->plm", specific, specific, optimize=True)
    lines = range(len(by_line))
    halves = [half for half in combinations(lines, len(by_line) // 2) if 0 in half or len(by_line) % 2]
    first = np.array([[line in half for line in lines] for half in halves], dtype=np.float32)
    second = 1 - first
    dots = np.einsum("hl,plm,hm->ph", first, products, second, optimize=True)
    lengths = np.einsum("hl,plm,hm->ph", first, products, first, optimize=True) * np.einsum(
        "hl,plm,hm->ph", second, products, second, optimize=True
    )
    cosines = np.divide(dots, np.sqrt(lengths), out=np.zeros_like(dots), where=lengths > 0)
    return np.asarray(cosines.mean(axis=1))
