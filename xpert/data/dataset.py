"""Cells with the treatment and the context of each: the value that everything downstream is computed from."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from xpert.data.columns import numbers
from xpert.data.contexts import CellContexts, read_contexts
from xpert.data.detect_readout import ReadoutGuess, detect_readout
from xpert.data.gene_columns import GeneColumns
from xpert.data.genes import GeneNames
from xpert.data.matrix import release
from xpert.data.normalise import Normalisation
from xpert.data.readout import Readout
from xpert.data.responses import Condition
from xpert.data.treatments import CellTreatments, read_treatments
from xpert.errors import InputError, nearest_names
from xpert.perturbation import CONTROL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from xpert.data.genes import Organism
    from xpert.data.matrix import Cells
    from xpert.data.problem import Problem
    from xpert.data.responses import Context, Responses
    from xpert.data.schema import ObsSchema
    from xpert.data.summary import ConditionSummary
    from xpert.data.table import CellTable

Rows = npt.NDArray[np.int64]
CHUNK = 5_000


@dataclass(frozen=True, eq=False)
class PerturbationDataset:
    """Cells, what was done to each, and in which context. Build it with `PerturbationDataset.of`.

    Attributes
    ----------
    table
        The cells as they stand in the file.
    schema
        What the columns of ``obs`` mean.
    gene_columns
        Which gene each column of the matrix measures.
    found_readout
        Unit of the values in the file, and how it was told.
    normaliser
        How the file's values become values in `readout`.
    cell_contexts, cell_treatments
        Context and treatment of each cell.
    groups
        Each condition that occurs, controls among them: contexts in order of appearance, control first.
    group_codes
        Index into `groups` per cell, -1 where a cell is left out, shape ``(cells,)``.
    left_out
        Reason to number of cells that are in no group.
    """

    table: CellTable
    schema: ObsSchema
    gene_columns: GeneColumns
    found_readout: ReadoutGuess
    normaliser: Normalisation
    cell_contexts: CellContexts
    cell_treatments: CellTreatments
    groups: tuple[Condition, ...]
    group_codes: Rows
    left_out: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, table: CellTable, schema: ObsSchema, *, normalise: bool = True) -> PerturbationDataset:
        """Read the meaning of a table.

        Parameters
        ----------
        table
            Cells, as `xpert.data.read.read` gives them.
        schema
            What its columns mean.
        normalise
            Whether counts and CP10k become ln(1 + CP10k). What was done stands in `normalisation`.

        Raises
        ------
        InputError
            When the schema names a column that the table does not have.
        """
        _check_columns(table, schema)
        names = table.gene_names if schema.gene_key is None else table.var[schema.gene_key].astype(str)
        known = GeneNames.load()
        columns = GeneColumns.of(names, known)
        found = detect_readout(table)
        if schema.readout is not None and schema.readout is not found.readout:
            found = ReadoutGuess(schema.readout, f"Mapped by hand; the values look like {found.readout}.")
        contexts = read_contexts(table.obs, schema)
        treatments = read_treatments(table.obs, schema, known, columns.organism)
        kept, left_out = _kept(table, schema, treatments, found.readout)
        groups, codes = _group(contexts, treatments, kept)
        normaliser = Normalisation.of(found) if normalise else Normalisation.none(found.readout)
        return cls(table, schema, columns, found, normaliser, contexts, treatments, groups, codes, left_out)

    @property
    def genes(self) -> tuple[str, ...]:
        """Names of the genes: resolved, unique, length ``genes``."""
        return self.gene_columns.genes

    @property
    def organism(self) -> Organism:
        """By the names of the genes."""
        return self.gene_columns.organism

    @property
    def readout(self) -> Readout:
        """Unit of the values that `expression` and `chunks` give."""
        return self.normaliser.readout

    @property
    def file_readout(self) -> Readout:
        """Unit of the values in the file."""
        return self.found_readout.readout

    @property
    def normalisation(self) -> tuple[str, ...]:
        """What is done to the file's values, in words, in order; empty where nothing is."""
        return self.normaliser.steps

    @property
    def notes(self) -> tuple[Problem, ...]:
        """What was met while labels were read."""
        return self.cell_treatments.problems

    @property
    def contexts(self) -> tuple[str, ...]:
        """Names of the contexts, in order of first appearance."""
        return self.cell_contexts.names

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """Every treatment in every context that it occurs in, without control."""
        return tuple(group for group in self.groups if not group.treatment.is_control)

    @cached_property
    def counts(self) -> Mapping[Condition, int]:
        """Cells per group, control among them."""
        cells = np.bincount(self.group_codes[self.group_codes >= 0], minlength=len(self.groups))
        return dict(zip(self.groups, cells.tolist(), strict=True))

    @cached_property
    def _place(self) -> Mapping[Condition, int]:
        return {group: code for code, group in enumerate(self.groups)}

    @cached_property
    def _sorted_cells(self) -> tuple[Rows, Rows]:
        """Cells by group, and where each group starts among them; cells that are left out are not there."""
        order = np.argsort(self.group_codes, kind="stable")
        starts = np.searchsorted(self.group_codes[order], np.arange(len(self.groups) + 1))
        return order, starts

    def rows(self, condition: Condition) -> Rows:
        """Cells of a condition, ascending; none where it does not occur."""
        code = self._place.get(condition)
        if code is None:
            return np.empty(0, dtype=np.int64)
        order, starts = self._sorted_cells
        return order[starts[code] : starts[code + 1]]

    def control_rows(self, context: str) -> Rows:
        """Control cells of a context, ascending.

        Raises
        ------
        InputError
            When there is no such context.
        """
        self._check_context(context)
        return self.rows(Condition(context, CONTROL))

    def expression(self, rows: Rows | Sequence[int] | slice) -> Cells:
        """Values of some cells in `readout`, shape ``(cells, genes)``, in the order of `genes`."""
        picked = self.table.matrix[rows if isinstance(rows, slice) else np.asarray(rows, dtype=np.int64)]
        return self._prepared(picked)

    def chunks(self, cells: int = CHUNK) -> Iterator[tuple[slice, Cells]]:
        """All cells of the file in order, some at a time, in `readout`; `group_codes` says what each is."""
        for place, values in self.table.chunks(cells):
            yield place, self._prepared(values)
            release(values)

    def _prepared(self, values: Cells) -> Cells:
        """Duplicated genes are joined before a logarithm is taken, so that amounts add up as amounts."""
        if self.gene_columns.is_plain:
            return self.normaliser.apply(values)
        if self.file_readout in {Readout.COUNTS, Readout.CP10K}:
            return self.normaliser.apply(self.gene_columns.joined(values, self.file_readout))
        return self.gene_columns.joined(self.normaliser.apply(values), self.readout)

    def context(self, name: str) -> Context:
        """A cell state with the mean and spread of its control cells.

        Raises
        ------
        InputError
            When there is no such context, or it has no control cells.
        """
        from xpert.data.summary import context_of

        self._check_context(name)
        return context_of(self, name)

    def summarise(self, cells: int = CHUNK) -> ConditionSummary:
        """Mean, variance and count of every group, read `cells` at a time."""
        from xpert.data.summary import summarise

        return summarise(self, cells)

    def responses(self, *, contexts: Sequence[str] | None = None, minimum_cells: int = 1) -> Responses:
        """Mean shift of every condition against the control of its context.

        Parameters
        ----------
        contexts
            Those that are wanted; all where None.
        minimum_cells
            Conditions with fewer cells are not given.

        Raises
        ------
        InputError
            When a context that is wanted has no control cells.
        """
        from xpert.data.summary import responses_of

        for name in contexts or ():
            self._check_context(name)
        return responses_of(self.summarise(), self, contexts or self.contexts, minimum_cells)

    def covariates(self, context: str) -> Mapping[str, str]:
        """Value of each context column in a context."""
        self._check_context(context)
        return self.cell_contexts.covariates[self.contexts.index(context)]

    def _check_context(self, name: str) -> None:
        if name not in self.contexts:
            near = nearest_names(name, self.contexts) or self.contexts[:10]
            raise InputError(f"{self.table.name} has no context {name!r}. It has: {', '.join(near)}.")


def _check_columns(table: CellTable, schema: ObsSchema) -> None:
    wanted = {**schema.columns, **{f"context {key}": key for key in schema.context_keys}}
    missing = sorted({column for column in wanted.values() if column not in table.obs.columns})
    if schema.gene_key is not None and schema.gene_key not in table.var.columns:
        missing.append(schema.gene_key)
    if missing:
        raise InputError(f"{table.name} has no column {', '.join(map(repr, missing))}.")


def _kept(
    table: CellTable, schema: ObsSchema, treatments: CellTreatments, readout: Readout
) -> tuple[npt.NDArray[np.bool_], dict[str, int]]:
    """Cells that are used, and why others are not."""
    reasons: dict[str, npt.NDArray[np.bool_]] = {"no label that can be read": treatments.codes < 0}
    if readout in {Readout.COUNTS, Readout.CP10K, Readout.LOG1P}:
        reasons["no counts at all"] = table.facts.detected == 0
    if schema.purity_key is not None and schema.minimum_purity is not None:
        reason = f"{schema.purity_key} of {schema.minimum_purity:g} or less"
        reasons[reason] = _is_impure(numbers(table.obs[schema.purity_key]), schema.minimum_purity, treatments)
    kept = np.ones(len(table.obs), dtype=bool)
    left_out: dict[str, int] = {}
    for reason, out in reasons.items():
        if (kept & out).any():
            left_out[reason] = int((kept & out).sum())
        kept &= ~out
    return kept, left_out


def _is_impure(
    purity: npt.NDArray[np.float64], minimum: float, treatments: CellTreatments
) -> npt.NDArray[np.bool_]:
    """Cells whose guide is not surely the only one; a control cell may have no guide, so no purity either."""
    control = [code for code, treatment in enumerate(treatments.treatments) if treatment.is_control]
    return (purity <= minimum) | (np.isnan(purity) & ~np.isin(treatments.codes, control))


def _group(
    contexts: CellContexts, treatments: CellTreatments, kept: npt.NDArray[np.bool_]
) -> tuple[tuple[Condition, ...], Rows]:
    """Conditions that occur, by context, control first and then by text; and the one of each cell."""
    width = max(1, len(treatments.treatments))
    joint = np.where(kept, contexts.codes * width + treatments.codes, -1)
    occurring = np.unique(joint[joint >= 0])
    pairs = [(int(code) // width, treatments.treatments[int(code) % width], int(code)) for code in occurring]
    ordered = sorted(pairs, key=lambda pair: (pair[0], not pair[1].is_control, str(pair[1])))
    place = np.full(len(contexts.names) * width + 1, -1, dtype=np.int64)
    for position, (_, _, code) in enumerate(ordered):
        place[code] = position
    groups = tuple(Condition(contexts.names[context], treatment) for context, treatment, _ in ordered)
    return groups, place[joint]
