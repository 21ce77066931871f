"""How far a treatment lies from everything that was measured."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from xpert.model.baselines.kernels import KERNEL_SOURCES, Mixture, mixed
from xpert.perturbation import Treatment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xpert.data.responses import Condition, Floats
    from xpert.model.baselines.kernels import KernelSource


# Treatments whose kernel among themselves is computed for the sake of its diagonal: few enough to waste little.
_BLOCK = 16


@dataclass(frozen=True, eq=False)
class Novelty:
    """Distance to the most similar training treatment: 0 for a measured one, 1 where nothing is alike.

    Attributes
    ----------
    treatments
        Distinct measured treatments.
    sizes
        Square root of each one's similarity to itself, shape ``(treatments,)``.
    source, mixture
        Where similarities come from and how their parts are weighed.
    """

    treatments: tuple[Treatment, ...]
    sizes: Floats
    source: KernelSource
    mixture: Mixture

    @classmethod
    def of(cls, training: Sequence[Condition], source: KernelSource, mixture: Mixture) -> Self:
        """Lay out the measured treatments."""
        treatments = tuple(dict.fromkeys(c.treatment.active for c in training))
        kernel = mixed(source.parts(treatments, treatments), mixture)
        return cls(treatments, _sizes(kernel), source, mixture)

    def distance(self, conditions: Sequence[Condition]) -> Floats:
        """1 − the largest cosine with a measured treatment, shape ``(conditions,)``; control is at 0."""
        asked = [c.treatment.active for c in conditions]
        distance: Floats = np.clip(1 - self.cosine(asked).max(axis=1, initial=0.0), 0.0, 1.0)
        return np.where([t.is_control for t in asked], 0.0, distance)

    def cosine(self, treatments: Sequence[Treatment]) -> Floats:
        """Cosine with every measured treatment, shape ``(asked, measured)``; not to be written to."""
        return _cosine(self, tuple(treatments))

    def _computed(self, treatments: Sequence[Treatment]) -> Floats:
        own = np.concatenate(
            [
                _sizes(mixed(self.source.parts(some, some), self.mixture))
                for some in (treatments[i : i + _BLOCK] for i in range(0, len(treatments), _BLOCK))
            ]
            or [np.zeros(0)]
        )
        kernel = mixed(self.source.parts(treatments, self.treatments), self.mixture)
        cosine: Floats = kernel / np.outer(own, self.sizes)
        return cosine

    def config(self) -> dict[str, Any]:
        """Everything but arrays, as JSON."""
        texts = [str(treatment) for treatment in self.treatments]
        return {"treatments": texts, "source": self.source.name, "mixture": self.mixture}

    def arrays(self) -> dict[str, Floats]:
        """Learned numbers by name."""
        return {"sizes": self.sizes}

    @classmethod
    def restore(cls, config: Mapping[str, Any], arrays: Mapping[str, Floats]) -> Self:
        """Inverse of `config` and `arrays`."""
        treatments = tuple(Treatment.parse(text) for text in config["treatments"])
        return cls(treatments, arrays["sizes"], KERNEL_SOURCES[config["source"]], config["mixture"])


# An answer and its evidence ask for the same treatments.
@lru_cache(maxsize=2)
def _cosine(novelty: Novelty, treatments: tuple[Treatment, ...]) -> Floats:
    cosine = novelty._computed(treatments)
    cosine.flags.writeable = False
    return cosine


def cosines(kernel: Floats) -> Floats:
    """A kernel scaled to 1 on its diagonal, shape ``(rows, rows)``."""
    size = _sizes(kernel)
    scaled: Floats = kernel / np.outer(size, size)
    return scaled


def _sizes(kernel: Floats) -> Floats:
    sizes: Floats = np.sqrt(np.maximum(np.diagonal(kernel), np.finfo(float).tiny))
    return sizes
