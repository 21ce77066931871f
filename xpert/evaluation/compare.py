"""Scores side by side: each model with its interval, beside the best reference baseline and the ceiling."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from xpert.evaluation.run import CEILING
from xpert.evaluation.task import Role
from xpert.training.bootstrap import interval

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from xpert.evaluation.task import Goal, Metric, Task

LEVEL = 0.95
# Fewer units than this give bootstrap intervals that are too narrow.
FEWEST_TO_DRAW = 10
SCORE_COLUMNS = (
    "task", "subset", "metric", "model", "role", "value", "lower", "upper", "conditions", "seeds",
    "gain", "gain_lower", "gain_upper", "against", "over_shipped", "over_shipped_lower", "over_shipped_upper",
    "over_blind", "over_blind_lower", "over_blind_upper", "s", "ceiling", "reference_known", "best_simple_known", "aim",
)  # fmt: skip


def compare(outcomes: pd.DataFrame, tasks: Sequence[Task]) -> pd.DataFrame:
    """One row per task, subset, metric and model.

    A prediction without a correlation (of zero, or of the mean that is projected out) scores 0: otherwise a
    model that abstains would win. Each condition's scores are averaged over seeds first; intervals are 95 %
    bootstrap intervals over the units of the task (`Task.unit`), and Student's over the means of fewer than
    `FEWEST_TO_DRAW` units.

    Parameters
    ----------
    outcomes
        From `xpert.evaluation.run.run`.
    tasks
        The tasks in it.

    Returns
    -------
    Columns `SCORE_COLUMNS`. ``gain`` is how much better a model is than the best reference baseline, paired
    by condition, positive is better whatever the metric's direction, with its interval; ``over_shipped`` the same
    against the shipped predictor, ``over_blind`` against that without knowledge of the treatment; ``s`` is
    (model − best baseline) / (ceiling − best baseline), NaN without a ceiling.
    """
    rows = [
        row
        for task in tasks
        for metric in task.metrics
        for row in _of_metric(outcomes[outcomes["task"] == task.name], task, metric)
    ]
    # A known number that no task has would otherwise be a column of objects.
    known = dict.fromkeys(("reference_known", "best_simple_known", "aim"), float)
    return pd.DataFrame(rows, columns=list(SCORE_COLUMNS)).astype(known)


@dataclass(frozen=True, eq=False)
class _Scores:
    """One metric on one subset: models × conditions and seeds."""

    task: Task
    metric: Metric
    subset: str
    values: pd.DataFrame
    roles: dict[str, str]
    units: dict[str, str]
    seeds: int
    ceiling: float

    @property
    def sign(self) -> float:
        return 1.0 if self.metric.higher_is_better else -1.0

    @cached_property
    def best_reference(self) -> str | None:
        to_beat = (Role.REFERENCE.value, Role.BLIND.value)
        references = [name for name in self.values.columns if self.roles[name] in to_beat]
        means = {name: self.sign * float(_by_condition(self.values[name]).mean()) for name in references}
        return max(means, key=lambda name: means[name]) if means else None

    def of_role(self, role: Role) -> str | None:
        """The one model of a role; None where it was not asked."""
        return next((n for n in self.values.columns if self.roles[n] == role.value), None)

    def row(self, model: str) -> tuple[object, ...]:
        values, lower, upper = self.mean(self.values[model])
        best, goal = self.best_reference, _goal(self.task, self.subset, self.metric)
        gain = self.gain(model, best)
        room = float("nan")
        if best is not None:
            asked = self.values[self.values[model].notna()]
            room = self.sign * (self.ceiling - float(_by_condition(asked[best]).mean()))
        s = gain[0] / room if np.isfinite(room) and room > 0 else float("nan")
        return (
            self.task.name, self.subset, self.metric.name, model, self.roles[model], values,
            lower, upper, self.conditions(model), self.seeds, *gain, best or "", *self.gain(model, self.of_role(Role.SHIPPED)),
            *self.gain(model, self.of_role(Role.BLIND)), s, self.ceiling, goal.reference, goal.best_simple, goal.aim,
        )  # fmt: skip

    def gain(self, model: str, other: str | None) -> tuple[float, float, float]:
        """How much better a model is than another, paired by condition, with its interval."""
        if other is None:
            return (float("nan"),) * 3
        return self.mean(self.sign * (self.values[model] - self.values[other]))

    def mean(self, values: pd.Series) -> tuple[float, float, float]:
        """Mean over conditions of one value for every condition and seed, with its interval."""
        each = _by_condition(values)
        units = [self.units[condition] for condition in each.index.tolist()]
        if len(set(units)) < FEWEST_TO_DRAW:
            return (float(each.mean()), *_of_few(each, units))
        return (float(each.mean()), *interval(each.to_numpy(dtype=float), units, level=LEVEL))

    def conditions(self, model: str) -> int:
        """Conditions that a model was asked about on any seed."""
        return int(self.values[model].dropna().index.get_level_values("condition").nunique())


def _by_condition(values: pd.Series) -> pd.Series:
    """Mean over seeds."""
    mean: pd.Series = values.groupby(level="condition").mean()
    return mean


def _of_few(each: pd.Series, units: Sequence[str]) -> tuple[float, float]:
    """Student's interval over the means of a few units, around the mean of all conditions."""
    from scipy.stats import t

    means = each.groupby(np.array(units)).mean().dropna()
    if len(means) < 2:
        return float("nan"), float("nan")
    half = float(t.ppf((1 + LEVEL) / 2, len(means) - 1) * means.std(ddof=1) / np.sqrt(len(means)))
    return float(each.mean()) - half, float(each.mean()) + half


def _of_metric(outcomes: pd.DataFrame, task: Task, metric: Metric) -> Iterator[tuple[object, ...]]:
    rows = outcomes[outcomes["metric"] == metric.name]
    for subset in dict.fromkeys(rows.loc[rows["model"] != CEILING, "subset"].tolist()):
        part = rows[rows["subset"] == subset]
        replicate = part.loc[part["model"] == CEILING, "value"]
        asked = part[part["model"] != CEILING]
        names = list(dict.fromkeys(asked["model"].tolist()))
        if not metric.higher_is_better and asked["value"].isna().any():
            wrong = asked.loc[asked["value"].isna(), "model"].iloc[0]
            raise ValueError(f"{wrong} has no {metric.label} on a condition of {task.name}")
        table = asked.assign(value=asked["value"].fillna(0.0)).pivot_table(
            index=["condition", "seed"], columns="model", values="value", aggfunc="mean"
        )[names]
        scores = _Scores(
            task,
            metric,
            subset,
            table,
            dict(zip(asked["model"], asked["role"], strict=True)),
            {condition: task.unit(condition) for condition in asked["condition"].unique().tolist()},
            asked["seed"].nunique(),
            float(replicate.mean()) if len(replicate) else float("nan"),
        )
        for name in names:
            yield scores.row(name)


def _goal(task: Task, subset: str, metric: Metric) -> Goal:
    from xpert.evaluation.task import Goal

    for goal in task.goals:
        if (goal.subset, goal.metric) == (subset, metric.name):
            return goal
    return Goal(subset, metric.name)
