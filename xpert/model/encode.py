"""Conditions to tensors: treatments are laid out once, batches are gathered from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from xpert.features.treatments import MODALITIES
from xpert.model.batch import PerturbationBatch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xpert.features.treatments import TreatmentFeatures
    from xpert.model.config import ModelConfig
    from xpert.perturbation import Perturbation, Treatment


@dataclass(frozen=True, eq=False)
class TreatmentTable:
    """Treatments as tensors.

    Attributes
    ----------
    vectors
        One row per distinct perturbation after a first row that stands for an empty slot; its fields have
        shape ``(1 + perturbations, …)``.
    slots
        Row of `vectors` in each slot, 0 where it is empty, int64, shape ``(treatments, slots)``.
    impact
        How each treatment touches each gene, shape ``(treatments, genes, channels)``.
    """

    vectors: PerturbationBatch
    slots: Tensor
    impact: Tensor

    @classmethod
    def of(
        cls,
        treatments: Sequence[Treatment],
        genes: tuple[str, ...],
        features: TreatmentFeatures,
        config: ModelConfig,
    ) -> TreatmentTable:
        """Lay out treatments; perturbations of zero strength are dropped, and order is no information.

        Raises
        ------
        UnknownTargetError
            When a target is not known to the features.
        """
        active = [treatment.active.ordered for treatment in treatments]
        distinct = list(dict.fromkeys(p for perturbations in active for p in perturbations))
        row = {perturbation: i for i, perturbation in enumerate(distinct, start=1)}
        slots = np.zeros((len(active), max(map(len, active), default=0) or 1), dtype=np.int64)
        for i, perturbations in enumerate(active):
            slots[i, : len(perturbations)] = [row[p] for p in perturbations]
        impact = np.zeros((len(active), len(genes), config.impact_channels), dtype=np.float32)
        for i, treatment in enumerate(treatments):
            impact[i] = features.impact(treatment.active, genes)
        return cls(_vectors(distinct, features, config), torch.from_numpy(slots), torch.from_numpy(impact))

    def perturbations(self, rows: Tensor) -> PerturbationBatch:
        """What is done in some of the treatments."""
        return PerturbationBatch(*(part[self.slots[rows]] for part in self.vectors))


def _vectors(
    perturbations: Sequence[Perturbation], features: TreatmentFeatures, config: ModelConfig
) -> PerturbationBatch:
    vectors = features.encode(perturbations)
    place = np.array([config.modalities.index(modality.value) for modality in MODALITIES], dtype=np.int64)
    parts = (
        vectors.gene,
        vectors.compound,
        ~vectors.is_gene,
        place[vectors.modality_index],
        vectors.strength,
    )
    return PerturbationBatch(*(_after_empty_row(part) for part in parts))


def _after_empty_row(part: np.ndarray) -> Tensor:
    return torch.from_numpy(np.concatenate([np.zeros_like(part, shape=(1, *part.shape[1:])), part]))
