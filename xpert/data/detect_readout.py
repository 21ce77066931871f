"""In which unit the values of a table stand, told from the values themselves."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from xpert.data.matrix import dense
from xpert.data.readout import Readout

if TYPE_CHECKING:
    from xpert.data.table import CellTable

Array = npt.NDArray[np.float64]

SAMPLE = 1_000
BLOCKS = 8
# ln(1 + CPM) of a cell with one molecule is 13.8; log2 of the brightest probe about 16.
LARGEST_LOG = 25.0


@dataclass(frozen=True)
class ReadoutGuess:
    """The unit of a table's values, and why.

    Attributes
    ----------
    readout
        Unit of the values.
    reason
        What was seen in the values, in one sentence.
    is_certain
        False where another unit would look the same; the user is asked then.
    target_sum
        Total to which each cell was scaled, where that can be seen.
    log_base
        Base of the logarithm of 1 + x, for example 2; None where it is e or there is none.
    """

    readout: Readout
    reason: str
    is_certain: bool = True
    target_sum: float | None = None
    log_base: float | None = None


def detect_readout(table: CellTable) -> ReadoutGuess:
    """Tell counts, CP10k, log1p, log2 intensity, scaled values, z scores and signed ranks apart.

    What holds for all values is known from reading; their pattern is looked at in up to `SAMPLE` cells from
    `BLOCKS` evenly spaced places.
    """
    facts = table.facts
    if facts.nonzero == 0:
        return ReadoutGuess(Readout.COUNTS, "No value differs from 0.", is_certain=False)
    if facts.has_negative:
        return _with_negatives(_sample(table))
    if facts.is_integer:
        return ReadoutGuess(Readout.COUNTS, f"Every value is a whole number from 0 to {facts.maximum:,.0f}.")
    return _positive(table)


def _positive(table: CellTable) -> ReadoutGuess:
    """Fractions without a sign: normalised counts, their logarithm, or log intensities."""
    values, facts = _sample(table), table.facts
    by_total = _by_total(values)
    if by_total is not None:
        return by_total
    largest, zeros = facts.maximum, 1 - facts.nonzero_fraction
    is_recorded = "log1p" in table.hints
    if largest <= LARGEST_LOG and zeros < 0.01 and values.min() > 0 and not is_recorded:
        reason = f"Values are dense and positive, from {facts.minimum:.1f} to {largest:.1f}, as log2 intensities are."
        return ReadoutGuess(Readout.LOG2, reason)
    by_ratio = _by_ratio(values)
    if by_ratio is not None:
        return by_ratio
    seen = f"values run from 0 to {largest:.1f} with {zeros:.0%} zeros"
    if largest <= LARGEST_LOG and is_recorded:
        base = _recorded_base(table.hints["log1p"])
        return ReadoutGuess(Readout.LOG1P, f"The file records log1p, and {seen}.", log_base=base)
    if largest <= LARGEST_LOG:
        return ReadoutGuess(Readout.LOG1P, f"Fractions: {seen}, as log1p has.", is_certain=False)
    return ReadoutGuess(Readout.CP10K, f"Fractions too large for a logarithm: {seen}.", is_certain=False)


def _recorded_base(hint: str) -> float | None:
    """Base of the logarithm where a file records another than e."""
    found = re.search(r"base (\d+(?:\.\d+)?)", hint)
    return float(found[1]) if found and float(found[1]) > 1 else None


def _by_total(values: Array) -> ReadoutGuess | None:
    """Cells that were scaled to one total show it, where all genes are in the table."""
    if values.shape[0] < 3:
        return None
    total = _common_total(values)
    if total is not None:
        reason = f"Every cell sums to {total:,.0f} and values are no whole numbers."
        return ReadoutGuess(Readout.CP10K, reason, target_sum=total)
    if values.max() > LARGEST_LOG:
        return None
    for base, undone in ((None, np.expm1(values)), (2.0, np.exp2(values) - 1)):
        total = _common_total(undone)
        if total is not None:
            name = "ln" if base is None else "log2"
            reason = f"Every cell sums to {total:,.0f} once {name}(1 + x) is undone."
            return ReadoutGuess(Readout.LOG1P, reason, target_sum=total, log_base=base)
    return None


def _common_total(values: Array) -> float | None:
    totals = values.sum(axis=1)
    totals = totals[totals > 0]
    if len(totals) < 3:
        return None
    total = float(np.median(totals))
    return float(f"{total:.6g}") if np.abs(totals / total - 1).max() < 2e-3 else None


def _by_ratio(values: Array) -> ReadoutGuess | None:
    """Normalised counts are whole multiples of a cell's smallest value, also where genes were left out."""
    tries: list[tuple[Readout, float | None, str, Array]] = [(Readout.CP10K, None, "as they stand", values)]
    if values.max() <= LARGEST_LOG:
        tries += [
            (Readout.LOG1P, None, "once ln(1 + x) is undone", np.expm1(values)),
            (Readout.LOG1P, 2.0, "once log2(1 + x) is undone", np.exp2(values) - 1),
        ]
    for readout, base, when, undone in tries:
        if _whole_multiples(undone) > 0.98:
            reason = f"Values of a cell are whole multiples of its smallest {when}: scaled counts."
            return ReadoutGuess(readout, reason, log_base=base)
    return None


def _whole_multiples(values: Array) -> float:
    """Share of values that are a whole multiple, 2 to 20, of their cell's smallest value."""
    positive = np.where(values > 0, values, np.inf)
    smallest = positive.min(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = values / smallest
    ratio = ratio[np.isfinite(ratio) & (ratio > 1.01) & (ratio < 20)]
    if len(ratio) < 50:
        return 0.0
    return float((np.abs(ratio - np.rint(ratio)) < 0.01).mean())


def _with_negatives(values: Array) -> ReadoutGuess:
    """Values with a sign: ranks, scaled expression, or differences to control."""
    low, high = values.min(), values.max()
    seen = f"values run from {low:.1f} to {high:.1f}"
    if low >= -1 and high <= 1 and _are_ranks(values):
        return ReadoutGuess(Readout.SIGNED_RANK, "Each row is spread evenly from −1 to 1, as ranks are.")
    centre, width = np.mean(values, axis=0), np.std(values, axis=0)
    if len(values) > 20 and np.median(np.abs(centre)) < 0.15 and 0.8 < np.median(width) < 1.2:
        if _has_floor(values):
            reason = (
                "Genes have mean 0 and s.d. 1, and a lowest value that many cells share: scaled expression."
            )
            return ReadoutGuess(Readout.SCALED, reason)
        reason = f"Genes have mean 0 and s.d. 1, and {seen}: scaled expression, or z scores against control."
        return ReadoutGuess(Readout.SCALED, reason, is_certain=False)
    if np.std(values) < 0.7:
        reason = f"Small differences with a sign, {seen}, as log2 fold changes are."
        return ReadoutGuess(Readout.LOG2FC, reason, is_certain=False)
    reason = f"Differences with a sign, {seen}, as z scores against control are."
    return ReadoutGuess(Readout.Z, reason, is_certain=False)


def _are_ranks(values: Array) -> bool:
    """Whether the values of each row are spread like a uniform distribution from −1 to 1."""
    width = np.std(values, axis=1)
    return bool(np.median(np.abs(width - 1 / np.sqrt(3))) < 0.06)


def _has_floor(values: Array) -> bool:
    """Whether genes have a lowest value that many cells share: what zero counts become when scaled."""
    shared = np.isclose(values, np.min(values, axis=0), atol=1e-5).mean(axis=0)
    return bool(np.median(shared) > 0.05)


def _sample(table: CellTable) -> Array:
    """Some cells from everywhere in the table, shape ``(cells, genes)``."""
    cells = table.matrix.shape[0]
    size = SAMPLE // BLOCKS
    starts = np.unique(np.linspace(0, max(0, cells - size), BLOCKS).astype(int)) if cells > SAMPLE else [0]
    size = size if cells > SAMPLE else cells
    blocks = [dense(table.matrix[start : start + size]) for start in starts]
    return np.concatenate(blocks).astype(np.float64)
