"""What was measured, shrunk by how much of it is noise: the answer where a condition was measured already."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from xpert.data.responses import Condition
from xpert.model.baselines.profiles import (
    check_every_gene_is_measured,
    check_kind,
    require_fitted,
    shifts,
)
from xpert.perturbation import Treatment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xpert.data.responses import Context, Floats, Responses


@dataclass(frozen=True, eq=False)
class Memory:
    """Measured conditions, without perturbations of zero strength, and what is kept of each shift.

    Attributes
    ----------
    conditions
        One per row.
    shift
        Shape ``(conditions, genes)``.
    """

    conditions: tuple[Condition, ...]
    shift: Floats

    @cached_property
    def row(self) -> dict[Condition, int]:
        """Row of each condition."""
        return {condition: i for i, condition in enumerate(self.conditions)}


@dataclass(frozen=True, eq=False)
class Recalled:
    """The measured shift of a measured condition; no change for any other.

    Method: the positive-part shrinkage of James and Stein (1961). A mean over cells carries the variance of its
    cells divided by their number, treated and control; the share of the squared shift that this explains is
    taken off. Where no spread over cells is known, the shift is kept as it was measured.

    Attributes
    ----------
    memory
        What was measured; None before `fit`.
    """

    memory: Memory | None = None

    @property
    def name(self) -> str:
        """Name as shown beside a score."""
        return "measured, shrunk"

    def fit(self, responses: Responses) -> Self:
        """Remember every condition."""
        check_every_gene_is_measured(responses)
        kept = shares_of_signal(responses)[:, None] * np.nan_to_num(responses.delta)
        conditions = tuple(Condition(c.context, c.treatment.active) for c in responses.conditions)
        return type(self)(Memory(conditions, kept))

    def predict(self, conditions: Sequence[Condition], contexts: Mapping[str, Context]) -> Floats:
        """Shift as remembered, shape ``(conditions, genes)``."""
        memory = require_fitted(self.memory, self.name)
        nothing = np.zeros(memory.shift.shape[1])

        def recall(condition: Condition) -> Floats:
            row = memory.row.get(Condition(condition.context, condition.treatment.active))
            return nothing if row is None else memory.shift[row]

        return shifts(conditions, memory.shift.shape[1], recall)

    def config(self) -> dict[str, Any]:
        """Everything but arrays, as JSON."""
        memory = require_fitted(self.memory, self.name)
        return {"kind": "recalled", "conditions": [[c.context, str(c.treatment)] for c in memory.conditions]}

    def arrays(self) -> dict[str, Floats]:
        """Learned numbers by name."""
        return {"shift": require_fitted(self.memory, self.name).shift}

    @classmethod
    def restore(cls, config: Mapping[str, Any], arrays: Mapping[str, Floats]) -> Self:
        """Inverse of `config` and `arrays`."""
        check_kind(config, "recalled")
        conditions = tuple(Condition(c, Treatment.parse(text)) for c, text in config["conditions"])
        return cls(Memory(conditions, arrays["shift"]))


def shares_of_signal(responses: Responses) -> Floats:
    """Share of each squared shift that is not noise of the means, 0 to 1, shape ``(conditions,)``."""
    control = responses.context
    own = [control[c.context].aligned(responses.genes) for c in responses.conditions]
    spread = np.array([context.spread for context in own]).reshape(responses.delta.shape)
    cells = np.array([[max(1, context.cells)] for context in own]).reshape(-1, 1)
    noise = responses.spread**2 / np.maximum(1, responses.cells)[:, None] + spread**2 / cells
    known = np.isfinite(noise) & np.isfinite(responses.delta)
    explained = np.where(known, noise, 0.0).sum(axis=1)
    power = np.where(known, np.nan_to_num(responses.delta), 0.0).astype(float) ** 2
    total = power.sum(axis=1)
    share: Floats = np.clip(1 - explained / np.where(total > 0, total, 1.0), 0.0, 1.0)
    return np.where(known.any(axis=1), share, 1.0)
