"""How wrong a prediction is expected to be, learned from its errors on held-out conditions.

The variance of the error of gene g in condition i is modelled as

    v_ig = e_i² · ((1 − w) · s_g² + w · δ_ig² / mean δ_i²)

with e_i the expected root mean squared error of the condition (`expected_error`), s_g the gene's usual share of
it, and w the part that goes with the size of the predicted shift δ. An interval is a multiple of √v that covered
the stated share of gene values of the same kind of question (split conformal prediction, Vovk et al. 2005),
separately for quiet, middling and loud genes of a condition (Mondrian categories), since most genes hardly move
and would else speak for those that do. The multiples are counted on treatments that were left out when v was
learned (cross-conformal, Vovk 2015), so that a condition does not vouch for itself. Gene values of one condition
are not independent, so the coverage is an average, and it is measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from xpert.model.expected_error import Asked, ErrorModel
from xpert.model.question import Question

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

    from xpert.data.responses import Floats

    Rows = npt.NDArray[np.intp]

__all__ = ["LEVELS", "LOUDNESS", "Asked", "Calibration"]

LEVELS = (0.5, 0.8, 0.9, 0.95)
# A kind of question with fewer held-out conditions has no scale of its own.
FEWEST = 3
# How many conditions' worth of trust the common value has where few conditions speak: in the profile of
# genes, and in the multiples of a kind of question.
PRIOR_CONDITIONS = 0.1
COMMON_CONDITIONS = 0.3
# Shares of genes, from the quietest, at which the middling and the loud ones begin.
LOUDNESS = (0.6, 0.9)
SHARES = tuple(np.linspace(0.0, 0.9, 10).tolist())
# Parts in which treatments are left out, of few treatments and of many, and how many conditions are enough.
MOST_PARTS, FEW_PARTS, MANY = 20, 5, 200
ENOUGH = 3000


@dataclass(frozen=True, eq=False)
class Calibration:
    """Expected errors and intervals of predictions.

    Attributes
    ----------
    model
        Expected error of a condition; its contexts have a gene profile each.
    questions
        Kinds of question with enough conditions for intervals of their own; every other has the common ones.
    profile
        Usual share of each gene in the squared error, 1 on average, by context and, last, in common, shape
        ``(contexts + 1, genes)``.
    share
        w per question and, last, in common, shape ``(questions + 1,)``.
    multiple
        Half width of the interval in units of √v, for quiet, middling and loud genes, per level of
        `LEVELS`, shape ``(questions + 1, loudness, levels)``.
    scale
        Standard error in units of √v, shape ``(questions + 1,)``.
    """

    model: ErrorModel
    questions: tuple[Question, ...]
    profile: Floats
    share: Floats
    multiple: Floats
    scale: Floats

    @classmethod
    def fit(cls, asked: Asked, observed: Floats) -> Self:
        """Learn from held-out conditions.

        Parameters
        ----------
        asked
            What was predicted for them.
        observed
            What was measured, NaN where not, shape ``(conditions, genes)``.
        """
        kept = np.flatnonzero(np.isfinite(observed).any(axis=1))
        if not len(kept):
            raise ValueError("there is no held-out condition to calibrate on")
        if len(kept) > ENOUGH:
            kept = np.sort(np.random.default_rng(0).choice(kept, ENOUGH, replace=False))
        asked, observed = asked.take(kept), observed[kept]
        squared = (observed - asked.shift) ** 2
        size = 0.05 * float(np.sqrt(np.nanmean(observed**2))) + 1e-9
        held_out = _Held.of(asked, squared, size)
        posed = tuple(q for q in Question if asked.questions.count(q) >= FEWEST)
        kinds = np.array([q.value for q in asked.questions])
        weights = [_weights(kinds == q.value) for q in posed] + [np.ones(len(kinds))]
        fitted = [held_out.interval(weight) for weight in weights]
        share, multiple, scale = (np.array(part) for part in zip(*fitted, strict=True))
        whole = _Usual.fit(asked, squared, size)
        return cls(whole.model, posed, whole.profile, share, multiple, scale)

    def expected_error(self, asked: Asked) -> Floats:
        """Expected root mean squared error over genes of each condition, shape ``(conditions,)``."""
        error: Floats = np.exp(self.model.log_error(asked)) * self.scale[self._place(asked)]
        return error

    def error(self, asked: Asked) -> Floats:
        """Standard error of each gene's shift, shape ``(conditions, genes)``."""
        place = self._place(asked)
        error: Floats = self._root(asked, self.share[place]) * self.scale[place, None]
        return error

    def half_width(self, asked: Asked, *, level: float = 0.9) -> Floats:
        """Half width of the interval that holds the share `level` of observed gene values.

        Returns
        -------
        Shape ``(conditions, genes)``.

        Raises
        ------
        ValueError
            When `level` is not one of `LEVELS`.
        """
        if level not in LEVELS:
            raise ValueError(f"intervals were calibrated for {LEVELS}, not for {level}")
        place = self._place(asked)
        root = self._root(asked, self.share[place])
        width: Floats = root * self.multiple[place[:, None], _loudness(root), LEVELS.index(level)]
        return width

    def is_own(self, question: Question) -> bool:
        """Whether a kind of question has a scale of its own, rather than that of all kinds together."""
        return question in self.questions

    def config(self) -> dict[str, Any]:
        """Everything but arrays, as JSON."""
        return {
            "posed": [q.value for q in self.model.posed],
            "questions": [q.value for q in self.questions],
            "contexts": list(self.model.contexts),
            "size": self.model.size,
        }

    def arrays(self) -> dict[str, Floats]:
        """Learned numbers by name."""
        return {
            "profile": self.profile,
            "coefficients": self.model.coefficients,
            "likeness": self.model.likeness,
            "share": self.share,
            "multiple": self.multiple,
            "scale": self.scale,
        }

    @classmethod
    def restore(cls, config: Mapping[str, Any], arrays: Mapping[str, Floats]) -> Self:
        """Inverse of `config` and `arrays`; a calibration without ``likeness`` is one that did not know it."""
        posed, questions = (tuple(Question(q) for q in config[name]) for name in ("posed", "questions"))
        likeness = arrays.get("likeness", np.zeros(0))
        model = ErrorModel(posed, tuple(config["contexts"]), arrays["coefficients"], config["size"], likeness)
        rest = (arrays[name] for name in ("profile", "share", "multiple", "scale"))
        return cls(model, questions, *rest)

    def _root(self, asked: Asked, share: Floats) -> Floats:
        usual = _Usual(self.model, self.profile)
        return _root(np.exp(self.model.log_error(asked)), usual.rows(asked), _relative(asked.shift), share)

    def _place(self, asked: Asked) -> Rows:
        place = {q: row for row, q in enumerate(self.questions)}
        return np.array([place.get(q, len(self.questions)) for q in asked.questions], dtype=np.intp)


@dataclass(frozen=True, eq=False)
class _Usual:
    """Expected error of a condition and each gene's usual share of it."""

    model: ErrorModel
    profile: Floats

    @classmethod
    def fit(cls, asked: Asked, squared: Floats, size: float) -> _Usual:
        total = np.nanmean(squared, axis=1)
        floor = 1e-6 * max(float(total.max()), 1e-12)
        model = ErrorModel.fit(asked, 0.5 * np.log(np.maximum(total, floor)), size)
        relative = squared / np.maximum(total, floor)[:, None]
        return cls(model, _profiles(relative, asked.contexts, model.contexts))

    def rows(self, asked: Asked) -> Floats:
        """The profile of each condition's context, shape ``(conditions, genes)``."""
        place = {name: row for row, name in enumerate(self.model.contexts)}
        return self.profile[[place.get(name, len(place)) for name in asked.contexts]]


@dataclass(frozen=True, eq=False)
class _Held:
    """Errors beside what was expected by a model that was fitted without the condition's treatment.

    Attributes
    ----------
    squared
        Squared errors, NaN where not measured or silent, shape ``(conditions, genes)``.
    error
        Expected error, shape ``(conditions,)``.
    profile, relative
        Share of each gene as it usually is, and as the predicted shift has it, shape ``(conditions, genes)``.
    """

    squared: Floats
    error: Floats
    profile: Floats
    relative: Floats

    @classmethod
    def of(cls, asked: Asked, squared: Floats, size: float) -> _Held:
        error, profile = np.empty(len(asked)), np.empty(squared.shape, dtype=np.float32)
        counted = np.where(_is_silent(asked.contexts, squared), np.nan, squared)
        for rest, held_out in _parts(asked):
            usual = _Usual.fit(asked.take(rest), squared[rest], size)
            part = asked.take(held_out)
            error[held_out], profile[held_out] = np.exp(usual.model.log_error(part)), usual.rows(part)
        return cls(counted, error, profile, _relative(asked.shift))

    def interval(self, weight: Floats) -> tuple[float, Floats, float]:
        """The share w of greatest likelihood, then multiples that cover and the scale of a standard error.

        Parameters
        ----------
        weight
            How much each condition counts, shape ``(conditions,)``.
        """
        rows = np.flatnonzero(weight)
        part = _Held(self.squared[rows], self.error[rows], self.profile[rows], self.relative[rows])
        measured = np.isfinite(part.squared)
        weights = np.broadcast_to(weight[rows, None], measured.shape)[measured]
        best, lowest = 0.0, np.inf
        for share in SHARES:
            root = part.root(share)[measured]
            ratio = np.average(part.squared[measured] / root**2, weights=weights)
            surprise = float(np.log(ratio) + 2 * np.average(np.log(root), weights=weights))
            if surprise < lowest - 1e-9:
                best, lowest = share, surprise
        root = part.root(best)
        score, loudness = (np.sqrt(part.squared) / root)[measured], _loudness(root)[measured]
        multiple = []
        for loud in range(len(LOUDNESS) + 1):
            here = loudness == loud
            chosen = here if here.any() else np.ones(len(score), dtype=bool)
            multiple.append(_quantiles(score[chosen], weights[chosen], float(weight.sum())))
        return best, np.array(multiple), part.scale(best, weight[rows])

    def scale(self, share: float, weight: Floats) -> float:
        """Root mean square of each condition's error in units of what was expected of it."""
        variance = np.where(np.isfinite(self.squared), self.root(share) ** 2, np.nan)
        measured = np.isfinite(variance).any(axis=1)
        ratio = np.nansum(self.squared[measured], axis=1) / np.nansum(variance[measured], axis=1)
        return float(np.sqrt(np.average(ratio, weights=weight[measured])))

    def root(self, share: float) -> Floats:
        """√v of each condition."""
        return _root(self.error, self.profile, self.relative, np.full(len(self.error), share))


def _root(error: Floats, profile: Floats, relative: Floats, share: Floats) -> Floats:
    """√v, shape ``(conditions, genes)``; where nothing is predicted, the gene's usual share holds alone."""
    still = ~relative.any(axis=1)
    weight = np.where(still, 0.0, share)[:, None]
    root: Floats = error[:, None] * np.sqrt((1 - weight) * profile + weight * relative)
    return root


def _relative(shift: Floats) -> Floats:
    """Each gene's part in the predicted shift, 1 on average; 0 where nothing is predicted."""
    power = shift**2
    mean = power.mean(axis=1, keepdims=True)
    relative: Floats = np.divide(power, mean, out=np.zeros_like(power), where=mean > 0)
    return relative


def _is_silent(contexts: Sequence[str], squared: Floats) -> npt.NDArray[np.bool_]:
    """Genes that are never wrong in a context, as they are not expressed there, shape ``(conditions, genes)``.

    That their interval holds is no merit, and must not make those of other genes narrower.
    """
    where, silent = np.array(contexts), np.zeros(squared.shape, dtype=bool)
    for name in set(contexts):
        rows = where == name
        silent[rows] = ~(squared[rows] > 0).any(axis=0)
    return silent


def _parts(asked: Asked) -> Iterator[tuple[Rows, Rows]]:
    """Rows to learn from and rows to ask; once the same where nothing else is left.

    Treatments are left out. Where a context was asked about that was never measured, whole contexts are:
    else its own gene profile would be known.
    """
    is_new = np.array([q is Question.SEEN_TREATMENT_NEW_CONTEXT for q in asked.questions])
    own = np.arange(len(asked)) if asked.own is None else asked.own
    for rows, groups in ((~is_new, own), (is_new, np.array(asked.contexts))):
        asking = np.flatnonzero(rows)
        if not len(asking):
            continue
        distinct, place = np.unique(groups, return_inverse=True)
        count = FEW_PARTS if len(distinct) > MANY else min(MOST_PARTS, len(distinct))
        part = (np.random.default_rng(0).permutation(len(distinct)) % count)[place]
        for number in range(count):
            held_out = asking[part[asking] == number]
            rest = np.flatnonzero(part != number)
            if len(held_out):
                yield (rest if len(rest) else held_out), held_out


def _weights(own: npt.NDArray[np.bool_]) -> Floats:
    """1 for conditions of the kind, and `COMMON_CONDITIONS` shared by all others."""
    others = int((~own).sum())
    return np.where(own, 1.0, min(COMMON_CONDITIONS / max(others, 1), 1.0))


def _quantiles(score: Floats, weight: Floats, conditions: float) -> Floats:
    """Weighted quantiles of scores at a little more than `LEVELS`, shape ``(levels,)``.

    The more so the fewer conditions speak.
    """
    order = np.argsort(score)
    reached = np.cumsum(weight[order])
    levels = [level + 0.5 * (1 - level) / (conditions + 1) for level in LEVELS]
    places = np.searchsorted(reached, np.array(levels) * reached[-1])
    quantiles: Floats = score[order][np.minimum(places, len(score) - 1)]
    return quantiles


def _loudness(root: Floats) -> npt.NDArray[np.intp]:
    """0 for the quiet genes of each condition, 1 for middling, 2 for loud ones, shape ``(conditions, genes)``."""
    rank = np.argsort(np.argsort(root, axis=1, kind="stable"), axis=1)
    loudness: npt.NDArray[np.intp] = np.searchsorted(LOUDNESS, (rank + 0.5) / root.shape[1])
    return loudness


def _profiles(relative: Floats, contexts: Sequence[str], names: Sequence[str]) -> Floats:
    """Mean relative squared error per gene, in each context drawn to the common one, which is drawn to 1."""
    common = _drawn(relative, np.ones(relative.shape[1]))
    where = np.array(contexts)
    rows = [_drawn(relative[where == name], common) for name in names]
    profile = np.array([*rows, common])
    scaled: Floats = profile / profile.mean(axis=1, keepdims=True)
    return scaled


def _drawn(relative: Floats, prior: Floats) -> Floats:
    measured = np.isfinite(relative)
    total = np.where(measured, relative, 0.0).sum(axis=0)
    mean: Floats = (total + PRIOR_CONDITIONS * prior) / (measured.sum(axis=0) + PRIOR_CONDITIONS)
    return mean
