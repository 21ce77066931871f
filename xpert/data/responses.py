"""Responses per condition: what baselines and networks are fitted to, whatever file they came from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xpert.data.readout import Readout
    from xpert.perturbation import Treatment

Floats = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class Context:
    """A cell state, and its unperturbed expression.

    Attributes
    ----------
    name
        For example ``K562``.
    genes
        Names of the genes, in the order of `control`.
    control
        Mean control value per gene in the readout of its data, shape ``(genes,)``; zeros where the
        readout is a difference to control.
    spread
        Standard deviation over control cells, shape ``(genes,)``; NaN where it is not known.
    cells
        Number of control cells or arrays behind `control`.
    covariates
        What else is known of the state: cell type, time …
    """

    name: str
    genes: tuple[str, ...]
    control: Floats
    spread: Floats
    cells: int = 0
    covariates: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for what, values in (("control", self.control), ("spread", self.spread)):
            if values.shape != (len(self.genes),):
                raise ValueError(
                    f"{what} of context {self.name} has shape {values.shape}, not ({len(self.genes)},)"
                )
        if not np.isfinite(self.control).all():
            raise ValueError(f"context {self.name} has a control value that is not finite")

    def aligned(self, genes: tuple[str, ...]) -> Context:
        """The same context on other genes, by name.

        Raises
        ------
        KeyError
            When a gene is not measured here.
        """
        if genes == self.genes:
            return self
        place = {gene: i for i, gene in enumerate(self.genes)}
        order = np.array([place[gene] for gene in genes], dtype=np.intp)
        return replace(self, genes=genes, control=self.control[order], spread=self.spread[order])


@dataclass(frozen=True, order=False)
class Condition:
    """One treatment in one context."""

    context: str
    treatment: Treatment

    def __str__(self) -> str:
        return f"{self.context} | {self.treatment}"


@dataclass(frozen=True, eq=False)
class Responses:
    """Mean response of each condition; control is not among them.

    Attributes
    ----------
    readout
        Unit of every value.
    genes
        Gene names, length ``genes``.
    contexts
        Every context that a condition stands in.
    conditions
        One per row, without repeats.
    delta
        Response minus control, float32, shape ``(conditions, genes)``; NaN where not measured.
    spread
        Standard deviation over treated cells, shape ``(conditions, genes)``; NaN where not known.
    cells
        Cells or arrays behind each row, shape ``(conditions,)``.
    """

    readout: Readout
    genes: tuple[str, ...]
    contexts: tuple[Context, ...]
    conditions: tuple[Condition, ...]
    delta: Floats
    spread: Floats
    cells: npt.NDArray[np.integer[Any]]

    def __post_init__(self) -> None:
        shape = (len(self.conditions), len(self.genes))
        if self.delta.shape != shape or self.spread.shape != shape:
            raise ValueError(f"delta {self.delta.shape} and spread {self.spread.shape} should be {shape}")
        if self.cells.shape != shape[:1]:
            raise ValueError(f"cells has shape {self.cells.shape}, not {shape[:1]}")
        if len(set(self.conditions)) < len(self.conditions):
            raise ValueError("a condition stands twice")
        unknown = {c.context for c in self.conditions} - self.context.keys()
        if unknown:
            raise ValueError(f"conditions name contexts that are not given: {sorted(unknown)}")
        if any(c.treatment.is_control for c in self.conditions):
            raise ValueError("control is not a response")

    @cached_property
    def context(self) -> dict[str, Context]:
        """Contexts by name."""
        return {c.name: c for c in self.contexts}

    def __len__(self) -> int:
        return len(self.conditions)

    def take(self, rows: Sequence[int] | npt.NDArray[np.integer[Any]]) -> Responses:
        """Some of the rows, in the order given; contexts are kept."""
        rows = np.asarray(rows, dtype=np.intp)
        return replace(
            self,
            conditions=tuple(self.conditions[i] for i in rows),
            delta=self.delta[rows],
            spread=self.spread[rows],
            cells=self.cells[rows],
        )
