"""Whether the checks that must show no skill show none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from xpert.evaluation.task import Role

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from xpert.evaluation.task import Metric, Task

# What a guess scores on average, where that is known.
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
        What it must not exceed: the score of the predictor that does not know the treatment, or chance where that
        is more; without either, the score of the best reference baseline.
    limit_name
        ``chance`` or the name of that model.
    shows_skill
        Whether the whole interval lies above chance, and, paired by condition, above that predictor; above the best
        reference baseline where neither is known.
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
    """Every null contestant on every subset, judged by the first metric of the task that knows chance, or its first.

    A predictor without labels still learns its context: where that scores more than chance, it may be as good as a
    predictor that knows the context alone, and no better.

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
            here = part[part["subset"] == row["subset"]]
            if (check := _check(row, metric, here)) is not None:
                found.append(check)
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


def _check(row: pd.Series, metric: Metric, here: pd.DataFrame) -> NullCheck | None:
    """One check; None where there is nothing to compare with."""
    limits = _limits(row, metric, here)
    if not limits:
        return None
    sign = 1.0 if metric.higher_is_better else -1.0
    limit, name, _ = max(limits, key=lambda found: sign * found[0])
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
        all(exceeded for *_, exceeded in limits),
    )


def _limits(row: pd.Series, metric: Metric, here: pd.DataFrame) -> list[tuple[float, str, bool]]:
    """What must not be exceeded, its name, and whether it is with the whole interval."""
    found = []
    blind = here[here["role"] == Role.BLIND.value]
    if not blind.empty:
        name, value = str(blind["model"].iloc[0]), float(blind["value"].iloc[0])
        found.append((value, name, bool(row["over_blind_lower"] > 0)))
    if (chance := CHANCE.get(metric.name)) is not None:
        above = row["lower"] > chance if metric.higher_is_better else row["upper"] < chance
        found.append((chance, "chance", bool(above)))
    best = here.loc[here["model"] == row["against"], "value"]
    if not found and len(best):
        found.append((float(best.iloc[0]), str(row["against"]), bool(row["gain_lower"] > 0)))
    return found
