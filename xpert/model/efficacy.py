"""How well each guide of a target works: from the agreement of guides, and from a few cells of the guide itself.

What a guide will do is first guessed from the target's other guides. Their mean is shrunk twice: each principal
component by how well guides of one target agree on it over all targets, and the whole by the share of it that is not
noise of its cells (James and Stein 1961). Cells of the guide itself then set the scale.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
import pandas as pd

from xpert.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from xpert.data.responses import Floats

    Mask = npt.NDArray[np.bool_]

FEWEST_CELLS = 30
"""Guides with fewer cells say too little to be counted."""
COMPONENTS = 10
PRIOR_SPREAD = 0.5
"""How far guides of one target lie apart before any cell is seen, as a standard deviation of their scale."""


class Guide(NamedTuple):
    """A guide and its target."""

    target: str
    name: str


@dataclass(frozen=True, eq=False)
class GuideCells:
    """Cells by guide.

    Attributes
    ----------
    values
        ln(1 + CP10k) or another log expression, shape ``(cells, genes)``.
    genes
        Names of the genes.
    target
        Target of each cell's guide, empty for control, shape ``(cells,)``.
    guide
        Guide of each cell, shape ``(cells,)``.
    """

    values: Floats
    genes: tuple[str, ...]
    target: npt.NDArray[np.str_]
    guide: npt.NDArray[np.str_]

    def __post_init__(self) -> None:
        cells = len(self.values)
        if self.values.shape[1] != len(self.genes) or {len(self.target), len(self.guide)} != {cells}:
            raise ValueError("cells, genes and labels do not fit together")
        if not (self.target == "").any():
            raise InputError("There is no control cell to compare guides with.")

    @cached_property
    def control(self) -> Floats:
        """Mean of the control cells, shape ``(genes,)``."""
        mean: Floats = self.values[self.target == ""].mean(axis=0)
        return mean

    @cached_property
    def rows(self) -> dict[Guide, npt.NDArray[np.intp]]:
        """Cells of every guide that is no control."""
        cells = pd.DataFrame({"target": self.target, "guide": self.guide})
        found: Mapping[Any, Any] = cast("Any", cells.groupby(["target", "guide"]).indices)
        labelled = {Guide(str(key[0]), str(key[1])): np.asarray(rows) for key, rows in found.items()}
        return {guide: rows for guide, rows in labelled.items() if guide.target}

    @cached_property
    def shift(self) -> dict[Guide, Floats]:
        """Mean of every guide's cells minus control, shape ``(genes,)`` each."""
        return {g: self.values[rows].mean(axis=0) - self.control for g, rows in self.rows.items()}

    @property
    def large(self) -> list[Guide]:
        """Guides with enough cells."""
        return [guide for guide, rows in self.rows.items() if len(rows) >= FEWEST_CELLS]

    def others(self, guide: Guide) -> list[Guide]:
        """The target's other guides with enough cells, or all others where none has."""
        all_others = [g for g in self.rows if g.target == guide.target and g != guide]
        large = [g for g in all_others if len(self.rows[g]) >= FEWEST_CELLS]
        return large or all_others

    def kept(self, guide: Guide) -> Mask:
        """Genes that are scored: all but the target itself, shape ``(genes,)``."""
        return np.array([gene != guide.target for gene in self.genes])

    def pooled(self, guides: Sequence[Guide]) -> Floats:
        """Mean shift over the cells of some guides, shape ``(genes,)``."""
        weights = np.array([len(self.rows[g]) for g in guides], dtype=float)
        mean: Floats = weights @ np.array([self.shift[g] for g in guides]) / weights.sum()
        return mean

    def noise(self, guides: Sequence[Guide], directions: Floats) -> Floats:
        """Variance of `pooled` along each direction, `directions` of shape ``(directions, genes)``."""
        counts = np.array([len(self.rows[g]) for g in guides], dtype=float)
        spread = [(self.values[self.rows[g]] @ directions.T).var(axis=0, ddof=1) for g in guides]
        variance: Floats = counts @ np.nan_to_num(np.array(spread)) / counts.sum() ** 2
        return variance


def expected_shift(cells: GuideCells, guide: Guide) -> Floats:
    """What a guide is expected to do, told from other guides alone, shape ``(genes,)``.

    Raises
    ------
    InputError
        When the target has no other guide.
    """
    others = cells.others(guide)
    if not others:
        raise InputError(f"{guide.target} has no other guide than {guide.name}.")
    known = [g for g in cells.large if g != guide]
    weighted = [np.sqrt(len(cells.rows[g])) * cells.shift[g] * cells.kept(guide) for g in known]
    basis = np.linalg.svd(np.array(weighted), full_matrices=False)[2][:COMPONENTS]
    score = basis @ cells.pooled(others)
    power = float(score @ score)
    signal = max(0.0, 1 - float(cells.noise(others, basis).sum()) / power) if power > 0 else 0.0
    shift: Floats = signal * (_agreement(cells, known, basis) * score) @ basis
    return shift


def _agreement(cells: GuideCells, known: Sequence[Guide], basis: Floats) -> Floats:
    """Slope, per component, of a guide on its target's other guides, 0 to 1, shape ``(components,)``."""
    shared, power = np.zeros(len(basis)), np.zeros(len(basis))
    for guide in known:
        rest = [g for g in known if g.target == guide.target and g != guide]
        if rest:
            own, theirs = basis @ cells.shift[guide], basis @ cells.pooled(rest)
            shared, power = shared + own * theirs, power + theirs**2
    slope: Floats = np.clip(shared / np.where(power > 0, power, 1.0), 0.0, 1.0)
    return slope


def scale_from_cells(expected: Floats, own: Floats, control: Floats) -> float:
    """Factor on an expected shift, told from a few cells of the guide; 1 where they say nothing.

    Parameters
    ----------
    expected
        From `expected_shift`, shape ``(genes,)``.
    own
        Cells of the guide, shape ``(cells, genes)``.
    control
        Mean of the control cells, shape ``(genes,)``.
    """
    size = float(np.linalg.norm(expected))
    if len(own) < 2 or size == 0:
        return 1.0
    along = (own - control) @ (expected / size)
    penalty = float(along.var(ddof=1)) / len(along) / PRIOR_SPREAD**2
    return max(0.0, (size * float(along.mean()) + penalty) / (size**2 + penalty))


def estimate_efficacy(cells: GuideCells) -> pd.DataFrame:
    """Efficacy of every guide whose target has another one: 1 acts like the target's other guides.

    The slope of the guide's mean shift on that of the others, drawn towards the target's mean slope as far as its
    guides do not differ by more than their standard errors (DerSimonian and Laird 1986).

    Returns
    -------
    Columns ``target, guide, efficacy, se, cells``.
    """
    rows = []
    for guide in cells.large:
        others = [g for g in cells.others(guide) if len(cells.rows[g]) >= FEWEST_CELLS]
        shift = cells.pooled(others) * cells.kept(guide) if others else np.zeros(len(cells.genes))
        if size := float(np.linalg.norm(shift)):
            along = (cells.values[cells.rows[guide]] - cells.control) @ (shift / size) / size
            error = float(along.std(ddof=1)) / np.sqrt(len(along))
            rows.append((*guide, float(along.mean()), error, len(along)))
    table = pd.DataFrame(rows, columns=["target", "guide", "efficacy", "se", "cells"])
    parts = [_drawn_together(own) for _, own in table.groupby("target", sort=False)]
    return pd.concat(parts, ignore_index=True) if parts else table


def _drawn_together(own: pd.DataFrame) -> pd.DataFrame:
    """Guides of one target after partial pooling."""
    slope, variance = own["efficacy"].to_numpy(), own["se"].to_numpy() ** 2
    weight = 1 / np.maximum(variance, np.finfo(float).tiny)
    mean = float(weight @ slope / weight.sum())
    excess = float(weight @ (slope - mean) ** 2) - (len(own) - 1)
    between = max(0.0, excess / (weight.sum() - (weight**2).sum() / weight.sum())) if len(own) > 1 else 0.0
    centre_weight = 1 / (variance + between)
    centre = float(centre_weight @ slope / centre_weight.sum())
    kept = between / (between + variance) if between else np.zeros(len(own))
    drawn = centre + kept * (slope - centre)
    se = np.sqrt(kept * variance + (1 - kept) ** 2 / centre_weight.sum())
    return own.assign(efficacy=drawn if len(own) > 1 else slope, se=se if len(own) > 1 else own["se"])
