"""One reading, as the reading process sees it: what was asked, and the clean copy it makes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from xpert.data.guard.budget import DiskBudget
from xpert.data.guard.clean import MatrixWriter, write_array, write_json
from xpert.data.guard.entries import Feed, Workplace
from xpert.data.guard.values import ValueCheck, clean_type
from xpert.data.guard.words import listed
from xpert.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np

    from xpert.data.guard.columns import Columns
    from xpert.data.guard.facts import Facts, Numbers
    from xpert.data.guard.h5_matrix import StoredMatrix
    from xpert.data.guard.limits import Limits


@dataclass(slots=True)
class Job:
    """What was asked for, and what has been made of it.

    Attributes
    ----------
    limits
        Bounds of this reading.
    folder
        Receives the clean copy.
    layer
        The matrix that was asked for, or None for the main one.
    tell
        Is told the share that is done.
    extra
        A further table of cells that the user gave, and its name for messages.
    hints
        What a person should know of the reading.
    places
        Names of the maps of the cells, in the order of their files.
    """

    limits: Limits
    folder: Path
    layer: str | None
    tell: Callable[[float], None]
    extra: tuple[Columns, str] | None = None
    hints: dict[str, str] = field(default_factory=dict)
    places: list[str] = field(default_factory=list)
    budget: DiskBudget = field(init=False)
    facts: Facts | None = None

    def __post_init__(self) -> None:
        self.budget = DiskBudget(self.limits.disk)

    @property
    def workplace(self) -> Workplace:
        """Where entries are brought into order."""
        return Workplace(self.folder, self.budget)

    def open_feed(
        self,
        check: ValueCheck,
        genes: int,
        dtype: np.dtype[np.generic],
        *,
        entries: int | None,
        cells: int | None = None,
    ) -> Feed:
        """Begin the clean copy of a matrix.

        Parameters
        ----------
        check
            Judges its values.
        genes, cells
            Its axes; cells may not be known yet.
        dtype
            Type of its values in the file.
        entries
            Most values that it stores; None for a dense matrix.
        """
        kept = clean_type(dtype, check.where)
        writer = MatrixWriter(self.folder, genes, kept, self.budget, entries=entries)
        return Feed(writer, check, genes, lambda done: self.tell(done / cells) if cells else None)

    def close_feed(self, feed: Feed) -> None:
        """End the clean copy; raises when a value was missing or infinite."""
        feed.check.finish(feed.cells * feed.genes)
        self.facts = feed.writer.close()
        if feed.merged:
            self.hints["duplicates"] = f"{feed.merged:,} values that stood at one place twice were added up"

    def write_matrix(
        self, matrix: StoredMatrix, obs: Columns, var: Columns, copy: Callable[[Feed], None]
    ) -> None:
        """Copy a stored matrix."""
        check = ValueCheck(matrix.where, obs.name, var.name)
        check_size(len(obs), len(var), self.limits)
        feed = self.open_feed(check, len(var), matrix.dtype, entries=matrix.entries, cells=len(obs))
        copy(feed)
        self.close_feed(feed)

    def add_place(self, name: str, coordinates: Numbers) -> None:
        """Copy where the cells stand on one map, shape ``(cells, 2)``."""
        write_array(self.folder / f"place-{len(self.places)}.npy", coordinates, self.budget, width=2)
        self.places.append(name)

    def finish(
        self, form: str, obs: Columns, var: Columns, *, layer: str = "X", layers: tuple[str, ...] = ("X",)
    ) -> None:
        """Write the tables and what describes the copy."""
        if self.facts is None:
            raise ValueError("the matrix comes before the tables")
        check_size(len(obs), len(var), self.limits)
        obs, renamed = obs.with_unique_names()
        if renamed:
            self.hints["cell_names"] = (
                f"{renamed:,} cells had the name of another cell; -1, -2 … was appended to theirs"
            )
        if self.extra:
            table, name = self.extra
            if missing := obs.join(table, name):
                self.hints["obs"] = f"{name} does not describe {missing:,} of {len(obs):,} cells"
        for what, columns in (("obs", obs), ("var", var)):
            if columns.left_out:
                reasons = [f"{name} ({why})" for name, why in columns.left_out.items()]
                self.hints[f"{what}_left_out"] = f"columns that are no text or numbers: {listed(reasons)}"
        facts = self.facts
        write_json(
            self.folder / "meta.json",
            {
                "format": form,
                "shape": [len(obs), len(var)],
                "layer": layer,
                "layers": list(layers),
                "hints": self.hints,
                "places": self.places,
                "facts": {
                    "minimum": facts.minimum,
                    "maximum": facts.maximum,
                    "is_integer": facts.is_integer,
                    "nonzero": facts.nonzero,
                },
                "obs": obs.write(self.folder / "obs.parquet"),
                "var": var.write(self.folder / "var.parquet"),
            },
        )


def check_size(cells: int, genes: int, limits: Limits) -> None:
    """Refuse a matrix that is empty or larger than is read."""
    if not cells or not genes:
        raise InputError(f"The file holds {cells:,} cells and {genes:,} genes: there is nothing to read.")
    for count, most, what in ((cells, limits.cells, "cells"), (genes, limits.genes, "genes")):
        if count > most:
            raise InputError(f"The file has {count:,} {what}; at most {most:,} are read. Split it.")
