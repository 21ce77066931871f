"""Conditions to tensors: treatments are laid out once, batches are gathered from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from xpert.features.treatments import IMPACT_CHANNELS, MODALITIES
from xpert.model.batch import PerturbationBatch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xpert.data.responses import Responses
    from xpert.features.treatments import TreatmentFeatures
    from xpert.perturbation import Perturbation, Treatment


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Names that a network knows, and what turns them into vectors.

    Attributes
    ----------
    genes
        Names of its gene identities, in order.
    targets
        What was perturbed in training. These can be asked about even where no prior knowledge describes them;
        anything else needs a description.
    modalities
        Names of its modalities, in order.
    features
        Prior knowledge.
    """

    genes: tuple[str, ...]
    targets: frozenset[str]
    modalities: tuple[str, ...]
    features: TreatmentFeatures

    @classmethod
    def of(cls, responses: Responses, features: TreatmentFeatures) -> Vocabulary:
        """Every name in the training data, and every modality that there is."""
        targets = frozenset(t for c in responses.conditions for t in c.treatment.targets)
        return cls(responses.genes, targets, tuple(m.value for m in MODALITIES), features)


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
        vocabulary: Vocabulary,
    ) -> TreatmentTable:
        """Lay out treatments; perturbations of zero strength are dropped, and order is no information.

        Raises
        ------
        UnknownTargetError
            When nothing is known of a target; see `Vocabulary`.
        """
        active = [treatment.active.ordered for treatment in treatments]
        distinct = list(dict.fromkeys(p for perturbations in active for p in perturbations))
        row = {perturbation: i for i, perturbation in enumerate(distinct, start=1)}
        slots = np.zeros((len(active), max(map(len, active), default=0) or 1), dtype=np.int64)
        for i, perturbations in enumerate(active):
            slots[i, : len(perturbations)] = [row[p] for p in perturbations]
        impact = np.zeros((len(active), len(genes), len(IMPACT_CHANNELS)), dtype=np.float32)
        for i, treatment in enumerate(treatments):
            impact[i] = vocabulary.features.impact(treatment.active, genes)
        return cls(_vectors(distinct, vocabulary), torch.from_numpy(slots), torch.from_numpy(impact))

    def perturbations(self, rows: Tensor) -> PerturbationBatch:
        """What is done in some of the treatments."""
        return PerturbationBatch(*(part[self.slots[rows]] for part in self.vectors))


def _vectors(perturbations: Sequence[Perturbation], vocabulary: Vocabulary) -> PerturbationBatch:
    vectors = vocabulary.features.encode(perturbations, vocabulary.targets)
    place = np.array([vocabulary.modalities.index(m.value) for m in MODALITIES], dtype=np.int64)
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
