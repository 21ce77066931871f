"""Confidence of every task's shipped predictor: computed once, kept, and written as a page."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from xpert.evaluation.confidence import SUMMARY_COLUMNS, confidence
from xpert.evaluation.kept import Kept
from xpert.evaluation.response_contest import ResponseContest
from xpert.model.calibration import LEVELS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from xpert.evaluation.run import Plan, Progress

TABLE_COLUMNS = ("task", "seeds", *SUMMARY_COLUMNS)
HEAD = """# How far intervals and expected errors can be trusted

Written by `xpert benchmark --confidence --docs`. {folds} Intervals and expected errors of the shipped predictor were learned
inside each training part, by leaving out parts of it by the task's own rule, and are compared here with conditions of which
nothing was seen. Only genes that respond to anything in the context count: where a gene is not expressed, an interval holds by
itself. Values are means over conditions and seeds.

![Stated against observed coverage](confidence.svg)

"""


def measure(plan: Plan, progress: Progress | None = None) -> pd.DataFrame:
    """Confidence on every task that asks predictors, columns `TABLE_COLUMNS`; one row per task, subset and level.

    What was measured before on the same folds is read again.

    Tasks that rank genes or compounds have no intervals and are left out.
    """
    rows = []
    for number, task in enumerate(plan.tasks):
        found = []
        for folds in plan.folds(task):
            kept = Kept.of(plan.work / "confidence" / task.name / f"seed-{folds.seed}", folds)
            if plan.fresh:
                kept.clear()
            contest = task.prepare(plan.data, folds)
            if isinstance(contest, ResponseContest):
                found.append(kept.table("summary", partial(_summary, contest)))
        if found:
            rows.append(_averaged(found).assign(task=task.name, seeds=len(found)))
        if progress is not None:
            progress(number + 1, len(plan.tasks), f"confidence of {task.name}")
    return (
        pd.concat(rows, ignore_index=True)[list(TABLE_COLUMNS)]
        if rows
        else pd.DataFrame(columns=TABLE_COLUMNS)
    )


def _summary(contest: ResponseContest) -> pd.DataFrame:
    return confidence(contest).summary()


def _averaged(found: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Mean of the summaries of several seeds."""
    summaries = pd.concat(found, ignore_index=True)
    return summaries.groupby(["subset", "level"], sort=False).mean().reset_index()


def page(table: pd.DataFrame, folds: str) -> str:
    """The page: coverage per level, then expected errors.

    Parameters
    ----------
    table
        From `measure`.
    folds
        Where the folds came from, in a sentence.
    """
    percent = [f"{100 * level:.0f} %" for level in LEVELS]
    text = HEAD.format(folds=folds) + "## Share of gene values inside\n\n"
    head = (
        "task",
        "on",
        "conditions",
        *percent,
        "worst miss",
        "width of 90 %",
        "conditions at 90 %",
        "genes at 90 %",
    )
    text += _markdown(head, [_coverage_row(part) for part in _parts(table)])
    text += (
        "\nThe last two columns are the 10th to 90th percentile over conditions and over genes: an interval is right on "
        "average, not for each. Widths are in the readout of the data.\n\n## Which condition will be wrong?\n\n"
        "Spearman correlation with the actual error over held-out conditions, of the expected error and of the distance to "
        "the nearest treatment that was learned from.\n\n"
    )
    text += _markdown(
        ("task", "on", "conditions", "expected error", "distance"),
        [_error_row(part) for part in _parts(table)],
    )
    return f"{text}\n{_verdict(table)}\n"


def worst_miss(part: pd.DataFrame) -> float:
    """Largest difference between stated and observed coverage, in points."""
    return float(100 * (part["coverage"] - part["level"]).abs().max())


def _parts(table: pd.DataFrame) -> Iterator[pd.DataFrame]:
    for _, part in table.groupby(["task", "subset"], sort=False):
        yield part


def _coverage_row(part: pd.DataFrame) -> tuple[str, ...]:
    first, ninety = part.iloc[0], part[part["level"] == 0.9].iloc[0]
    return (
        str(first["task"]), str(first["subset"]), f"{first['conditions']:.0f}",
        *(f"{100 * value:.1f}" for value in part["coverage"]), f"{worst_miss(part):.1f}", f"{ninety['width']:.3g}",
        *(f"{100 * ninety[f'low_{of}']:.0f} – {100 * ninety[f'high_{of}']:.0f}" for of in ("conditions", "genes")),
    )  # fmt: skip


def _error_row(part: pd.DataFrame) -> tuple[str, ...]:
    first = part.iloc[0]
    expected, novelty = float(first["expected_correlation"]), float(first["novelty_correlation"])
    shown = [f"{value:.2f}" if np.isfinite(value) else "–" for value in (expected, novelty)]
    if expected > np.nan_to_num(novelty):
        shown[0] = f"**{shown[0]}**"
    return (str(first["task"]), str(first["subset"]), f"{first['conditions']:.0f}", *shown)


def _verdict(table: pd.DataFrame) -> str:
    parts = list(_parts(table))
    close = sum(worst_miss(part) <= 2.0 for part in parts)
    better = sum(
        part["expected_correlation"].iloc[0] > np.nan_to_num(part["novelty_correlation"].iloc[0])
        for part in parts
    )
    return (
        f"Coverage is within 2 points of what is stated at every level on {close} of {len(parts)} rows; the expected error "
        f"knows more than the distance on {better} of {len(parts)}."
    )


def write(folder: Path, table: pd.DataFrame, folds: str) -> None:
    """Write ``confidence.md``; its picture is drawn from the same table by `xpert.plots.reliability`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "confidence.md").write_text(page(table, folds), encoding="utf-8")


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)]) + "\n"
