"""How wrong a prediction is expected to be, learned from its errors on held-out conditions.

The variance of the error of gene g in condition i is modelled as

    v_ig = e_i² · ((1 − w) · s_g² + w · δ_ig² / mean δ_i²)

with e_i the expected root mean squared error of the condition, s_g the gene's usual share of it, and w the
part that goes with the size of the predicted shift δ. An interval is a multiple of √v that covered the
stated share of held-out gene values of the same kind of question (split conformal prediction, Vovk et al.
2005), separately for quiet, middling and loud genes of a condition (Mondrian categories), since most genes
hardly move and would else speak for those that do. Gene values of one condition are not independent, so the
coverage is an average, and it is measured.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from xpert.model.question import Question

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from xpert.data.responses import Floats

LEVELS = (0.5, 0.8, 0.9, 0.95)
# A kind of question with fewer held-out conditions has no scale of its own.
FEWEST = 5
# How many conditions' worth of trust the common value has where few conditions speak.
PRIOR_CONDITIONS = 1.0
# Shares of genes, from the quietest, at which the middling and the loud ones begin.
LOUDNESS = (0.6, 0.9)
SHARES = tuple(np.linspace(0.0, 0.9, 10).tolist())


@dataclass(frozen=True, eq=False)
class Asked:
    """Predictions that are to be judged.

    Attributes
    ----------
    questions
        Kind of question of each condition.
    contexts
        Name of each condition's context.
    shift
        Predicted shift, shape ``(conditions, genes)``.
    novelty
        Distance to the most similar training treatment, 0 to 1, shape ``(conditions,)``.
    """

    questions: tuple[Question, ...]
    contexts: tuple[str, ...]
    shift: Floats
    novelty: Floats

    def __post_init__(self) -> None:
        sizes = {len(self.questions), len(self.contexts), len(self.shift), len(self.novelty)}
        if len(sizes) > 1:
            raise ValueError(f"questions, contexts, shifts and novelty differ in number: {sorted(sizes)}")

    def take(self, rows: npt.NDArray[np.intp]) -> Asked:
        """Some of the conditions."""
        questions = tuple(self.questions[i] for i in rows)
        return Asked(questions, tuple(self.contexts[i] for i in rows), self.shift[rows], self.novelty[rows])


@dataclass(frozen=True, eq=False)
class Calibration:
    """Expected errors and intervals of predictions.

    Attributes
    ----------
    posed
        Kinds of question that were posed at all: each has an offset in the expected error, which is drawn
        to the common one where few conditions speak.
    questions
        Those with enough conditions for intervals of their own; every other kind has the common ones.
    contexts
        Contexts with a gene profile of their own, one per row of `profile` but the last.
    profile
        Usual share of each gene in the squared error, 1 on average, shape ``(contexts + 1, genes)``.
    coefficients
        Of the log expected error: intercept, log size of the shift, novelty, then one offset per kind
        that was posed and per context, shape ``(3 + posed + contexts,)``.
    size
        Size of a shift that counts as nothing, added before the logarithm.
    share
        w per question and, last, in common, shape ``(questions + 1,)``.
    multiple
        Half width of the interval in units of √v, for quiet, middling and loud genes, per level of
        `LEVELS`, shape ``(questions + 1, loudness, levels)``.
    scale
        Standard error in units of √v, shape ``(questions + 1,)``.
    """

    posed: tuple[Question, ...]
    questions: tuple[Question, ...]
    contexts: tuple[str, ...]
    profile: Floats
    coefficients: Floats
    size: float
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
        squared = (observed - asked.shift) ** 2
        kept = np.flatnonzero(np.isfinite(squared).any(axis=1))
        if not len(kept):
            raise ValueError("there is no held-out condition to calibrate on")
        asked, squared = asked.take(kept), squared[kept]
        total = np.nanmean(squared, axis=1)
        floor = 1e-6 * max(float(total.max()), 1e-12)
        relative = squared / np.maximum(total, floor)[:, None]
        posed = tuple(q for q in Question if q in asked.questions)
        questions = tuple(q for q in posed if asked.questions.count(q) >= FEWEST)
        contexts = tuple(sorted(set(asked.contexts)))
        profile = _profiles(relative, asked.contexts, contexts)
        size = 0.05 * float(np.sqrt(np.nanmean(observed[kept] ** 2))) + 1e-9
        none = np.zeros(0)
        draft = cls(posed, questions, contexts, profile, none, size, none, none, none)
        logs = 0.5 * np.log(np.maximum(total, floor))
        draft = replace(draft, coefficients=_ridge(draft._design(asked), logs))
        return draft._with_intervals(asked, squared)

    def expected_error(self, asked: Asked) -> Floats:
        """Expected root mean squared error over genes of each condition, shape ``(conditions,)``."""
        scale = self.scale[self._place(asked)]
        error: Floats = np.exp(self._design(asked) @ self.coefficients) * scale
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
            "posed": [q.value for q in self.posed],
            "questions": [q.value for q in self.questions],
            "contexts": list(self.contexts),
            "size": self.size,
        }

    def arrays(self) -> dict[str, Floats]:
        """Learned numbers by name."""
        return {
            "profile": self.profile,
            "coefficients": self.coefficients,
            "share": self.share,
            "multiple": self.multiple,
            "scale": self.scale,
        }

    @classmethod
    def restore(cls, config: Mapping[str, Any], arrays: Mapping[str, Floats]) -> Self:
        """Inverse of `config` and `arrays`."""
        posed, questions = (tuple(Question(q) for q in config[name]) for name in ("posed", "questions"))
        names = ("profile", "coefficients", "share", "multiple", "scale")
        kept = {name: arrays[name] for name in names}
        contexts = tuple(config["contexts"])
        return cls(posed=posed, questions=questions, contexts=contexts, size=config["size"], **kept)

    def _with_intervals(self, asked: Asked, squared: Floats) -> Self:
        """With share, multiples and scale, per kind of question and in common."""
        kinds = np.array([q.value for q in asked.questions])
        rows_of = [np.flatnonzero(kinds == q.value) for q in self.questions] + [np.arange(len(kinds))]
        fitted = [self._interval(asked.take(rows), squared[rows]) for rows in rows_of]
        share, multiple, scale = (np.array(part) for part in zip(*fitted, strict=True))
        return replace(self, share=share, multiple=multiple, scale=scale)

    def _interval(self, asked: Asked, squared: Floats) -> tuple[float, Floats, float]:
        """The share w of greatest likelihood, then multiples that cover and the scale of a standard error."""
        best, lowest = 0.0, np.inf
        measured = np.isfinite(squared)
        for share in SHARES:
            root = self._root(asked, np.full(len(squared), share))
            ratio = squared[measured] / root[measured] ** 2
            surprise = float(np.log(ratio.mean()) + 2 * np.log(root[measured]).mean())
            if surprise < lowest - 1e-9:
                best, lowest = share, surprise
        root = self._root(asked, np.full(len(squared), best))
        score, loudness = (np.sqrt(squared) / root)[measured], _loudness(root)[measured]
        # A little more than the level, the more so the fewer conditions there are.
        levels = [level + (1 - level) / (len(squared) + 1) for level in LEVELS]
        classes = [score[loudness == loud] for loud in range(len(LOUDNESS) + 1)]
        multiple = np.array([np.quantile(part if len(part) else score, levels) for part in classes])
        return best, multiple, float(np.sqrt(np.mean(score**2)))

    def _root(self, asked: Asked, share: Floats) -> Floats:
        """√v for given shares w, shape ``(conditions, genes)``."""
        error = np.exp(self._design(asked) @ self.coefficients)
        place = {name: row for row, name in enumerate(self.contexts)}
        profile = self.profile[[place.get(name, len(self.contexts)) for name in asked.contexts]]
        power = asked.shift**2
        mean = power.mean(axis=1, keepdims=True)
        relative = np.where(mean > 0, power / np.where(mean > 0, mean, 1.0), profile)
        mixed = (1 - share[:, None]) * profile + share[:, None] * relative
        root: Floats = error[:, None] * np.sqrt(mixed)
        return root

    def _design(self, asked: Asked) -> Floats:
        """Features of the expected error, shape ``(conditions, 3 + posed + contexts)``."""
        size = np.log(np.sqrt((asked.shift**2).mean(axis=1)) + self.size)
        question = [[q is own for own in self.posed] for q in asked.questions]
        context = [[name == own for own in self.contexts] for name in asked.contexts]
        columns = [np.ones(len(size)), size, asked.novelty]
        blocks = [np.column_stack(columns), np.array(question).reshape(len(size), -1)]
        return np.hstack([*blocks, np.array(context).reshape(len(size), -1)]).astype(float)

    def _place(self, asked: Asked) -> npt.NDArray[np.intp]:
        place = {q: row for row, q in enumerate(self.questions)}
        return np.array([place.get(q, len(self.questions)) for q in asked.questions], dtype=np.intp)


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


def _ridge(design: Floats, target: Floats) -> Floats:
    """Least squares with a penalty of one condition on everything but the intercept."""
    penalty = np.eye(design.shape[1])
    penalty[0, 0] = 1e-9
    solution: Floats = np.linalg.solve(design.T @ design + penalty, design.T @ target)
    return solution
