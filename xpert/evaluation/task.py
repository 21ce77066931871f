"""What a benchmark task is: something that poses held-out questions to models and scores the answers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import pandas as pd

    from xpert.evaluation.splits import Folds

# One row per held-out condition, subset and metric. A condition stands in the subset "all" (or in the
# subsets that a task names instead) and perhaps in narrower ones.
OUTCOME_COLUMNS = ("fold", "condition", "subset", "metric", "value")
CEILING_COLUMNS = ("subset", "metric", "value")
ALL = "all"


def itself(condition: str) -> str:
    """Conditions that are independent of each other are drawn alone."""
    return condition


def context_of(condition: str) -> str:
    """The context of a condition as tables name it: what ``context | treatment`` begins with."""
    return condition.split(" | ", 1)[0]


def targets_of(condition: str) -> str:
    """The targets of a condition as tables name it, whatever their strength."""
    from xpert.perturbation import Treatment

    return " + ".join(Treatment.parse(condition.split(" | ", 1)[1]).targets)


class Role(StrEnum):
    """What a contestant is in a table."""

    REFERENCE = "reference"
    """A baseline of the published reference, refitted."""
    BLIND = "blind"
    """The shipped predictor without knowledge of the treatment: what it says of the context on average."""
    SIMPLE = "simple"
    """A simple model of this package that is not shipped for this question."""
    SHIPPED = "shipped"
    """What a bundle of such data answers with: exactly one per task."""
    NETWORK = "network"
    """The network on top of the shipped simple model."""
    NULL = "null"
    """A check that must show no skill: shuffled labels, shuffled fingerprints, random vectors."""


@dataclass(frozen=True)
class Metric:
    """How answers are scored.

    Attributes
    ----------
    name
        Column value in outcomes, for example ``pearson_delta``.
    label
        Words for a table's head, with the unit where there is one.
    higher_is_better
        Direction.
    decimals
        Digits after the point in tables.
    """

    name: str
    label: str
    higher_is_better: bool = True
    decimals: int = 3


@dataclass(frozen=True)
class Goal:
    """What is known of a score before this package: targets to be compared with, never trained on.

    Attributes
    ----------
    subset, metric
        The score.
    reference
        Best baseline of the published reference on seed 0; None where none is given.
    best_simple
        Best simple model known; None where none is given.
    aim
        What was set out to be reached; None where none is given.
    """

    subset: str
    metric: str
    reference: float | None = None
    best_simple: float | None = None
    aim: float | None = None


class Contest(Protocol):
    """A task with its data read and its folds dealt: models can be asked."""

    @property
    def contestants(self) -> Mapping[str, Role]:
        """Every model that can be asked, by name, the simplest first."""
        ...

    def run(self, model: str) -> pd.DataFrame:
        """Refit one model for every fold and score it; columns `OUTCOME_COLUMNS`. Deterministic."""
        ...

    def ceiling(self) -> pd.DataFrame:
        """What repeating the experiment would score, columns `CEILING_COLUMNS`; no rows where it cannot be had."""
        ...


class Task(Protocol):
    """A measured question."""

    @property
    def name(self) -> str:
        """Name on the command line, of the split file and of the module."""
        ...

    @property
    def title(self) -> str:
        """One line for people: data, what is held out."""
        ...

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """What is reported, the most telling first."""
        ...

    @property
    def goals(self) -> tuple[Goal, ...]:
        """Known numbers to compare with."""
        ...

    @property
    def unit(self) -> Callable[[str], str]:
        """What a condition is drawn with when intervals are made: that of which another would be a new case."""
        ...

    def deal(self, data: Path, seed: int) -> Folds:
        """Folds for a seed, by the task's rule; every condition that is scored is held out exactly once."""
        ...

    def prepare(self, data: Path, folds: Folds) -> Contest:
        """Read the data and lay out the folds.

        Parameters
        ----------
        data
            Folder with one folder per data set.
        folds
            From `deal`, or from a split file.
        """
        ...
