"""Wilcoxon rank-sum statistics of many groups against one reference, with one sort per gene.

For a group and the reference the rank sum needs only, for each cell of the group, how many reference
cells lie below it: Mann and Whitney's U (Annals of Mathematical Statistics 18, 1947). So all groups
share one sort of the gene's values, and the zeros of sparse data need no sort at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from xpert.data.matrix import is_sparse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xpert.data.matrix import Cells
    from xpert.data.responses import Floats
    from xpert.response.moments import Integers


@dataclass(frozen=True, eq=False)
class RankSums:
    """U statistic and tie term of every gene and group.

    Attributes
    ----------
    u
        For each group: pairs (cell of the group, reference cell) in which the first is larger, a tie
        counting one half; shape ``(genes, groups)``.
    ties
        Sum of t³ − t over runs of t equal values in group and reference together, same shape.
    """

    u: Floats
    ties: Floats


def rank_sums(matrix: Cells, codes: Integers, sizes: Integers) -> RankSums:
    """Rank every group against group 0.

    Parameters
    ----------
    matrix
        Finite values, shape ``(cells, genes)``; sparse or dense, of either sign.
    codes
        Group of each cell, shape ``(cells,)``; 0 is the reference.
    sizes
        Cells in each group, shape ``(groups,)``.
    """
    genes = matrix.shape[1]
    u = np.empty((genes, len(sizes)))
    ties = np.empty((genes, len(sizes)))
    for gene, (values, cells) in enumerate(_nonzero_columns(matrix)):
        u[gene], ties[gene] = _gene(values, codes[cells], sizes)
    return RankSums(u, ties)


def z_scores(sums: RankSums, sizes: Integers) -> Floats:
    """Normal approximation of U, corrected for ties, shape ``(genes, groups)``; 0 where all values are equal."""
    reference = float(sizes[0])
    total = sizes + reference
    tie_factor = 1.0 - sums.ties / (total**3.0 - total)
    deviation = np.sqrt(np.maximum(tie_factor, 0.0) * sizes * reference * (total + 1.0) / 12.0)
    surplus = sums.u - sizes * reference / 2.0
    return np.divide(surplus, deviation, out=np.zeros_like(surplus), where=deviation > 0)


def _nonzero_columns(matrix: Cells) -> Iterator[tuple[Floats, Integers]]:
    """Non-zero values of each gene and the cells in which they stand."""
    if is_sparse(matrix):
        columns = matrix.tocsc()
        if not columns.has_canonical_format:
            columns = columns.copy() if columns is matrix else columns
            columns.sum_duplicates()
        for start, stop in zip(columns.indptr[:-1], columns.indptr[1:], strict=True):
            values, cells = columns.data[start:stop], columns.indices[start:stop]
            stored_zeros = not values.all()
            yield (values[values != 0], cells[values != 0]) if stored_zeros else (values, cells)
    else:
        for column in np.asarray(matrix).T:
            cells = np.flatnonzero(column)
            yield column[cells], cells


def _gene(values: Floats, codes: Integers, sizes: Integers) -> tuple[Floats, Floats]:
    """U and tie term of one gene from its non-zero values; the remaining cells of each group are zero."""
    groups = len(sizes)
    zeros = sizes - np.bincount(codes, minlength=groups)
    order = np.argsort(values)
    values, codes = values[order], codes[order]
    negative = int(np.searchsorted(values, 0))
    runs = _Runs.of(values, codes, zeros_before=negative, reference_zeros=int(zeros[0]))
    u_of_zeros = zeros * (np.count_nonzero(codes[:negative] == 0) + zeros[0] / 2.0)
    u = np.bincount(codes, weights=np.repeat(runs.reference_below, runs.length), minlength=groups)
    return u + u_of_zeros, _cubes(zeros + zeros[0]) + runs.tie_terms(codes, groups)


@dataclass(frozen=True, eq=False, slots=True)
class _Runs:
    """Runs of equal values in one sorted gene.

    Attributes
    ----------
    length
        Cells in each run.
    reference
        Reference cells in each run.
    reference_below
        Reference cells below each run, plus half of those in it.
    """

    length: Integers
    reference: Integers
    reference_below: Floats

    @classmethod
    def of(cls, values: Floats, codes: Integers, *, zeros_before: int, reference_zeros: int) -> _Runs:
        is_first = np.ones(len(values), dtype=bool)
        np.not_equal(values[1:], values[:-1], out=is_first[1:])
        edges = np.append(np.flatnonzero(is_first), len(values))
        reference_up_to = np.concatenate(([0], np.cumsum(codes == 0)))
        before, after = reference_up_to[edges[:-1]], reference_up_to[edges[1:]]
        below = (before + after) / 2.0 + np.where(edges[:-1] >= zeros_before, reference_zeros, 0)
        return cls(np.diff(edges), after - before, below)

    def tie_terms(self, codes: Integers, groups: int) -> Floats:
        """Sum of t³ − t over runs, for each group; only runs of two or more need a look."""
        # A group that is absent from a run still meets the reference cells that tie there.
        terms = np.full(groups, _cubes(self.reference).sum())
        is_tied = self.length > 1
        if not is_tied.any():
            return terms
        lengths, reference = self.length[is_tied], self.reference[is_tied]
        run = np.repeat(np.arange(len(lengths)), lengths)
        pairs, counts = np.unique(run * groups + codes[np.repeat(is_tied, self.length)], return_counts=True)
        own = reference[pairs // groups]
        terms += np.bincount(pairs % groups, weights=_cubes(counts + own) - _cubes(own), minlength=groups)
        return terms


def _cubes(counts: Integers) -> Floats:
    as_float = counts.astype(np.float64)
    return as_float**3 - as_float
