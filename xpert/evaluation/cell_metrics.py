"""How well predicted cells agree with measured ones: significant genes, fold changes, and the distance of two clouds of cells.

The gene-wise scores compare two differential-expression tests, predicted cells against control and measured cells
against control; with cells that vary too little nearly every gene is significant, so that they judge the
spread of predicted cells as well as their mean. Formulas are those of ``cell-eval`` and ``cell-eval2`` (Arc
Institute), in which "significant" means a false discovery rate below 5 %.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from xpert.data.responses import Floats

FDR = 0.05
FEWEST_GENES = 10
PURITY = 0.9


@dataclass(frozen=True, eq=False)
class Significance:
    """A differential-expression test of one treatment; gene for gene the same order as the one it is compared with.

    Attributes
    ----------
    log2_fold_change
        Treated against control, shape ``(genes,)``.
    fdr
        False discovery rate, shape ``(genes,)``.
    """

    log2_fold_change: Floats
    fdr: Floats

    def __post_init__(self) -> None:
        if self.log2_fold_change.shape != self.fdr.shape or self.fdr.ndim != 1:
            raise ValueError("fold changes and false discovery rates are not one per gene")

    @classmethod
    def of(cls, table: pd.DataFrame) -> Self:
        """From the table of `xpert.response.differential.differential_expression`."""
        return cls(table["log2_fold_change"].to_numpy(np.float64), table["fdr"].to_numpy(np.float64))

    @property
    def is_significant(self) -> npt.NDArray[np.bool_]:
        """Genes below the false discovery rate, shape ``(genes,)``."""
        return np.asarray(self.fdr < FDR)

    @property
    def ranked(self) -> npt.NDArray[np.intp]:
        """The significant genes, the largest absolute fold change first."""
        found = np.flatnonzero(self.is_significant)
        return found[np.argsort(-np.abs(self.log2_fold_change[found]), kind="stable")]


def significant_overlap(predicted: Significance, observed: Significance, *, top: int | None = None) -> float:
    """Share of the `top` measured genes by fold change that are among the prediction's `top`, 0 to 1.

    `top` is at most, and by default, the number of genes that are significant in the measured cells; 0 where there
    are none. The "differential expression score" of the Virtual Cell Challenge 2025.
    """
    most = len(observed.ranked)
    count = most if top is None else min(top, most)
    return _shared(predicted.ranked[:count], observed.ranked[:count], count)


def significant_precision(
    predicted: Significance, observed: Significance, *, top: int | None = None
) -> float:
    """As `significant_overlap`, with `top` bounded by the prediction's significant genes."""
    most = len(predicted.ranked)
    count = most if top is None else min(top, most)
    return _shared(predicted.ranked[:count], observed.ranked[:count], count)


def significant_recall(predicted: Significance, observed: Significance) -> float:
    """Share of the truly significant genes that are significant in the predicted cells; NaN where there are none."""
    truth = observed.is_significant
    return float(predicted.is_significant[truth].mean()) if truth.any() else np.nan


def significant_jaccard(predicted: Significance, observed: Significance) -> float:
    """Genes significant in both over genes significant in either, 0 to 1; two empty sets agree."""
    either = predicted.is_significant | observed.is_significant
    both = predicted.is_significant & observed.is_significant
    return float(both.sum() / either.sum()) if either.any() else 1.0


def significant_ratio(predicted: Significance, observed: Significance) -> float:
    """Significant genes of the prediction over those of the truth; NaN where the truth has none."""
    truth = observed.is_significant.sum()
    return float(predicted.is_significant.sum() / truth) if truth else np.nan


def direction_match(predicted: Significance, observed: Significance) -> float:
    """Share of the truly significant genes whose fold change has the right sign; NaN where there are none."""
    truth = observed.is_significant
    return float(_same_sign(predicted, observed)[truth].mean()) if truth.any() else np.nan


def direction_yield(predicted: Significance, observed: Significance) -> float:
    """Genes called significant with the right sign, over the larger number of significant genes, 0 to 1.

    ``direction_fidelity_yield`` of cell-eval2: calling everything significant does not pay. NaN where neither
    side has a significant gene.
    """
    most = max(predicted.is_significant.sum(), observed.is_significant.sum())
    right = predicted.is_significant & _same_sign(predicted, observed)
    return float(right.sum() / most) if most else np.nan


def direction_reach(predicted: Significance, observed: Significance) -> float:
    """How far down the prediction's own order its signs can be trusted, 0 to 1.

    The truly significant genes are put in the order of the prediction's confidence (false discovery rate, then
    fold change); the deepest prefix of which at least 90 % have the right sign, over their number. NaN where
    there are none. ``direction_reach`` of cell-eval2.
    """
    truth = np.flatnonzero(observed.is_significant)
    if not len(truth):
        return np.nan
    order = np.lexsort((-np.abs(predicted.log2_fold_change[truth]), predicted.fdr[truth]))
    right = _same_sign(predicted, observed)[truth][order]
    purity = np.cumsum(right) / np.arange(1, len(right) + 1)
    deep = np.flatnonzero(purity >= PURITY)
    return float((deep[-1] + 1) / len(right)) if len(deep) else 0.0


def fold_change_error(predicted: Significance, observed: Significance) -> float:
    """Absolute error of the fold changes of truly significant genes over their size; 1 for no change at all.

    NaN with fewer than ten significant genes. ``lfc_nmae`` of cell-eval2.
    """
    truth = observed.is_significant
    if truth.sum() < FEWEST_GENES:
        return np.nan
    error = np.abs(predicted.log2_fold_change - observed.log2_fold_change)[truth].sum()
    return float(error / np.abs(observed.log2_fold_change[truth]).sum())


def fold_change_spearman(predicted: Significance, observed: Significance) -> float:
    """Rank correlation of the fold changes of truly significant genes; NaN where there is nothing to rank."""
    from scipy.stats import spearmanr

    truth = observed.is_significant
    if truth.sum() < 2 or np.ptp(predicted.log2_fold_change[truth]) == 0:
        return np.nan
    return float(spearmanr(predicted.log2_fold_change[truth], observed.log2_fold_change[truth]).statistic)


def energy_distance(a: Floats, b: Floats) -> float:
    """Energy distance of two clouds of cells, 0 where they are distributed alike; lower is better.

    Twice the mean distance between the clouds, less the mean distance within each (a cell's distance to itself
    counts, as in cell-eval), with Euclidean distances.

    Parameters
    ----------
    a, b
        Cells, shapes ``(cells, genes)`` and ``(cells, genes)``.

    Notes
    -----
    Székely and Rizzo, Journal of Statistical Planning and Inference 143 (2013).
    """
    from scipy.spatial.distance import cdist

    return float(2 * cdist(a, b).mean() - cdist(a, a).mean() - cdist(b, b).mean())


def mean_discrepancy(a: Floats, b: Floats, *, width: float | None = None) -> float:
    """Maximum mean discrepancy (squared) of two clouds of cells with a Gaussian kernel, 0 where they are alike.

    Parameters
    ----------
    a, b
        Cells, shapes ``(cells, genes)`` and ``(cells, genes)``.
    width
        Standard deviation of the kernel; the median distance between cells of both by default.

    Notes
    -----
    Gretton et al., Journal of Machine Learning Research 13 (2012), the biased estimate, which is never negative.
    """
    from scipy.spatial.distance import cdist

    cells = np.concatenate([a, b])
    squares = cdist(cells, cells, "sqeuclidean")
    if width is None:
        width = float(np.sqrt(np.median(squares[np.triu_indices(len(cells), 1)])))
    if width <= 0:
        raise ValueError("cells that are all alike have no median distance: give the kernel's width")
    kernel = np.exp(-squares / (2 * width**2))
    first, second = slice(None, len(a)), slice(len(a), None)
    within = kernel[first, first].mean() + kernel[second, second].mean()
    return float(within - 2 * kernel[first, second].mean())


def _shared(predicted: npt.NDArray[np.intp], observed: npt.NDArray[np.intp], count: int) -> float:
    return float(np.intersect1d(predicted, observed).size / count) if count else 0.0


def _same_sign(predicted: Significance, observed: Significance) -> npt.NDArray[np.bool_]:
    return np.asarray(np.sign(predicted.log2_fold_change) == np.sign(observed.log2_fold_change))
