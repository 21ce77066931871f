"""What a guide does, told from the other guides of its target, and from twenty cells of its own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from xpert.evaluation.splits import Fold, Folds
from xpert.evaluation.task import ALL, CEILING_COLUMNS, OUTCOME_COLUMNS, Goal, Metric, Role
from xpert.model.efficacy import FEWEST_CELLS, Guide, GuideCells, expected_shift, scale_from_cells

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import numpy.typing as npt

    from xpert.data.responses import Floats

    Rows = npt.NDArray[np.intp]

L2 = Metric("L2", "L2 to the guide's mean shift", higher_is_better=False)
OWN_CELLS = 20
WITH_CELLS = f"{OWN_CELLS} cells of the guide are known"
FEW = "no other guide of the target has thirty cells"
ASKED = "all other guides of the target"


def target_of(guide: str) -> str:
    """The target of a guide that is named by it and a number, as in ``STAT1g2``."""
    return re.sub(r"g\d+$", "", guide)


@dataclass(frozen=True)
class PapalexiEfficacy:
    """Every guide with enough cells is left out once; its target's own expression is not scored.

    With its own cells known, a guide is scored against its remaining ones, and what does not use them too.
    """

    name: str = "papalexi_efficacy"
    title: str = "Papalexi 2021, knockouts in THP-1: a guide from the other guides of its target"
    metrics: tuple[Metric, ...] = (L2,)
    goals: tuple[Goal, ...] = (Goal(ALL, L2.name, 2.694, 2.497, 2.42),)
    unit: Callable[[str], str] = target_of

    def deal(self, data: Path, seed: int) -> Folds:
        """One fold; the seed draws the known cells."""
        cells = _cells(data)
        asked = [g.name for g in cells.large if _cells_of_others(cells, g) >= FEWEST_CELLS]
        return Folds(self.name, seed, (Fold((ASKED,), tuple(asked)),))

    def prepare(self, data: Path, folds: Folds) -> GuideContest:
        """Read the cells."""
        return GuideContest(_cells(data), tuple(n for f in folds.folds for n in f.test), folds.seed)


TASK = PapalexiEfficacy()


@dataclass(frozen=True, eq=False)
class GuideContest:
    """Every guide is asked; satisfies `xpert.evaluation.task.Contest`.

    Attributes
    ----------
    cells
        All cells.
    asked
        Names of the guides.
    seed
        Of the draw of known cells.
    """

    cells: GuideCells
    asked: tuple[str, ...]
    seed: int

    @property
    def contestants(self) -> dict[str, Role]:
        """Every model that can be asked."""
        return {name: role for name, (role, _) in self._models.items()}

    def run(self, model: str) -> pd.DataFrame:
        """Score one model, columns `OUTCOME_COLUMNS`."""
        answer = self._models[model][1]
        by_name = {guide.name: guide for guide in self.cells.rows}
        rows = []
        for name in self.asked:
            guide = by_name[name]
            enough = any(len(self.cells.rows[g]) >= FEWEST_CELLS for g in self.cells.others(guide))
            expected = answer(guide)
            rows.append(
                (name, ALL if enough else FEW, self._distance(guide, expected, self.cells.rows[guide]))
            )
            known, rest = self._split(guide)
            if enough and len(rest) >= FEWEST_CELLS:
                scaled = expected * (self._scale(guide, expected, known) if model == "shipped" else 1.0)
                rows.append((name, WITH_CELLS, self._distance(guide, scaled, rest)))
        table = pd.DataFrame(rows, columns=["condition", "subset", "value"])
        return table.assign(fold=0, metric=L2.name)[list(OUTCOME_COLUMNS)]

    def ceiling(self) -> pd.DataFrame:
        """None: cells of a guide cannot be had twice."""
        return pd.DataFrame(columns=list(CEILING_COLUMNS))

    @property
    def _models(self) -> Mapping[str, tuple[Role, Callable[[Guide], Floats]]]:
        return {
            "no change": (Role.REFERENCE, lambda _: np.zeros(len(self.cells.genes))),
            "mean of the target's other guides": (Role.REFERENCE, self._others),
            "that mean, shrunk by its noise": (Role.SIMPLE, self._shrunk),
            "shipped": (Role.SHIPPED, lambda guide: expected_shift(self.cells, guide)),
            "another target's guides": (Role.NULL, self._of_another_target),
        }

    def _others(self, guide: Guide) -> Floats:
        return self.cells.pooled(self.cells.others(guide))

    def _shrunk(self, guide: Guide) -> Floats:
        kept, others = self.cells.kept(guide), self.cells.others(guide)
        mean = self.cells.pooled(others)
        noise = self.cells.noise(others, np.eye(len(kept))[kept]).sum()
        shrunk: Floats = mean * max(0.0, 1 - float(noise) / float(mean[kept] @ mean[kept]))
        return shrunk

    def _of_another_target(self, guide: Guide) -> Floats:
        targets = sorted({g.target for g in self.cells.large})
        order = np.random.default_rng([self.seed, len(targets)]).permutation(len(targets))
        ring = [targets[i] for i in order]
        other = ring[(ring.index(guide.target) + 1) % len(ring)]
        return expected_shift(self.cells, Guide(other, "none of its guides"))

    def _split(self, guide: Guide) -> tuple[Rows, Rows]:
        """Known cells of a guide and the others."""
        rows = self.cells.rows[guide]
        order = np.random.default_rng([self.seed, self.asked.index(guide.name)]).permutation(rows)
        return order[:OWN_CELLS], order[OWN_CELLS:]

    def _scale(self, guide: Guide, expected: Floats, known: Rows) -> float:
        kept = self.cells.kept(guide)
        return scale_from_cells(expected[kept], self.cells.values[known][:, kept], self.cells.control[kept])

    def _distance(self, guide: Guide, expected: Floats, rows: Rows) -> float:
        truth = self.cells.values[rows].mean(axis=0) - self.cells.control
        return float(np.linalg.norm((expected - truth)[self.cells.kept(guide)]))


def _cells(data: Path) -> GuideCells:
    from xpert.data.collections.papalexi_guides import guide_cells

    return GuideCells(*guide_cells(data))


def _cells_of_others(cells: GuideCells, guide: Guide) -> int:
    return sum(len(rows) for g, rows in cells.rows.items() if g.target == guide.target and g != guide)
