"""Runs contests and keeps what they gave, so that an interrupted run goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import pandas as pd

from xpert.errors import InputError, nearest_names
from xpert.evaluation.splits import Folds
from xpert.parquet import read_frame

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from xpert.evaluation.task import Contest, Task

CEILING = "ceiling"


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
    """

    tasks: tuple[Task, ...]
    data: Path
    work: Path
    seeds: tuple[int, ...] = (1,)
    splits: Path | None = None
    models: tuple[str, ...] = ()

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
        kept = _Kept(plan.work / task.name / f"seed-{folds.seed}", folds)
        contest = _Lazy(task, plan.data, folds)
        names = [n for n in contest.names(kept) if not plan.models or n in plan.models]
        asked.update(names)
        for place, name in enumerate(names):
            parts.append(kept.outcomes(name, contest).assign(task=task.name, seed=folds.seed))
            if progress is not None:
                total = len(jobs) * len(names)
                progress(number * len(names) + place + 1, total, f"{task.name}, seed {folds.seed}: {name}")
        parts.append(kept.ceiling(contest).assign(task=task.name, seed=folds.seed))
    _check_asked(plan, jobs, asked)
    return pd.concat([part for part in parts if len(part)], ignore_index=True)


@dataclass(eq=False)
class _Lazy:
    """A contest that is prepared when something must be computed."""

    task: Task
    data: Path
    folds: Folds
    prepared: Contest | None = None

    @property
    def contest(self) -> Contest:
        if self.prepared is None:
            self.prepared = self.task.prepare(self.data, self.folds)
        return self.prepared

    def names(self, kept: _Kept) -> list[str]:
        """Contestants: of the last run where its folds were the same, so that nothing has to be read."""
        return list(kept.roles(self))


@dataclass(frozen=True, eq=False)
class _Kept:
    """The outcomes of one task and seed on disk, void when the folds have changed."""

    folder: Path
    folds: Folds

    @property
    def fingerprint(self) -> str:
        listed = [[fold.train, fold.test] for fold in self.folds.folds]
        return hashlib.sha256(json.dumps([self.folds.seed, listed]).encode()).hexdigest()

    def roles(self, contest: _Lazy) -> dict[str, str]:
        """Role of every contestant."""
        found = {name: role.value for name, role in contest.contest.contestants.items()}
        path = self.folder / "folds.json"
        described = json.dumps({"fingerprint": self.fingerprint})
        if not path.is_file() or path.read_text(encoding="utf-8") != described:
            for stale in self.folder.glob("*.parquet"):
                stale.unlink()
            _write(path, described.encode())
        return found

    def outcomes(self, name: str, contest: _Lazy) -> pd.DataFrame:
        """Read what a model scored, or let it be asked."""
        path = self.folder / f"{_plain(name)}.parquet"
        if not path.is_file():
            table = contest.contest.run(name)
            role = contest.contest.contestants[name].value
            _write(path, table.assign(model=name, role=role).to_parquet(index=False))
        return read_frame(path)

    def ceiling(self, contest: _Lazy) -> pd.DataFrame:
        """Read what repeating the experiment scores, or compute it."""
        path = self.folder / f"{CEILING}.parquet"
        if not path.is_file():
            table = contest.contest.ceiling()
            table = table.assign(model=CEILING, role=CEILING, fold=-1, condition="")
            _write(path, table.to_parquet(index=False))
        return read_frame(path)


def _check_asked(plan: Plan, jobs: Sequence[tuple[Task, Folds]], asked: set[str]) -> None:
    missing = [name for name in plan.models if name not in asked]
    if missing:
        known = sorted({n for task, folds in jobs for n in task.prepare(plan.data, folds).contestants})
        close = nearest_names(missing[0], known) or known
        raise InputError(f"No task has a model {missing[0]!r}; did you mean {', '.join(close)}?")


def _plain(name: str) -> str:
    """A file name for a model: its letters and digits, and a few characters that keep names apart."""
    digest = hashlib.sha256(name.encode()).hexdigest()[:6]
    return f"{re.sub(r'[^a-z0-9]+', '-', name.casefold()).strip('-')[:60]}-{digest}"


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(content)
    part.replace(path)
