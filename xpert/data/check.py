"""What a file holds, as `xpert check` prints it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from xpert.data.dataset import PerturbationDataset
from xpert.data.detect import detect_schema
from xpert.data.problem import listed, plural
from xpert.data.responses import Condition
from xpert.data.validate import problems_of, sort_problems
from xpert.perturbation import CONTROL

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from xpert.data.detect import SchemaProposal
    from xpert.data.problem import Problem
    from xpert.data.table import CellTable


@dataclass(frozen=True, eq=False)
class CheckReport:
    """A file as it is understood, with everything that is wrong or good to know.

    Attributes
    ----------
    dataset
        The cells with their meaning.
    proposal
        The meaning of the columns, with reasons.
    problems
        The gravest first; questions about what the file does not say are among them.
    """

    dataset: PerturbationDataset
    proposal: SchemaProposal
    problems: tuple[Problem, ...]

    @property
    def is_usable(self) -> bool:
        """Whether no problem is an error."""
        return not any(problem.severity == "error" for problem in self.problems)

    @property
    def control(self) -> str | None:
        """Label of control in the file, several with commas; None where there is none."""
        return ", ".join(self.proposal.schema.control_labels) or None

    @cached_property
    def treatments(self) -> tuple[str, ...]:
        """Text of each distinct treatment, without control, in the order of the alphabet."""
        return tuple(sorted({str(condition.treatment) for condition in self.dataset.conditions}))

    @cached_property
    def combinations(self) -> int:
        """Number of distinct treatments with two or more perturbations."""
        return len({c.treatment for c in self.dataset.conditions if len(c.treatment) > 1})

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        dataset, table, proposal = self.dataset, self.dataset.table, self.proposal
        return {
            "file": table.name,
            "format": table.format,
            "sha256": table.sha256,
            "layer": table.layer,
            "layers": list(table.layers),
            "cells": table.shape[0],
            "genes": len(dataset.genes),
            "readout": str(dataset.file_readout),
            "readout_reason": dataset.found_readout.reason,
            "worked_in": str(dataset.readout),
            "normalisation": list(dataset.normalisation),
            "organism": dataset.organism,
            "convention": proposal.convention,
            "mapping": proposal.schema.to_mapping(),
            "reasons": dict(proposal.reasons),
            "control": self.control,
            "control_labels": list(proposal.schema.control_labels),
            "control_cells": {name: self._control_cells(name) for name in dataset.contexts},
            "contexts": list(dataset.contexts),
            "conditions": list(self.treatments),
            "combinations": self.combinations,
            "cells_per_condition": [
                {"context": c.context, "treatment": str(c.treatment), "cells": dataset.counts[c]}
                for c in dataset.conditions
            ],
            "left_out": dict(dataset.left_out),
            "problems": [problem.to_dict() for problem in self.problems],
        }

    def to_text(self) -> str:
        """The same for people: what was found, why, and what to do."""
        dataset, table = self.dataset, self.dataset.table
        control = f"{self.control} ({self._all_control_cells():,} cells)" if self.control else "none found"
        lines = [
            f"{table.name}: {table.shape[0]:,} cells × {len(dataset.genes):,} genes, {dataset.organism}",
            f"  values       {dataset.file_readout.label} (layer {table.layer}). {dataset.found_readout.reason}",
            f"  worked in    {dataset.readout.label}" + "".join(f"; {s}" for s in dataset.normalisation),
            f"  convention   {self.proposal.convention}",
            f"  control      {control}",
            f"  contexts     {len(dataset.contexts):,}: {listed(dataset.contexts, most=8)}",
            f"  treatments   {len(self.treatments):,}, of which {self.combinations:,} combinations: "
            f"{listed(self.treatments, most=4)}",
            "",
            "What the columns mean",
            *(f"  {reason}" for reason in self.proposal.reasons.values()),
            "",
            plural(len(self.problems), "problem") if self.problems else "No problems",
        ]
        for problem in self.problems:
            lines += [
                f"  {problem.severity:<8} {problem.where}: {problem.what}",
                f"           → {problem.do}",
            ]
        return "\n".join(printable(line) for line in lines) + "\n"

    def _control_cells(self, context: str) -> int:
        return self.dataset.counts.get(Condition(context, CONTROL), 0)

    def _all_control_cells(self) -> int:
        return sum(map(self._control_cells, self.dataset.contexts))


def check(
    path: str | Path, *, mapping: Mapping[str, str] | None = None, layer: str | None = None
) -> CheckReport:
    """Read a file and say what it holds.

    Parameters
    ----------
    path
        File or folder of data.
    mapping
        What the user says of the columns, as ``{key: column or constant}``.
    layer
        ``X``, ``raw`` or a layer's name; the main matrix where None.

    Raises
    ------
    InputError
        When the file cannot be read, or the mapping names what it does not have.
    """
    from xpert.data.read import read

    return check_table(read(path, layer=layer), mapping)


def check_table(table: CellTable, mapping: Mapping[str, str] | None = None) -> CheckReport:
    """Say what a table holds; the same as `check` for one that is already read."""
    proposal = detect_schema(table, mapping)
    dataset = PerturbationDataset.of(table, proposal.schema)
    problems = sort_problems([*proposal.questions, *problems_of(dataset)])
    return CheckReport(dataset, proposal, problems)


def printable(text: str) -> str:
    """Text that a terminal only shows: what steers it is replaced."""
    return "".join(c if c.isprintable() else "�" for c in text)
