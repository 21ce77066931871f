"""Open TG-GATEs: human hepatocytes under 146 compounds at up to three concentrations for 2, 8 and 24 hours.

A response is the mean of two arrays minus the mean of the same compound's controls of the same time, in log2. A context
is one batch of hepatocytes at one time: control expression differs far more between batches (0.34 between compounds
at 24 h) than between the replicate controls of a compound (0.13). Concentrations are in µmol/L: the file names no unit;
in vitro concentrations of the source are micromolar.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from xpert.data.collections import file_in
from xpert.data.genes import GeneNames
from xpert.data.readout import Readout
from xpert.data.responses import Condition, Context, Responses
from xpert.perturbation import Dose, DoseUnit, Modality, Perturbation, Treatment

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from xpert.data.responses import Floats

CONTROL = "Control"
LEVELS = ("Low", "Middle", "High")
REPLICATES = ("1", "2")


def load(folder: Path) -> Responses:
    """Every compound at every concentration and time, against the mean of its two controls."""
    return read_arrays(folder).responses()


@dataclass(frozen=True, eq=False)
class Arrays:
    """Single arrays.

    Attributes
    ----------
    values
        log2 intensity, shape ``(arrays, genes)``.
    genes
        Approved symbols, or the source's where there is none.
    table
        One row an array: ``compound, hours, level, replicate, concentration, batch``.
    """

    values: Floats
    genes: tuple[str, ...]
    table: pd.DataFrame

    @cached_property
    def groups(self) -> dict[tuple[str, float, str], pd.DataFrame]:
        """Treated arrays by compound, hours and level, where the compound has controls of that time."""
        cells = _by_name(self.table, ["compound", "hours", "level"])
        return {
            key: rows
            for key, rows in cells.items()
            if key[2] in LEVELS and (key[0], key[1], CONTROL) in cells
        }

    @cached_property
    def conditions(self) -> dict[tuple[str, float, str], Condition]:
        """Condition of each compound, hours and level."""
        return {
            key: Condition(
                _context_name(str(rows["batch"].iloc[0]), key[1]),
                _treatment(key[0], float(rows["concentration"].mean())),
            )
            for key, rows in self.groups.items()
        }

    @cached_property
    def _controls(self) -> dict[tuple[str, float], pd.DataFrame]:
        controls = self.table[self.table["level"] == CONTROL]
        return _by_name(controls, ["compound", "hours"])

    def deltas(
        self, controls: Sequence[str] = REPLICATES, treated: Sequence[str] = REPLICATES
    ) -> dict[tuple[str, float, str], Floats]:
        """Treated minus control by compound, hours and level, from some of the replicates; NaN without them."""
        return {
            key: self._mean(rows, treated) - self._mean(self._controls[key[:2]], controls)
            for key, rows in self.groups.items()
        }

    def _mean(self, rows: pd.DataFrame, replicates: Sequence[str]) -> Floats:
        kept = rows.index[rows["replicate"].isin(replicates)]
        mean: Floats = self.values[kept].mean(axis=0) if len(kept) else np.full(len(self.genes), np.nan)
        return mean

    def responses(self, delta: dict[tuple[str, float, str], Floats] | None = None) -> Responses:
        """As `Responses`, in the order of `groups`; with other deltas where they are given."""
        found = self.deltas() if delta is None else delta
        spread = [
            self.values[rows.index].std(axis=0, ddof=1) if len(rows) > 1 else np.full(len(self.genes), np.nan)
            for rows in self.groups.values()
        ]
        return Responses(
            readout=Readout.LOG2FC,
            genes=self.genes,
            contexts=self.contexts(),
            conditions=tuple(self.conditions.values()),
            delta=np.array([found[key] for key in self.groups], dtype=np.float32),
            spread=np.array(spread, dtype=np.float32),
            cells=np.array([len(rows) for rows in self.groups.values()], dtype=np.int64),
        )

    def contexts(self) -> tuple[Context, ...]:
        """One per batch and time; a log2 fold change is 0 in control, and each compound has two controls."""
        controls = self.table[self.table["level"] == CONTROL]
        noise = [
            self.values[own.index].var(axis=0, ddof=1)
            for _, own in controls.groupby(["compound", "hours"])
            if len(own) > 1
        ]
        spread = np.sqrt(np.mean(noise, axis=0))
        pairs = controls[["batch", "hours"]].drop_duplicates().sort_values(["batch", "hours"])
        return tuple(
            Context(
                _context_name(batch, hours),
                self.genes,
                np.zeros(len(self.genes)),
                spread,
                cells=len(REPLICATES),
                covariates={"cell type": "human hepatocytes", "batch": batch, "time": f"{hours:g} h"},
            )
            for batch, hours in zip(pairs["batch"], pairs["hours"], strict=True)
        )


def read_arrays(folder: Path) -> Arrays:
    """Read the file of single arrays."""
    import anndata

    source = anndata.read_h5ad(file_in(folder, "tggates", "tggates_human_hepatocyte_196genes.h5ad"))
    told, names = source.obs, GeneNames.load()
    table = pd.DataFrame(
        {
            "compound": told["treatmentid"].astype(str).to_numpy(),
            "hours": told["duration"].astype(float).to_numpy(),
            "level": told["dose_level"].astype(str).to_numpy(),
            "replicate": told["individual_id"].astype(str).to_numpy(),
            "concentration": told["concentration"].astype(float).to_numpy(),
            "batch": told["batchid"].astype(str).to_numpy(),
        }
    )
    symbols = source.var["Symbol"].astype(str)
    genes = tuple(names.match(symbol, aliases=False).symbol or symbol for symbol in symbols)
    return Arrays(np.asarray(source.X, dtype=float), genes, table)


def _by_name(table: pd.DataFrame, columns: list[str]) -> dict[Any, pd.DataFrame]:
    return dict(iter(table.groupby(columns)))


def _context_name(batch: str, hours: float) -> str:
    return f"human hepatocytes {batch}, {hours:g} h"


def _treatment(compound: str, concentration: float) -> Treatment:
    dose = Dose(float(f"{concentration:.6g}"), DoseUnit.MICROMOLAR)
    return Treatment.of(Perturbation(compound, Modality.COMPOUND, dose))
