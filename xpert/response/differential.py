"""Which genes differ between treated and control cells, and by how much."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from scipy import sparse

from xpert.data.matrix import dense, is_sparse
from xpert.data.readout import Readout
from xpert.errors import InputError
from xpert.response.moments import Moments, moments, welch
from xpert.response.ranks import rank_sums, z_scores

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from xpert.data.matrix import Cells
    from xpert.data.responses import Floats
    from xpert.response.moments import Integers

Method = Literal["wilcoxon", "welch"]
FEWEST_CELLS = 2
PSEUDOCOUNT = 1e-9


def differential_expression(
    treated: Cells,
    control: Cells,
    genes: Sequence[str],
    *,
    method: Method = "wilcoxon",
    readout: Readout = Readout.LOG1P,
) -> pd.DataFrame:
    """Test every gene between treated and control cells.

    Parameters
    ----------
    treated, control
        Finite values in `readout`, shapes ``(treated cells, genes)`` and ``(control cells, genes)``,
        sparse or dense.
    genes
        Gene names.
    method
        ``wilcoxon``: rank-sum test, corrected for ties, p from the normal approximation (rough below
        about 25 cells a side). ``welch``: t-test without equal variances.
    readout
        Decides how means become a log2 fold change, see `log2_fold_change`.

    Returns
    -------
    One row per gene in the order given: ``gene, log2_fold_change, score, p_value, fdr, mean_treated,
    mean_control, difference``. `score` is z or t, positive where treated cells are higher.

    Raises
    ------
    InputError
        With fewer than two cells on a side, or a value that is not a finite number.
    """
    together = _stack(control, treated)
    labels = np.repeat(["control", "treated"], [control.shape[0], treated.shape[0]])
    table = rank_groups(together, labels, "control", genes, method=method, readout=readout)
    return table.drop(columns="group")


def rank_groups(
    matrix: Cells,
    groups: npt.ArrayLike,
    reference: str,
    genes: Sequence[str],
    *,
    method: Method = "wilcoxon",
    readout: Readout = Readout.LOG1P,
) -> pd.DataFrame:
    """Test every gene of every group against one reference group, all groups at once.

    The statistics are those of scanpy's ``rank_genes_groups`` with this reference (``wilcoxon`` with
    ``tie_correct``, or ``t-test``); one sort per gene serves all groups.

    Parameters
    ----------
    matrix
        Finite values in `readout`, shape ``(cells, genes)``, sparse or dense.
    groups
        Label of each cell, shape ``(cells,)``.
    reference
        The label that the others are compared with.
    genes, method, readout
        As in `differential_expression`.

    Returns
    -------
    The columns of `differential_expression` after ``group``; groups in sorted order, `fdr` within each group
    (Benjamini and Hochberg 1995).
    """
    names, codes = _coded(np.asarray(groups).astype(str), reference)
    _check(matrix, codes, names, genes, method)
    sizes = np.bincount(codes, minlength=len(names))
    stats = moments(matrix, codes, sizes)
    score, p_value = _test(matrix, codes, sizes, stats, method)
    control = np.broadcast_to(stats.mean[0], stats.mean.shape)
    columns = {
        "log2_fold_change": log2_fold_change(stats.mean, control, readout),
        "score": score,
        "p_value": p_value,
        "fdr": benjamini_hochberg(p_value),
        "mean_treated": stats.mean,
        "mean_control": control,
        "difference": stats.mean - control,
    }
    return _table(names, genes, columns)


def log2_fold_change(treated: Floats, control: Floats, readout: Readout) -> Floats:
    """Log2 fold change from two mean values, by the rule of their readout.

    ``log1p``: means are taken back by ``exp(x) - 1`` first, as scanpy does; ``counts`` and ``cp10k``: of the
    means themselves; each with 1e-9 added against division by zero, so that a gene that is absent on
    one side has a very large fold change. ``log2`` and ``log2fc``: the difference. Where the unit knows no
    ratio (``z``, ``signed_rank``, ``scaled``): NaN.
    """
    match readout:
        case Readout.LOG1P:
            treated, control = np.expm1(treated), np.expm1(control)
        case Readout.COUNTS | Readout.CP10K:
            pass
        case Readout.LOG2 | Readout.LOG2FC:
            return treated - control
        case _:
            return np.full(np.broadcast_shapes(treated.shape, control.shape), np.nan)
    return np.log2((treated + PSEUDOCOUNT) / (control + PSEUDOCOUNT))


def benjamini_hochberg(p_values: Floats) -> Floats:
    """False discovery rate at which each test along the last axis becomes significant.

    Source: Benjamini and Hochberg, Journal of the Royal Statistical Society B 57 (1995).
    """
    tests = p_values.shape[-1]
    order = np.argsort(p_values, axis=-1)
    scaled = np.take_along_axis(p_values, order, axis=-1) * tests / np.arange(1, tests + 1)
    from_the_worst = np.minimum.accumulate(scaled[..., ::-1], axis=-1)[..., ::-1]
    fdr = np.empty_like(p_values)
    np.put_along_axis(fdr, order, np.minimum(from_the_worst, 1.0), axis=-1)
    return fdr


def _test(
    matrix: Cells, codes: Integers, sizes: Integers, stats: Moments, method: Method
) -> tuple[Floats, Floats]:
    """Score and p of each group, both ``(groups, genes)``."""
    if method == "welch":
        return welch(stats, sizes)
    from scipy.special import ndtr

    score = z_scores(rank_sums(matrix, codes, sizes), sizes).T
    return score, 2.0 * ndtr(-np.abs(score))


def _coded(labels: npt.NDArray[np.str_], reference: str) -> tuple[list[str], Integers]:
    """Group names with the reference first, and each cell's place among them."""
    found, codes = np.unique(labels, return_inverse=True)
    if reference not in found:
        raise InputError(f"No cell is labelled {reference!r}, so there is nothing to compare with.")
    names = [reference, *(str(name) for name in found if name != reference)]
    place = {name: i for i, name in enumerate(names)}
    return names, np.array([place[str(name)] for name in found], dtype=np.int64)[codes.ravel()]


def _check(matrix: Cells, codes: Integers, names: list[str], genes: Sequence[str], method: str) -> None:
    if method not in {"wilcoxon", "welch"}:
        raise ValueError(f"method is 'wilcoxon' or 'welch', not {method!r}")
    if matrix.shape != (len(codes), len(genes)):
        raise ValueError(f"matrix has shape {matrix.shape}, not ({len(codes)} cells, {len(genes)} genes)")
    if len(names) == 1:
        raise InputError(f"All cells are labelled {names[0]!r}; a comparison needs a second group.")
    if not np.isfinite(matrix.data if is_sparse(matrix) else matrix).all():
        raise InputError("Some expression values are missing or infinite; remove those cells or genes first.")
    sizes = np.bincount(codes, minlength=len(names))
    small = [f"{name} ({size})" for name, size in zip(names, sizes, strict=True) if size < FEWEST_CELLS]
    if small:
        raise InputError(
            f"A test needs at least {FEWEST_CELLS} cells on each side; too few in: {', '.join(small)}."
        )


def _table(names: list[str], genes: Sequence[str], columns: dict[str, Floats]) -> pd.DataFrame:
    """One row per group and gene; each column comes as ``(groups, genes)`` with the reference first."""
    labels = {
        "group": np.repeat(np.asarray(names[1:], dtype=object), len(genes)),
        "gene": np.tile(np.asarray(genes, dtype=object), len(names) - 1),
    }
    return pd.DataFrame(labels | {name: values[1:].ravel() for name, values in columns.items()})


def _stack(control: Cells, treated: Cells) -> Cells:
    if is_sparse(control) and is_sparse(treated):
        return sparse.vstack([control, treated], format="csr")
    return np.concatenate([dense(control), dense(treated)])
