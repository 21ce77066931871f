"""Prediction conditioned on what was measured in the very context that is asked about.

What a model leaves of the measured conditions, its residuals, is carried to the conditions that are asked, in two
steps. First, does this context respond more or less than predicted, and which other contexts does it resemble: ridge
regressions over all genes at once. Then, per gene, a Gaussian process whose covariance of two treatments is

    p_i p_j (offset + kernel · S_ij) + noise_i · [i = j]

with p the presence of a treatment (0 for control), an offset that all treatments of the context share, and S their
likeness: how far their measured responses in other contexts agree, and, as far as these leave it open, how alike they
are by what is known of them and which targets they share; 1 for the same treatment. Without measured conditions nothing is added; a measured condition gets its own
measurement back, less its noise.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import product
from typing import TYPE_CHECKING, Self

import numpy as np

from xpert.model.baselines.kernels import OneHot
from xpert.model.baselines.profiles import presence, strength_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from xpert.data.responses import Floats
    from xpert.model.elsewhere import Elsewhere
    from xpert.perturbation import Treatment

# More conditions than this make a data set of their own to train on.
MOST = 2000
# Genes with the same missing conditions are solved together, exactly up to this many operations; beyond it a missing
# value counts as a residual of zero.
_EXACT = 2e10
_FEWEST_TO_CHOOSE = 4


@dataclass(frozen=True, eq=False)
class Support:
    """Treatments that were measured in one context.

    Attributes
    ----------
    context
        Its name.
    treatments
        What was measured, without repeats and without control.
    delta
        Response minus control, shape ``(treatments, genes)``; NaN where not measured.
    cells
        Cells or arrays behind each, shape ``(treatments,)``; 0 where not known.
    """

    context: str
    treatments: tuple[Treatment, ...]
    delta: Floats
    cells: npt.NDArray[np.integer]

    def __post_init__(self) -> None:
        if not len(self.treatments) == len(self.delta) == len(self.cells):
            raise ValueError("treatments, shifts and counts differ in number")
        if len({t.active for t in self.treatments}) < len(self.treatments):
            raise ValueError("a treatment stands twice")
        if any(t.active.is_control for t in self.treatments):
            raise ValueError("control is no measured treatment")

    def __len__(self) -> int:
        return len(self.treatments)

    def take(self, rows: Sequence[int] | npt.NDArray[np.integer]) -> Self:
        """Some of the treatments."""
        rows = np.asarray(rows, dtype=np.intp)
        kept = tuple(self.treatments[i] for i in rows.tolist())
        return replace(self, treatments=kept, delta=self.delta[rows], cells=self.cells[rows])


@dataclass(frozen=True)
class SupportSettings:
    """How much measured conditions count.

    Attributes
    ----------
    offset, kernel
        Variance that treatments of a context share, and that similar ones share, in units of the noise.
    measured
        Weight of responses in other contexts in the likeness of treatments, at most 1.
    prior
        Weight of prior knowledge in the rest, at most 1; shared targets have what is left.
    gain, resemblance
        Shrinkage of the response's size, and of the resemblance to other contexts, in measured conditions.
    caution
        How many conditions' worth of evidence it takes to leave `offset` and `kernel`, per factor of e.
    """

    offset: float = 2.0
    kernel: float = 2.0
    measured: float = 0.7
    prior: float = 0.5
    gain: float = 3.0
    resemblance: float = 10.0
    caution: float = 0.3

    def __post_init__(self) -> None:
        if min(self.offset, self.kernel, self.gain, self.resemblance) <= 0 or self.caution < 0:
            raise ValueError("variances and shrinkages are positive")
        if not (0 <= self.measured <= 1 and 0 <= self.prior <= 1):
            raise ValueError("weights of likeness lie between 0 and 1")


@dataclass(frozen=True, eq=False)
class Correction:
    """What measured conditions of a context add to a model's answers there.

    Attributes
    ----------
    support
        The measured conditions.
    elsewhere
        What was measured in other contexts.
    settings
        How much they count; offset and kernel as chosen.
    weights
        Gain, then resemblance to each other context, shape ``(1 + contexts,)``.
    dual
        Coefficients of the process, shape ``(treatments, genes)``.
    left
        What the model and the resemblance leave of the measured conditions, shape ``(treatments, genes)``.
    """

    support: Support
    elsewhere: Elsewhere
    settings: SupportSettings
    weights: Floats
    dual: Floats
    left: Floats = field(repr=False)

    @classmethod
    def of(cls, support: Support, predicted: Floats, elsewhere: Elsewhere, settings: SupportSettings) -> Self:
        """Learn from measured conditions.

        Parameters
        ----------
        support
            The measured conditions; at least one.
        predicted
            What the model says of them, shape ``(treatments, genes)``.
        elsewhere
            What was measured in other contexts; the support's own context is left out of it.
        settings
            How much they count, before they are looked at.
        """
        if not 0 < len(support) <= MOST:
            raise ValueError(f"a correction takes 1 to {MOST} measured conditions, not {len(support)}")
        elsewhere = elsewhere.without(support.context)
        residual = support.delta - predicted
        columns = _columns(predicted, elsewhere, support.treatments)
        weights = _weights(columns, residual, settings)
        left = residual - np.tensordot(weights, columns, axes=1)
        draft = cls(support, elsewhere, settings, weights, np.zeros_like(left), left)
        like, noise = draft._likeness(support.treatments), _noise(support.cells)
        here = _presence(support.treatments)
        chosen = _chosen(settings, np.outer(here, here), like, noise, left)
        kernel = np.outer(here, here) * (chosen.offset + chosen.kernel * like)
        return replace(draft, settings=chosen, dual=_dual(kernel + np.diag(noise), left))

    def added(self, treatments: Sequence[Treatment], predicted: Floats) -> Floats:
        """What is added to a model's answers, shape ``(asked, genes)``; exactly 0 for control.

        Parameters
        ----------
        treatments
            What is asked in the support's context.
        predicted
            What the model says of it, shape ``(asked, genes)``.
        """
        columns = _columns(predicted, self.elsewhere, treatments)
        here = _presence(treatments)
        alike = np.tensordot(self.weights, columns, axes=1)
        alike[here == 0] = 0.0
        added: Floats = alike + self.covariance(treatments) @ self.dual
        return added

    def covariance(self, treatments: Sequence[Treatment]) -> Floats:
        """Covariance of asked with measured treatments in units of the noise, shape ``(asked, measured)``."""
        shared = np.outer(_presence(treatments), _presence(self.support.treatments))
        kernel = self.settings.offset + self.settings.kernel * self._likeness(treatments)
        covariance: Floats = shared * kernel
        return covariance

    def influence(self, treatments: Sequence[Treatment]) -> Floats:
        """How far each measured condition moves each answer, shape ``(asked, measured)``.

        The Euclidean size, over genes, of its residual times its weight in the process.
        """
        here = _presence(self.support.treatments)
        own = np.outer(here, here) * (
            self.settings.offset + self.settings.kernel * self._likeness(self.support.treatments)
        )
        inverse = np.linalg.inv(own + np.diag(_noise(self.support.cells)))
        size = np.sqrt(np.nansum(self.left**2, axis=1))
        influence: Floats = np.abs(self.covariance(treatments) @ inverse) * size
        return influence

    def _likeness(self, treatments: Sequence[Treatment]) -> Floats:
        """S of asked against measured treatments, shape ``(asked, measured)``; 1 for the same treatment."""
        asked, own = [t.active for t in treatments], self.support.treatments
        responses = self.settings.measured * self.elsewhere.measured(asked, own)
        # What responses elsewhere leave open is for prior knowledge and shared targets.
        open_asked, open_own = (self._open(side) for side in (asked, own))
        prior = self.settings.prior * self.elsewhere.prior(asked, own)
        shared = (1 - self.settings.prior) * _shared_targets(asked, own)
        likeness: Floats = responses + np.outer(open_asked, open_own) * (prior + shared)
        return likeness

    def _open(self, treatments: Sequence[Treatment]) -> Floats:
        """Root of the share of each treatment that its responses elsewhere do not tell, shape ``(treatments,)``."""
        told = self.settings.measured * self.elsewhere.told(treatments)
        share: Floats = np.sqrt(1 - told)
        return share


def _shared_targets(a: Sequence[Treatment], b: Sequence[Treatment]) -> Floats:
    """Cosine of the perturbations that treatments are made of, shape ``(a, b)``."""
    kernel = OneHot().parts(a, b)["identity"]
    sizes = [np.sqrt([max(sum(strength_of(p) ** 2 for p in t.ordered), 1e-300) for t in s]) for s in (a, b)]
    cosine: Floats = kernel / np.outer(*sizes)
    return cosine


def _presence(treatments: Sequence[Treatment]) -> Floats:
    return np.array([presence(t) for t in treatments], dtype=float)


def _noise(cells: npt.NDArray[np.integer]) -> Floats:
    """Noise variance of each condition, 1 for the median number of cells, shape ``(treatments,)``."""
    known = cells[cells > 0]
    if not len(known):
        return np.ones(len(cells))
    share = np.where(cells > 0, np.median(known) / np.maximum(cells, 1), 1.0)
    # Noise between experiments does not fall with cells, and a handful of cells still says something.
    return np.clip(0.5 + 0.5 * share, 0.6, 4.0)


def _columns(predicted: Floats, elsewhere: Elsewhere, treatments: Sequence[Treatment]) -> Floats:
    """What a context's residuals may be made of, shape ``(1 + contexts, treatments, genes)``."""
    return np.concatenate([predicted[None], elsewhere.deviations(treatments)])


def _weights(columns: Floats, residual: Floats, settings: SupportSettings) -> Floats:
    """Gain and resemblance, shape ``(1 + contexts,)``; a missing value tells nothing.

    The gain is fitted to what distinguishes the measured treatments, so that an offset of all is not taken for it.
    """
    known = np.isfinite(residual)
    left = np.where(known, residual, 0.0)
    count = np.maximum(known.sum(axis=0), 1)
    slope = np.where(known, columns[0] - np.where(known, columns[0], 0.0).sum(axis=0) / count, 0.0)
    size = (np.where(known, columns[0], 0.0) ** 2).sum() / len(residual)
    gain = (slope * left).sum() / ((slope**2).sum() + settings.gain * size + 1e-12)
    design = np.where(known, columns[1:], 0.0).reshape(len(columns) - 1, known.size).astype(float)
    gram = design @ design.T
    usual = np.trace(gram) / max(len(gram), 1) / len(residual)
    ridge = (settings.resemblance * usual + 1e-12) * np.eye(len(gram))
    rest = design @ (left - gain * np.where(known, columns[0], 0.0)).ravel()
    weights: Floats = np.concatenate([[gain], np.linalg.solve(gram + ridge, rest)])
    return weights


def _chosen(
    settings: SupportSettings, shared: Floats, like: Floats, noise: Floats, left: Floats
) -> SupportSettings:
    """The offset and kernel with the least error on conditions that are left out, drawn to the given ones."""
    rows = len(left)
    if rows < _FEWEST_TO_CHOOSE:
        return settings
    values = np.nan_to_num(left)
    best, lowest = settings, np.inf
    for steps in product((-2, -1, 0, 1, 2), repeat=2):
        offset, kernel = settings.offset * np.exp(steps[0]), settings.kernel * np.exp(steps[1])
        inverse = np.linalg.inv(shared * (offset + kernel * like) + np.diag(noise))
        error = (inverse @ values) / np.diagonal(inverse)[:, None]
        score = rows * np.log((error**2).sum() + 1e-12) + settings.caution * (steps[0] ** 2 + steps[1] ** 2)
        if score < lowest - 1e-9:
            best, lowest = replace(settings, offset=offset, kernel=kernel), score
    return best


def _dual(kernel: Floats, left: Floats) -> Floats:
    """Coefficients of the process on what was measured of each gene, shape ``(treatments, genes)``."""
    known = np.isfinite(left)
    if known.all():
        return np.linalg.solve(kernel, left)
    patterns, place = np.unique(np.packbits(known, axis=0), axis=1, return_inverse=True)
    rows = len(left)
    dual = np.zeros(left.shape)
    if patterns.shape[1] * rows**3 > _EXACT:
        return np.linalg.solve(kernel, np.nan_to_num(left))
    for number in range(patterns.shape[1]):
        genes = np.flatnonzero(place.ravel() == number)
        own = np.flatnonzero(known[:, genes[0]])
        if len(own):
            dual[np.ix_(own, genes)] = np.linalg.solve(kernel[np.ix_(own, own)], left[np.ix_(own, genes)])
    return dual
