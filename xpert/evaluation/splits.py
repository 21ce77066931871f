"""Split files: which conditions of a task are learned from and which are asked, fold by fold."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from xpert.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Fold:
    """One refit, by the names that a task's split file uses.

    Attributes
    ----------
    train, test
        Names, without overlap.
    """

    train: tuple[str, ...]
    test: tuple[str, ...]

    def __post_init__(self) -> None:
        if both := set(self.train) & set(self.test):
            raise ValueError(f"{len(both)} names are learned from and asked, for example {sorted(both)[0]!r}")
        if not self.test:
            raise ValueError("a fold asks nothing")


@dataclass(frozen=True)
class Folds:
    """All folds of a task for one seed.

    Attributes
    ----------
    task
        Name of the task.
    seed
        Of the deal, and of every draw that a fit makes.
    folds
        In order.
    """

    task: str
    seed: int
    folds: tuple[Fold, ...]

    @classmethod
    def of_parts(cls, task: str, seed: int, names: Sequence[str], part: Sequence[int]) -> Self:
        """One fold per part: its names are asked, all others learned from.

        Parameters
        ----------
        task, seed
            See the attributes.
        names
            Everything that is dealt.
        part
            Number of each name's part, from 0 on.
        """
        dealt = list(zip(names, map(int, part), strict=True))
        folds = tuple(
            Fold(tuple(n for n, p in dealt if p != number), tuple(n for n, p in dealt if p == number))
            for number in range(max(part) + 1)
        )
        return cls(task, seed, folds)

    @classmethod
    def read(cls, folder: Path, task: str) -> Self:
        """Read ``<task>.json``: ``{"task", "seed", "folds": [{"train": […], "test": […]}]}``.

        Raises
        ------
        InputError
            When the file is missing or malformed.
        """
        path = folder / f"{task}.json"
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            folds = tuple(
                Fold(tuple(map(str, f["train"])), tuple(map(str, f["test"]))) for f in found["folds"]
            )
            return cls(str(found["task"]), int(found["seed"]), folds)
        except FileNotFoundError as error:
            raise InputError(f"There is no split file {path.name} in {folder}.") from error
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise InputError(f"The split file {path.name} cannot be used: {error}") from error

    def write(self, folder: Path) -> None:
        """Write the file that `read` reads."""
        folds = [{"train": list(fold.train), "test": list(fold.test)} for fold in self.folds]
        text = json.dumps({"task": self.task, "seed": self.seed, "folds": folds}, indent=0)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{self.task}.json").write_text(text, encoding="utf-8")
