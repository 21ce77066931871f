"""Tables of a benchmark as Markdown; no number in them was typed by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from xpert.evaluation.blind import BLIND
from xpert.evaluation.null_report import null_table
from xpert.evaluation.task import Role

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pandas as pd

    from xpert.evaluation.task import Metric, Task

BETTER, WORSE, SAME = "better", "worse", "no difference"
HEAD = """# Benchmarks

Written by `xpert benchmark --docs`. {folds} A value is the mean over held-out conditions, in brackets its 95 % bootstrap
interval over what would be a new case: drugs where drugs or their pairs are held out, cell lines or types where these are
(Student's interval over their means where there are fewer than ten). **Reference** is
the best of the published reference's baselines, refitted on the same folds, or, where that is better, the shipped predictor
without knowledge of the treatment (*blind*: its mean answer in the context).
**Gain** is how much better the shipped predictor is than it, paired by condition, whatever the metric's direction.
**s** is (shipped − reference) / (ceiling − reference): 0 is the baseline, 1 is repeating the experiment. *Best simple* and
*aim* are numbers known beforehand, on other folds. **Network adds** is how much better the shipped predictor becomes when a
network that is trained anew in every fold is weighed with it, paired by condition on the folds where it was trained;
+0.000 [+0.000, +0.000] says that held-out training conditions gave it no weight. Tasks that rank compounds or guides ask no
network (–). All rows stand in [scores.parquet](scores.parquet).

![Gain of the shipped predictor over the best reference baseline](gains.svg)

"""
NULL_HEAD = """## Checks that must show no skill

The shipped predictor with its training labels exchanged within each context (shuffled labels), or with what is known of its
targets exchanged (shuffled features). Both still learn their contexts. So a check shows skill where its whole interval lies
above chance and above the shipped predictor that knows the context alone (*blind to the treatment*, paired by condition);
in tasks that have neither, above the best reference baseline.

"""


@dataclass(frozen=True)
class Folds:
    """Where the folds came from, in words for a reader."""

    words: str

    @classmethod
    def of_files(cls) -> Self:
        """Folds that were read."""
        return cls("The folds are those of the split files.")

    @classmethod
    def dealt(cls, seeds: Sequence[int]) -> Self:
        """Folds that were dealt."""
        listed = ", ".join(map(str, seeds))
        many = "seeds" if len(seeds) > 1 else "seed"
        return cls(
            f"The folds were dealt by each task's rule for {many} {listed}; each condition's scores are averaged over them."
        )


def write_report(folder: Path, scores: pd.DataFrame, tasks: Sequence[Task], folds: Folds) -> None:
    """Write ``index.md``, a page for each task, and every score of them as ``scores.parquet``."""
    folder.mkdir(parents=True, exist_ok=True)
    scores.to_parquet(folder / "scores.parquet", index=False)
    index = HEAD.format(folds=folds.words) + summary_table(scores, tasks) + "\n" + verdict(scores, tasks)
    if checks := null_table(scores, tasks):
        index += f"\n{NULL_HEAD}{checks}"
    (folder / "index.md").write_text(index, encoding="utf-8")
    for task in tasks:
        page = f"{task_table(scores, task)}\n{folds.words}\n"
        (folder / f"{task.name}.md").write_text(page, encoding="utf-8")


def summary_table(scores: pd.DataFrame, tasks: Sequence[Task]) -> str:
    """One row for every score that has a known number to be compared with."""
    head = (
        "task", "on", "score", "n", "reference", "shipped", "gain", "ceiling", "s", "best simple", "aim", "network adds",
    )  # fmt: skip
    rows = [_summary_row(part, task, metric) for part, task, metric in _goal_rows(scores, tasks)]
    return _markdown(head, rows)


def verdict(scores: pd.DataFrame, tasks: Sequence[Task]) -> str:
    """How many of the compared scores lie above the reference, at the best simple model, at the aim."""
    above = simple = aim = below = surely_below = 0
    known = with_aim = total = 0
    for part, _, metric in _goal_rows(scores, tasks):
        shipped = part[part["role"] == Role.SHIPPED.value].iloc[0]
        sign = 1.0 if metric.higher_is_better else -1.0
        rounding = 0.5 * 10.0**-metric.decimals
        total += 1
        above += shipped["gain_lower"] > 0
        below += shipped["gain_upper"] < 0
        if np.isfinite(shipped["best_simple_known"]):
            known += 1
            simple += sign * (shipped["value"] - shipped["best_simple_known"]) >= -rounding
            best_end = shipped["upper"] if metric.higher_is_better else shipped["lower"]
            surely_below += sign * (best_end - shipped["best_simple_known"]) < 0
        if np.isfinite(shipped["aim"]):
            with_aim += 1
            aim += sign * (shipped["value"] - shipped["aim"]) >= -rounding
    return (
        f"Of {total} compared scores the shipped predictor is above the best reference baseline with its whole interval on "
        f"{above}, and below it on {below}; at or above the best simple model known on {simple} of {known}, and below "
        f"it with its whole interval on {surely_below}; at the aim on {aim} of {with_aim}.\n"
    )


def gain_table(scores: pd.DataFrame, tasks: Sequence[Task]) -> pd.DataFrame:
    """Columns ``label, gain, lower, upper``: every compared score in percent of the reference's own value."""
    import pandas as pd

    rows = []
    for part, task, metric in _goal_rows(scores, tasks):
        shipped = part[part["role"] == Role.SHIPPED.value].iloc[0]
        reference = part.loc[part["model"] == shipped["against"], "value"]
        if len(reference) and reference.iloc[0]:
            ends = (100 * shipped[c] / abs(reference.iloc[0]) for c in ("gain", "gain_lower", "gain_upper"))
            rows.append((f"{task.name} · {shipped['subset']} · {metric.label}", *ends))
    return pd.DataFrame(rows, columns=["label", "gain", "lower", "upper"])


def task_table(scores: pd.DataFrame, task: Task) -> str:
    """Every model of a task on every subset, as Markdown."""
    part = scores[scores["task"] == task.name]
    text = f"# {task.name}\n\n{task.title}.\n"
    for subset in dict.fromkeys(part["subset"].tolist()):
        here = part[part["subset"] == subset]
        shown = [m for m in task.metrics if (here["metric"] == m.name).any()]
        head = ("model", "role", *(f"{m.label} {'↑' if m.higher_is_better else '↓'}" for m in shown))
        rows = [_model_row(here, model, shown) for model in dict.fromkeys(here["model"].tolist())]
        text += f"\n## {subset} ({int(here['conditions'].max())} conditions)\n\n"
        text += _markdown(head, [*rows, *_limits(here, shown)])
    return text


def _goal_rows(scores: pd.DataFrame, tasks: Sequence[Task]) -> Iterator[tuple[pd.DataFrame, Task, Metric]]:
    for task in tasks:
        named = {metric.name: metric for metric in task.metrics}
        for goal in task.goals:
            of_goal = (scores["subset"] == goal.subset) & (scores["metric"] == goal.metric)
            part = scores[(scores["task"] == task.name) & of_goal]
            if (part["role"] == Role.SHIPPED.value).any():
                yield part, task, named[goal.metric]


def _summary_row(part: pd.DataFrame, task: Task, metric: Metric) -> tuple[str, ...]:
    shipped = part[part["role"] == Role.SHIPPED.value].iloc[0]
    reference = part[part["model"] == shipped["against"]]
    digits = metric.decimals
    gain = f"{_signed(shipped['gain'], digits)} [{_signed(shipped['gain_lower'], digits)}, {_signed(shipped['gain_upper'], digits)}]"
    return (
        f"[{task.name}]({task.name}.md)",
        str(shipped["subset"]),
        f"{metric.label} {'↑' if metric.higher_is_better else '↓'}",
        str(int(shipped["conditions"])),
        f"{_number(reference['value'].iloc[0], digits)} ({shipped['against']})" if len(reference) else "–",
        _number(shipped["value"], digits),
        f"**{gain}**" if shipped["gain_lower"] > 0 else gain,
        _number(shipped["ceiling"], digits),
        _number(shipped["s"], 2),
        _number(shipped["best_simple_known"], digits),
        _number(shipped["aim"], digits),
        _network(part, shipped, metric),
    )


def _network(part: pd.DataFrame, shipped: pd.Series, metric: Metric) -> str:
    """What the network adds to the shipped simple model, with its interval where it was paired."""
    networks = part[part["role"] == Role.NETWORK.value]
    if networks.empty:
        # Whoever predicts responses is asked blind, too; where nobody was, there is no place for a network.
        return "not asked" if (part["model"] == BLIND).any() else "–"
    added, low, high = (float(networks[f"over_shipped{end}"].iloc[0]) for end in ("", "_lower", "_upper"))
    digits = metric.decimals
    return f"{_signed(added, digits)} [{_signed(low, digits)}, {_signed(high, digits)}]"


def _model_row(here: pd.DataFrame, model: str, metrics: Sequence[Metric]) -> tuple[str, ...]:
    rows = here[here["model"] == model]
    role = str(rows["role"].iloc[0])
    cells = []
    for metric in metrics:
        row = rows[rows["metric"] == metric.name]
        if row.empty:
            cells.append("–")
            continue
        value, low, high = (_number(row[c].iloc[0], metric.decimals) for c in ("value", "lower", "upper"))
        cells.append(f"{value} [{low}, {high}]")
    name = f"**{model}**" if role == Role.SHIPPED.value else model
    return (name, role, *cells)


def _limits(here: pd.DataFrame, metrics: Sequence[Metric]) -> Iterator[tuple[str, ...]]:
    first = [here[here["metric"] == m.name] for m in metrics]
    for label, column in (
        ("ceiling", "ceiling"), ("best simple known", "best_simple_known"), ("aim", "aim"),
    ):  # fmt: skip
        values = [_number(rows[column].iloc[0], m.decimals) for rows, m in zip(first, metrics, strict=True)]
        if set(values) != {"–"}:
            yield (f"*{label}*", "", *values)


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _number(value: float | None, decimals: int) -> str:
    return "–" if value is None or not np.isfinite(value) else f"{value:.{decimals}f}"


def _signed(value: float, decimals: int) -> str:
    return "–" if not np.isfinite(value) else f"{value:+.{decimals}f}".replace("-", "−")
