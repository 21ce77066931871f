"""Whether the checks that must show no skill show none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from xpert.evaluation.task import Role

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from xpert.evaluation.task import Metric, Task

# What a guess scores on average, where that is known; elsewhere the best reference baseline is the measure.
CHANCE: Mapping[str, float] = {"pds_cosine_centred": 0.5, "pearson_partial": 0.0, "systema_pearson": 0.0}


@dataclass(frozen=True)
class NullCheck:
    """One check on one subset.

    Attributes
    ----------
    task, subset, model
        What was asked.
    metric
        By which skill is judged.
    value, lower, upper
        Score with its 95 % interval.
    limit
        What it must not exceed: chance, or the score of the best reference baseline.
    limit_name
        ``chance`` or the baseline's name.
    shows_skill
        Whether the whole interval, paired by condition where the limit is a baseline, lies above the limit.
    """

    task: str
    subset: str
    model: str
    metric: Metric
    value: float
    lower: float
    upper: float
    limit: float
    limit_name: str
    shows_skill: bool


def null_checks(scores: pd.DataFrame, tasks: Sequence[Task]) -> list[NullCheck]:
    """Every null contestant on every subset, judged by the first metric of the task that knows chance.

    A task none of whose metrics does is judged by its first metric against the best reference baseline: a
    predictor without labels may be as good as the mean and no better.

    Parameters
    ----------
    scores
        From `xpert.evaluation.compare.compare`.
    tasks
        The tasks in it.
    """
    found = []
    for task in tasks:
        metric = next((m for m in task.metrics if m.name in CHANCE), task.metrics[0])
        part = scores[(scores["task"] == task.name) & (scores["metric"] == metric.name)]
        for _, row in part[part["role"] == Role.NULL.value].iterrows():
            against = part[(part["subset"] == row["subset"]) & (part["model"] == row["against"])]
            if metric.name not in CHANCE and against.empty:
                continue
            found.append(_check(row, metric, against))
    return found


def null_table(scores: pd.DataFrame, tasks: Sequence[Task]) -> str:
    """The checks as Markdown with a sentence that says how many show skill; empty without any."""
    checks = null_checks(scores, tasks)
    if not checks:
        return ""
    found = sum(check.shows_skill for check in checks)
    lines = ["| task | on | check | score | value | must not exceed | skill |", "|" + " --- |" * 7]
    lines += [
        f"| {c.task} | {c.subset} | {c.model} | {c.metric.label} {'↑' if c.metric.higher_is_better else '↓'} | "
        f"{c.value:.{c.metric.decimals}f} [{c.lower:.{c.metric.decimals}f}, {c.upper:.{c.metric.decimals}f}] | "
        f"{c.limit:.{c.metric.decimals}f} ({c.limit_name}) | {'**yes**' if c.shows_skill else 'none'} |"
        for c in checks
    ]
    said = f"{found} of {len(checks)} checks show skill with their whole 95 % interval"
    return f"{said}; about one in forty does by chance.\n\n" + "\n".join(lines) + "\n"


def _check(row: pd.Series, metric: Metric, against: pd.DataFrame) -> NullCheck:
    if metric.name in CHANCE:
        limit, name = CHANCE[metric.name], "chance"
        shows = bool(row["lower"] > limit) if metric.higher_is_better else bool(row["upper"] < limit)
    else:
        limit, name = float(against["value"].iloc[0]), str(row["against"])
        shows = bool(row["gain_lower"] > 0)
    value, lower, upper = (float(row[c]) for c in ("value", "lower", "upper"))
    return NullCheck(
        str(row["task"]),
        str(row["subset"]),
        str(row["model"]),
        metric,
        value,
        lower,
        upper,
        limit,
        name,
        shows,
    )
