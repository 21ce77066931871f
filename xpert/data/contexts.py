"""The cell state of each cell, named by its columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from xpert.data.columns import combine, factor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from xpert.data.columns import Codes
    from xpert.data.schema import ObsSchema

ONLY_CONTEXT = "all cells"
NOT_STATED = "not stated"


@dataclass(frozen=True, eq=False)
class CellContexts:
    """The context of each cell.

    Attributes
    ----------
    codes
        Index into `names`, shape ``(cells,)``.
    names
        Names of the contexts in order of first appearance.
    covariates
        For each context the value of each column.
    incomplete
        Cells in which a column has no value.
    """

    codes: Codes
    names: tuple[str, ...]
    covariates: tuple[Mapping[str, str], ...]
    incomplete: int = 0


def read_contexts(obs: pd.DataFrame, schema: ObsSchema) -> CellContexts:
    """Name the context of each cell.

    A name joins the values of the columns that differ between contexts; where none does it is the value of
    the first column.
    """
    if not schema.context_keys:
        return CellContexts(np.zeros(len(obs), dtype=np.int64), (ONLY_CONTEXT,), ({},))
    columns = [factor(obs[key]) for key in schema.context_keys]
    codes, rows = combine([found.codes for found in columns])
    covariates = tuple(
        {
            key: found.values[code] if code >= 0 else NOT_STATED
            for key, found, code in zip(schema.context_keys, columns, row, strict=True)
        }
        for row in rows.tolist()
    )
    incomplete = int(np.any([found.codes < 0 for found in columns], axis=0).sum())
    return CellContexts(codes, _names(schema.context_keys, covariates), covariates, incomplete)


def _names(keys: Sequence[str], covariates: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    varied = [key for key in keys if len({row[key] for row in covariates}) > 1] or [keys[0]]
    shown = [keys[0], *varied] if varied[0] != keys[0] and _is_number(covariates[0][varied[0]]) else varied
    names = tuple(", ".join(_value(key, row[key]) for key in shown) for row in covariates)
    if len(set(names)) == len(names):
        return names
    return tuple(", ".join(f"{key}={row[key]}" for key in varied) for row in covariates)


def _value(key: str, value: str) -> str:
    """A value that speaks for itself; a bare number needs the name of its column."""
    return f"{key} {value}" if _is_number(value) else value


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal()
