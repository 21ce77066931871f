"""Runs contests and keeps what they gave, so that an interrupted run goes on where it stopped."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

import pandas as pd

from xpert.errors import InputError, nearest_names
from xpert.evaluation.blind import BLIND, blind
from xpert.evaluation.kept import Kept
from xpert.evaluation.network import on_top
from xpert.evaluation.response_contest import ResponseContest
from xpert.evaluation.splits import Folds

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from xpert.evaluation.task import Contest, Task

CEILING, NETWORK = "ceiling", "network"


class Progress(Protocol):
    """Called after each model."""

    def __call__(self, done: int, total: int, doing: str) -> None:
        """`done` of `total` models were asked; `doing` names the last one."""
        ...


@dataclass(frozen=True)
class Plan:
    """What is run.

    Attributes
    ----------
    tasks
        In the order of the tables.
    data
        Folder with one folder per data set.
    work
        Folder where outcomes are kept.
    seeds
        Seeds to deal folds for; not used where `splits` is given.
    splits
        Folder with one split file per task; None deals by seed.
    models
        Names of the contestants to ask; empty asks all.
    network
        Whether the network is trained too, where a task asks predictors: minutes to hours of its own.
    fresh
        Whether what was kept is asked anew, as it must be after a change of the code.
    """

    tasks: tuple[Task, ...]
    data: Path
    work: Path
    seeds: tuple[int, ...] = (1,)
    splits: Path | None = None
    models: tuple[str, ...] = ()
    network: bool = False
    fresh: bool = False

    def folds(self, task: Task) -> list[Folds]:
        """The folds of every seed, or those of the split file."""
        if self.splits is not None:
            return [Folds.read(self.splits, task.name)]
        return [task.deal(self.data, seed) for seed in self.seeds]


def run(plan: Plan, progress: Progress | None = None) -> pd.DataFrame:
    """Ask every model of every task on every seed; what was asked before is read again.

    Returns
    -------
    One row per held-out condition, subset, metric and model: columns ``task, seed, model, role`` and those of
    `xpert.evaluation.task.OUTCOME_COLUMNS`. The ceiling stands under the model ``ceiling`` with an empty
    condition.

    Raises
    ------
    InputError
        When data or split files are missing, or no task has a model of a name that was asked for.
    """
    jobs = [(task, folds) for task in plan.tasks for folds in plan.folds(task)]
    parts, asked = [], set()
    for number, (task, folds) in enumerate(jobs):
        kept = Kept.of(plan.work / task.name / f"seed-{folds.seed}", folds)
        wanted = plan.network or kept.has(NETWORK)
        contest = _entered(task, plan.data, folds, network=wanted)
        names = [n for n in contest.contestants if not plan.models or n in plan.models]
        asked.update(names)
        if plan.fresh:
            # The network costs hours: it is trained anew only where that is asked for.
            kept.forget([CEILING, *(n for n in names if n != NETWORK or plan.network)])
        for place, name in enumerate(names):
            parts.append(
                kept.table(name, partial(_outcomes, name, contest)).assign(task=task.name, seed=folds.seed)
            )
            if progress is not None:
                total = len(jobs) * len(names)
                progress(number * len(names) + place + 1, total, f"{task.name}, seed {folds.seed}: {name}")
        parts.append(kept.table(CEILING, partial(_ceiling, contest)).assign(task=task.name, seed=folds.seed))
    _check_asked(plan, jobs, asked)
    return pd.concat([part for part in parts if len(part)], ignore_index=True)


def _outcomes(name: str, contest: Contest) -> pd.DataFrame:
    return contest.run(name).assign(model=name, role=contest.contestants[name].value)


def _ceiling(contest: Contest) -> pd.DataFrame:
    return contest.ceiling().assign(model=CEILING, role=CEILING, fold=-1, condition="")


def _entered(task: Task, data: Path, folds: Folds, *, network: bool) -> Contest:
    """The contest of a task with those that enter every contest of predictors."""
    contest = task.prepare(data, folds)
    if not isinstance(contest, ResponseContest):
        return contest
    further = {BLIND: blind(contest)}
    if network:
        further[NETWORK] = on_top(contest, folds.seed)
    return contest.with_models(further)


def _check_asked(plan: Plan, jobs: Sequence[tuple[Task, Folds]], asked: set[str]) -> None:
    missing = [name for name in plan.models if name not in asked]
    if missing:
        known = sorted(
            {n for task, folds in jobs for n in _entered(task, plan.data, folds, network=True).contestants}
        )
        if missing[0] == NETWORK and NETWORK in known:
            raise InputError("The network has not been trained for these tasks; add --network to train it.")
        close = nearest_names(missing[0], known) or known
        raise InputError(f"No task has a model {missing[0]!r}; did you mean {', '.join(close)}?")
