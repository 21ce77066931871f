"""Where conditions lie among each other when strength is a curve: treatment, strength relative to the strongest, context.

A compound acts at very different concentrations than another, so a strength is read relative to the strongest one
that was measured of the same compound. The similarity of two conditions is a product of three: of the
treatments, of the relative strengths, and of the contexts; each is positive semi-definite.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from xpert.model.question import hits
from xpert.perturbation import Dose, DoseUnit, Perturbation, Treatment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from xpert.data.responses import Condition, Context, Floats
    from xpert.model.baselines.kernels import KernelSource

# A perturbation's target and modality with the dimension of its amount: molar, mass, percent or efficacy.
Scale = tuple[str, str, str]

STEEPNESS = 0.8
"""Exponent of the Hill curve by which a response grows with relative strength."""
REACH = 2.0
"""Distance in ln strength over which two responses of one compound lose resemblance."""
HIGHEST = float(np.log(5.0))
"""ln of the relative strength beyond which the curve is flat: further up nothing was ever measured."""
CONTEXT_SHARE = 0.6
"""Resemblance of two contexts for each covariate in which they differ."""
GENTLEST, STEEPEST = 0.1, 1.0
"""Bounds of the slope that reads a relative strength from an absolute one."""
MOLAR, MASS, EFFICACY = "molar", "mass", "efficacy"


def amount_of(perturbation: Perturbation) -> tuple[Scale, float] | None:
    """How much of it, with the scale it is measured on; None for a dose that is not stated."""
    target, modality = perturbation.target, perturbation.modality
    if modality.is_genetic:
        return (target, modality.value, EFFICACY), perturbation.efficacy
    if perturbation.dose is None:
        return None
    dimension, value = _plain(perturbation.dose)
    return (target, modality.value, dimension), value


def _plain(dose: Dose) -> tuple[str, float]:
    if dose.micromolar is not None:
        return MOLAR, dose.micromolar
    if dose.unit is DoseUnit.PERCENT:
        return DoseUnit.PERCENT.value, dose.value
    return MASS, dose.to(DoseUnit.MICROGRAM_PER_ML).value


def of_full_strength(treatment: Treatment) -> Treatment:
    """The same targets, each at full efficacy or at a dose that is not stated."""
    return Treatment.of(*(Perturbation(p.target, p.modality) for p in treatment.active.perturbations))


@dataclass(frozen=True, eq=False)
class Strengths:
    """What reads a strength relative to the strongest of its kind.

    Attributes
    ----------
    strongest
        Largest measured amount on each scale.
    lines
        By dimension, intercept and slope of ln relative strength on ln amount over everything measured: what is
        expected of a compound that was never measured.
    """

    strongest: Mapping[Scale, float]
    lines: Mapping[str, tuple[float, float]]

    @classmethod
    def of(cls, conditions: Iterable[Condition]) -> Self:
        """Read off the measured conditions."""
        found = [
            amount
            for condition in conditions
            for p in condition.treatment.active.perturbations
            if (amount := amount_of(p)) is not None
        ]
        strongest: dict[Scale, float] = {}
        for scale, value in found:
            strongest[scale] = 1.0 if scale[2] == EFFICACY else max(value, strongest.get(scale, 0.0))
        by_dimension: dict[str, list[tuple[float, float]]] = {}
        for scale, value in found:
            relative = float(np.log(value / strongest[scale]))
            by_dimension.setdefault(scale[2], []).append((float(np.log(value)), relative))
        return cls(strongest, {name: _line(pairs) for name, pairs in by_dimension.items()})

    def relative(self, treatment: Treatment) -> float:
        """Ln of the strength of an active treatment relative to the strongest; a mean over its perturbations."""
        return float(np.mean([self._one(p) for p in treatment.perturbations]))

    def _one(self, perturbation: Perturbation) -> float:
        amount = amount_of(perturbation)
        if amount is None:
            return 0.0
        scale, value = amount
        if scale in self.strongest or scale[2] == EFFICACY:
            return min(float(np.log(value / self.strongest.get(scale, 1.0))), HIGHEST)
        if scale[2] not in self.lines:
            return 0.0
        intercept, slope = self.lines[scale[2]]
        return min(intercept + slope * float(np.log(value)), HIGHEST)

    def config(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "strongest": [[*scale, value] for scale, value in self.strongest.items()],
            "lines": {name: list(line) for name, line in self.lines.items()},
        }

    @classmethod
    def restore(cls, config: Mapping[str, Any]) -> Self:
        """Inverse of `config`."""
        return cls(
            {(str(a), str(b), str(c)): float(value) for a, b, c, value in config["strongest"]},
            {name: (float(line[0]), float(line[1])) for name, line in config["lines"].items()},
        )


def _line(pairs: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Intercept and slope by least squares, the slope kept within its bounds so that nothing acts at dose zero."""
    amount, relative = np.array(pairs).T
    varies = float(amount.var())
    fitted = (
        float(np.mean((amount - amount.mean()) * (relative - relative.mean()))) / varies if varies else 0.0
    )
    slope = float(np.clip(fitted, GENTLEST, STEEPEST))
    return float(relative.mean() - slope * amount.mean()), slope


@dataclass(frozen=True, eq=False)
class Places:
    """Conditions as the kernel sees them.

    Attributes
    ----------
    treatments
        Distinct treatments of full strength.
    which
        Place in `treatments` of each condition, shape ``(conditions,)``.
    strength
        ln relative strength, shape ``(conditions,)``.
    contexts
        Name and covariates of each condition's context.
    size
        Height of the curve: by strength and by how much the context responds, shape ``(conditions,)``; 0 for
        control.
    """

    treatments: tuple[Treatment, ...]
    which: Floats
    strength: Floats
    contexts: tuple[Mapping[str, str], ...]
    size: Floats

    @classmethod
    def of(
        cls,
        conditions: Sequence[Condition],
        covariates: Mapping[str, Mapping[str, str]],
        strengths: Strengths,
        heights: Mapping[str, float],
    ) -> Self:
        """Place conditions; `heights` by context, 1 where a context has none."""
        active = [c.treatment.active for c in conditions]
        place: dict[Treatment, int] = {}
        which = [place.setdefault(of_full_strength(t), len(place)) for t in active]
        strength = np.array([0.0 if t.is_control else strengths.relative(t) for t in active])
        there = np.array(
            [
                0.0 if t.is_control else heights.get(c.context, 1.0)
                for c, t in zip(conditions, active, strict=True)
            ]
        )
        contexts = tuple(covariates[c.context] for c in conditions)
        return cls(tuple(place), np.array(which, dtype=np.intp), strength, contexts, there * curve(strength))

    def likeness(self, other: Places, source: KernelSource, weights: Mapping[str, float]) -> Floats:
        """Similarity of two lists of conditions, shape ``(self, other)``."""
        parts = source.parts(self.treatments, other.treatments)
        alike = sum(weight * np.asarray(parts[name], dtype=float) for name, weight in weights.items())
        near = np.exp(-np.abs(self.strength[:, None] - other.strength[None, :]) / REACH)
        place = np.ix_(self.which, other.which)
        kernel: Floats = np.outer(self.size, other.size) * near * np.asarray(alike)[place]
        return kernel * _context_likeness(self.contexts, other.contexts)


def curve(strength: Floats) -> Floats:
    """Hill curve of ln relative strength: 1 at the strongest measured, 0 at zero, at most 2."""
    height: Floats = 2 / (1 + np.exp(-STEEPNESS * np.asarray(strength, dtype=float)))
    return height


def covariates_of(context: Context) -> dict[str, str]:
    """What tells contexts apart: their covariates, or their name where they have none."""
    return dict(context.covariates) or {"context": context.name}


def _context_likeness(a: Sequence[Mapping[str, str]], b: Sequence[Mapping[str, str]]) -> Floats:
    """`CONTEXT_SHARE` to the power of the number of covariates that differ, shape ``(a, b)``."""
    differ = np.zeros((len(a), len(b)))
    for key in sorted({key for one in (*a, *b) for key in one}):
        left, right = (np.array([one.get(key, "") for one in side], dtype=object) for side in (a, b))
        differ += np.not_equal.outer(left, right)
    likeness: Floats = CONTEXT_SHARE**differ
    return likeness


def keys_of(conditions: Sequence[Condition]) -> list[str]:
    """One name for all strengths and contexts of a treatment."""
    return ["|".join(sorted(f"{t}:{m}" for t, m in hits(c.treatment.active))) for c in conditions]
