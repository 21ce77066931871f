"""A cell table as the detection looks at it: its columns by name and by what they hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from xpert.data.columns import Factor, factor, numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xpert.data.columns import Codes
    from xpert.data.genes import GeneNames
    from xpert.data.problem import Problem


@dataclass(eq=False)
class Clues:
    """What is known while a file is looked at; lives for one detection.

    Attributes
    ----------
    obs, var
        The annotation of cells and genes.
    file
        The file's name as shown.
    genes
        Gene names.
    reasons
        One sentence for each field of the schema that was set.
    questions
        What the user should answer.
    """

    obs: pd.DataFrame
    var: pd.DataFrame
    file: str
    genes: GeneNames
    reasons: dict[str, str] = field(default_factory=dict)
    questions: list[Problem] = field(default_factory=list)
    _factors: dict[str, Factor] = field(default_factory=dict)

    def factor(self, column: str) -> Factor:
        """Distinct values of a column, computed once."""
        if column not in self._factors:
            self._factors[column] = factor(self.obs[column])
        return self._factors[column]

    def named(self, *names: str) -> Iterator[str]:
        """The columns that go by one of the names, in the order of the names, whatever their case."""
        by_fold: dict[str, str] = {}
        for column in self.obs.columns:
            by_fold.setdefault(_folded(str(column)), str(column))
        for name in dict.fromkeys(map(_folded, names)):
            if name in by_fold:
                yield by_fold[name]

    def has(self, *names: str) -> bool:
        """Whether a column goes by one of the names."""
        return next(self.named(*names), None) is not None

    def grouping(self, *names: str, least: int = 1) -> Iterator[str]:
        """Of these columns, those that group cells: at least so many values, and fewer than cells."""
        for column in self.named(*names):
            values = len(self.factor(column).values)
            if least <= values <= max(2, 0.6 * len(self.obs)):
                yield column

    def values_where(self, column: str, cells: Codes) -> tuple[str, ...]:
        """Distinct values of a column among some of the cells."""
        found = self.factor(column)
        codes = np.unique(found.codes[cells])
        return tuple(found.values[code] for code in codes if code >= 0)

    def is_numeric(self, column: str) -> bool:
        """Whether every value that is there is a number."""
        values = self.factor(column).values
        return bool(values) and not np.isnan(numbers(pd.Series(values, dtype=object))).any()


def _folded(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum())
