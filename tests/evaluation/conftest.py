"""A tiny task whose scores can be worked out by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from xpert.evaluation.splits import Fold, Folds
from xpert.evaluation.task import ALL, Goal, Metric, Role, itself

if TYPE_CHECKING:
    from collections.abc import Callable

CORRELATION, ERROR = Metric("r", "correlation"), Metric("L2", "distance", higher_is_better=False)
ROLES = {
    "mean": Role.REFERENCE,
    "best": Role.REFERENCE,
    "good": Role.SHIPPED,
    "copy of best": Role.NULL,
}
# One number per condition a, b, c, d; None is a prediction without a correlation.
SCORES = {
    ("mean", "r"): (0.0, None, 0.0, None),
    ("best", "r"): (0.2, 0.4, 0.2, None),
    ("good", "r"): (0.4, 0.6, 0.4, 0.2),
    ("mean", "L2"): (4.0, 4.0, 4.0, 4.0),
    ("best", "L2"): (2.0, 4.0, 2.0, 4.0),
    ("good", "L2"): (1.0, 3.0, 1.0, 3.0),
}
SCORES |= {("copy of best", metric): SCORES["best", metric] for metric in ("r", "L2")}
CEILING = {"r": 0.6, "L2": 1.0}
CONDITIONS = ("a", "b", "c", "d")


@dataclass(eq=False)
class TinyContest:
    """Answers with `SCORES`, worse by the seed, and counts how often it was asked."""

    seed: int
    asked: list[str]

    @property
    def contestants(self) -> dict[str, Role]:
        return dict(ROLES)

    def run(self, model: str) -> pd.DataFrame:
        self.asked.append(f"{model} {self.seed}")
        rows = [
            (0, condition, ALL, metric.name, np.nan if value is None else value)
            for metric in (CORRELATION, ERROR)
            for condition, value in zip(CONDITIONS, SCORES[model, metric.name], strict=True)
        ]
        return pd.DataFrame(rows, columns=["fold", "condition", "subset", "metric", "value"])

    def ceiling(self) -> pd.DataFrame:
        return pd.DataFrame(
            [(ALL, metric, value) for metric, value in CEILING.items()], columns=["subset", "metric", "value"]
        )


@dataclass(eq=False)
class TinyTask:
    """One fold of four conditions."""

    name: str = "tiny"
    title: str = "Four conditions"
    metrics: tuple[Metric, ...] = (CORRELATION, ERROR)
    goals: tuple[Goal, ...] = (Goal(ALL, "r", 0.25, 0.35, 0.5),)
    asked: list[str] = field(default_factory=list)
    order: tuple[str, ...] = CONDITIONS
    unit: Callable[[str], str] = itself

    def deal(self, data: object, seed: int) -> Folds:
        return Folds(self.name, seed, (Fold(("x",), self.order),))

    def prepare(self, data: object, folds: Folds) -> TinyContest:
        return TinyContest(folds.seed, self.asked)


@pytest.fixture
def tiny_task() -> TinyTask:
    """The task, not yet asked."""
    return TinyTask()
