"""Similarities of conditions that kernel regression is built on.

A source gives named parts between treatments, each positive semi-definite and zero for control; a
`Mixture` weighs them, and the context multiplies the sum: 1 within a context, a share across.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from xpert.model.baselines.profiles import family, presence, strength_of
from xpert.model.question import hits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xpert.data.responses import Condition, Floats
    from xpert.model.question import Hit
    from xpert.perturbation import Treatment

# Weight of each part of a kernel, by the part's name.
Mixture = dict[str, float]


class KernelSource(Protocol):
    """Where similarities of treatments come from."""

    @property
    def name(self) -> str:
        """Key in `KERNEL_SOURCES`."""
        ...

    def parts(self, a: Sequence[Treatment], b: Sequence[Treatment]) -> Mapping[str, Floats]:
        """Parts of the similarity by name, each of shape ``(a, b)``."""
        ...


@dataclass(frozen=True)
class OneHot:
    """Nothing is known but which perturbations two treatments share.

    The part ``identity`` is the sum over shared targets, perturbed in the same way, of the product of
    their strengths: the linear kernel of one-hot vectors that are scaled with strength. The part ``common``
    is 1 between any two treatments of full strength and the same modality: what they all do alike,
    shrunk by the ridge.
    """

    @property
    def name(self) -> str:
        """Key in `KERNEL_SOURCES`."""
        return "one_hot"

    def parts(self, a: Sequence[Treatment], b: Sequence[Treatment]) -> Mapping[str, Floats]:
        """The parts ``identity`` and ``common``, each of shape ``(a, b)``."""
        from scipy.sparse import csr_matrix

        columns: dict[Hit, int] = {}
        matrices = []
        for treatments in (a, b):
            entries = [
                (row, columns.setdefault((p.target, p.modality), len(columns)), strength_of(p))
                for row, treatment in enumerate(treatments)
                for p in treatment.active.ordered
            ]
            matrices.append(entries)
        left, right = (
            csr_matrix(
                ([s for *_, s in entries], ([r for r, *_ in entries], [c for _, c, _ in entries])),
                shape=(len(treatments), max(len(columns), 1)),
            )
            for entries, treatments in zip(matrices, (a, b), strict=True)
        )
        alike = np.equal.outer(
            *(np.array([family(hits(t.active)) for t in side], dtype=str) for side in (a, b))
        )
        common = np.outer([presence(t) for t in a], [presence(t) for t in b]) * alike
        return {"identity": (left @ right.T).toarray(), "common": common}


@dataclass(frozen=True)
class PriorKnowledge:
    """Shared perturbations, gene sets, compound structure and annotation: the parts of the features.

    ``identity`` and ``common`` are those of `OneHot`; the others are those of `TreatmentFeatures.kernel_parts`.
    """

    @property
    def name(self) -> str:
        """Key in `KERNEL_SOURCES`."""
        return "prior_knowledge"

    def parts(self, a: Sequence[Treatment], b: Sequence[Treatment]) -> Mapping[str, Floats]:
        """All parts, each of shape ``(a, b)``."""
        from xpert.features.treatments import TreatmentFeatures

        return {**TreatmentFeatures.load().kernel_parts(a, b), **OneHot().parts(a, b)}


KERNEL_SOURCES: Mapping[str, KernelSource] = {source.name: source for source in (OneHot(), PriorKnowledge())}


def mixed(parts: Mapping[str, Floats], mixture: Mixture) -> Floats:
    """Weighted sum of parts, shape ``(a, b)``.

    Raises
    ------
    ValueError
        When the mixture names a part that the source does not have, or a negative weight.
    """
    unknown = mixture.keys() - parts.keys()
    if unknown or not mixture or min(mixture.values()) < 0:
        raise ValueError(f"the mixture {mixture} does not fit the parts {sorted(parts)}")
    total = np.zeros(next(iter(parts.values())).shape)
    for name, weight in mixture.items():
        total += weight * parts[name]
    return total


def same_context(a: Sequence[Condition], b: Sequence[Condition], share: float) -> Floats:
    """1 where two conditions stand in the same context and `share` where not, shape ``(a, b)``."""
    left, right = (np.array([c.context for c in conditions], dtype=str) for conditions in (a, b))
    return np.where(np.equal.outer(left, right), 1.0, share)
