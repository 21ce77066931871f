"""Training conditions as tensors: what is asked, what the base says, and what was measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor

from xpert.model.batch import Batch
from xpert.model.encode import TreatmentTable, Vocabulary
from xpert.model.spread import expected_spread

if TYPE_CHECKING:
    from xpert.data.responses import Floats, Responses


class TrainingBatch(NamedTuple):
    """One step: the question and the answer."""

    asked: Batch
    observed: Tensor
    """Measured shift, zeros where not measured, shape ``(conditions, genes)``."""
    is_measured: Tensor
    """Bool, shape ``(conditions, genes)``."""
    log_ratio: Tensor
    """Measured log-ratio of spread to its starting point, NaN where not known, shape ``(conditions, genes)``."""
    signature: Tensor
    """Direction of the measured response on the signature basis, shape ``(conditions, signature_rank)``."""
    weight: Tensor
    """How much each condition counts, one on average, shape ``(conditions,)``."""

    def on_genes(self, places: Tensor) -> TrainingBatch:
        """The same conditions on some of the genes."""
        asked = self.asked._replace(
            genes=self.asked.genes[places],
            control=self.asked.control[:, places],
            impact=self.asked.impact[:, places],
            base=self.asked.base[:, places],
        )
        return self._replace(
            asked=asked,
            observed=self.observed[:, places],
            is_measured=self.is_measured[:, places],
            log_ratio=self.log_ratio[:, places],
        )


class HeldOut(NamedTuple):
    """What simple models say of each training condition without having seen its perturbation."""

    start: Floats
    """The model that the network starts from, shape ``(conditions, genes)``."""
    base: Floats
    """The strongest simple model, shape ``(conditions, genes)``."""


class Scales(NamedTuple):
    """Numbers that bring control values and shifts to about one."""

    control_centre: float
    control_scale: float
    shift: float

    @classmethod
    def of(cls, responses: Responses) -> Scales:
        """From every context and every measured shift; one where nothing varies."""
        control = np.concatenate([context.control for context in responses.contexts])
        shift = float(np.sqrt(np.nanmean(np.square(responses.delta))))
        return cls(float(control.mean()), float(control.std()) or 1.0, shift or 1.0)


@dataclass(frozen=True, eq=False)
class TrainingRows:
    """Every training condition, ready to be gathered into batches.

    Attributes
    ----------
    table
        Distinct treatments.
    treatment, context
        Row of `table` and of `control` for each condition, shape ``(conditions,)``.
    control
        Shape ``(contexts, genes)``.
    start, observed, log_ratio
        What the network starts from, what was measured, and the measured log-ratio of spread to its starting
        point, shape ``(conditions, genes)``; NaN where not measured.
    signature
        Shape ``(conditions, signature_rank)``.
    weight
        Shape ``(conditions,)``.
    """

    table: TreatmentTable
    treatment: Tensor
    context: Tensor
    control: Tensor
    start: Tensor
    observed: Tensor
    log_ratio: Tensor
    signature: Tensor
    weight: Tensor

    @classmethod
    def of(
        cls, responses: Responses, held_out: HeldOut, vocabulary: Vocabulary, signature_rank: int
    ) -> TrainingRows:
        """Lay out responses beside what simple models say of them without having seen them."""
        distinct = list(dict.fromkeys(c.treatment for c in responses.conditions))
        row = {treatment: i for i, treatment in enumerate(distinct)}
        names = [context.name for context in responses.contexts]
        control = np.stack([context.aligned(responses.genes).control for context in responses.contexts])
        return cls(
            TreatmentTable.of(distinct, responses.genes, vocabulary),
            torch.tensor([row[c.treatment] for c in responses.conditions]),
            torch.tensor([names.index(c.context) for c in responses.conditions]),
            _tensor(control),
            _tensor(held_out.start),
            _tensor(responses.delta),
            _tensor(_log_ratio(responses, held_out.base)),
            _tensor(signatures(responses.delta, signature_rank)),
            _tensor(_weights(responses)),
        )

    def __len__(self) -> int:
        return len(self.treatment)

    def gather(self, rows: Tensor) -> TrainingBatch:
        """The batch of some conditions."""
        treatment = self.treatment[rows]
        asked = Batch(
            self.table.perturbations(treatment),
            torch.arange(self.control.shape[1]),
            self.control[self.context[rows]],
            self.table.impact[treatment],
            self.start[rows],
        )
        observed = self.observed[rows]
        return TrainingBatch(
            asked,
            observed.nan_to_num(),
            observed.isfinite(),
            self.log_ratio[rows],
            self.signature[rows],
            self.weight[rows],
        )


def signatures(delta: Floats, rank: int) -> Floats:
    """Direction of each response in few numbers, rows of unit length, shape ``(conditions, rank)``.

    Responses are scaled to unit length, so that a strong treatment weighs no more than a weak one, and
    projected on the first right singular vectors. Columns beyond the data's rank are zeros.
    """
    values = np.nan_to_num(delta).astype(np.float64)
    unit = values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-12)
    left, size, _ = np.linalg.svd(unit, full_matrices=False)
    kept = min(rank, len(size))
    scores = np.zeros((len(unit), rank))
    scores[:, :kept] = left[:, :kept] * size[:kept]
    unit_scores: Floats = scores / np.maximum(np.linalg.norm(scores, axis=1, keepdims=True), 1e-12)
    return unit_scores


def _log_ratio(responses: Responses, base: Floats) -> Floats:
    start = np.full(base.shape, np.nan)
    for context in responses.contexts:
        rows = [i for i, c in enumerate(responses.conditions) if c.context == context.name]
        start[rows] = expected_spread(context.aligned(responses.genes), base[rows])
    known = (responses.spread > 0) & (start > 0)
    ratio = np.full(base.shape, np.nan)
    ratio[known] = np.log(responses.spread[known] / start[known])
    return ratio


def _weights(responses: Responses) -> Floats:
    """A mean of n cells carries information like n / (n + typical n); one on average."""
    cells = np.maximum(responses.cells, 1).astype(np.float64)
    weight = cells / (cells + np.median(cells))
    return np.asarray(weight / weight.mean())


def _tensor(values: Floats) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))
