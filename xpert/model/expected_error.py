"""How large the error of a condition is expected to be, from what is known before it is measured.

The logarithm of the root mean squared error over genes is a ridge regression on the size of the predicted
shift, the distance to the nearest measured treatment, the kind of question and the context, plus a kernel
regression of what is left on the likeness of treatments: what was hard to predict for similar treatments is
hard here. Every error that it learns from was made on a condition that its predictor had not seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from xpert.model.question import Question

if TYPE_CHECKING:
    import numpy.typing as npt

    from xpert.data.responses import Floats

# Weight of the pull to nothing, in conditions: of slopes per standard deviation, and of offsets, which are
# otherwise learned from few conditions and say mostly how these happened to be.
SLOPE_PENALTY = 1.0
OFFSET_PENALTY = 10.0
# Noise of one condition's log error against likeness, to choose from by leaving out treatments.
NOISES = (0.3, 1.0, 3.0, 10.0, 30.0, 1000.0)
# Likeness is taken of at most this many treatments; more cost their number cubed.
MOST_TREATMENTS = 2500


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
    near
        Likeness of each condition's treatment to every measured treatment, 1 for itself, shape
        ``(conditions, treatments)``; None where it is not known.
    own
        Place of each condition's treatment among the measured treatments; only needed to learn from, shape
        ``(conditions,)``.
    """

    questions: tuple[Question, ...]
    contexts: tuple[str, ...]
    shift: Floats
    novelty: Floats
    near: Floats | None = None
    own: npt.NDArray[np.intp] | None = None

    def __post_init__(self) -> None:
        sizes = {len(self.questions), len(self.contexts), len(self.shift), len(self.novelty)}
        sizes |= {len(part) for part in (self.near, self.own) if part is not None}
        if len(sizes) > 1:
            raise ValueError(f"questions, contexts, shifts and novelty differ in number: {sorted(sizes)}")

    def __len__(self) -> int:
        return len(self.questions)

    def take(self, rows: npt.NDArray[np.intp]) -> Asked:
        """Some of the conditions."""
        return Asked(
            tuple(self.questions[i] for i in rows),
            tuple(self.contexts[i] for i in rows),
            self.shift[rows],
            self.novelty[rows],
            None if self.near is None else self.near[rows],
            None if self.own is None else self.own[rows],
        )


@dataclass(frozen=True, eq=False)
class ErrorModel:
    """Log expected error of a condition.

    Attributes
    ----------
    posed
        Kinds of question that were posed at all; any other has no offset.
    contexts
        Contexts that were asked about; any other has no offset.
    coefficients
        Intercept, log size of the shift, novelty, then one offset per kind and per context, shape
        ``(3 + posed + contexts,)``.
    size
        Size of a shift that counts as nothing, added before the logarithm.
    likeness
        Weight of the likeness to each measured treatment, shape ``(treatments,)``; empty where likeness does
        not count.
    """

    posed: tuple[Question, ...]
    contexts: tuple[str, ...]
    coefficients: Floats
    size: float
    likeness: Floats

    @classmethod
    def fit(cls, asked: Asked, logs: Floats, size: float) -> Self:
        """Learn from held-out conditions.

        Parameters
        ----------
        asked
            What was predicted for them.
        logs
            Logarithm of the error of each, shape ``(conditions,)``.
        size
            Size of a shift that counts as nothing.
        """
        posed = tuple(q for q in Question if q in asked.questions)
        contexts = tuple(sorted(set(asked.contexts)))
        empty = cls(posed, contexts, np.zeros(3 + len(posed) + len(contexts)), size, np.zeros(0))
        design = empty._design(asked)
        coefficients = _ridge(design, logs)
        likeness: Floats = np.zeros(0)
        if asked.near is not None and asked.own is not None:
            likeness = _likeness(logs - design @ coefficients, asked.near, asked.own)
        return cls(posed, contexts, coefficients, size, likeness)

    def log_error(self, asked: Asked) -> Floats:
        """Logarithm of the expected root mean squared error, shape ``(conditions,)``."""
        expected: Floats = self._design(asked) @ self.coefficients
        if len(self.likeness) and asked.near is not None:
            expected = expected + asked.near @ self.likeness
        return expected

    def _design(self, asked: Asked) -> Floats:
        """What a condition is known by, shape ``(conditions, 3 + posed + contexts)``."""
        size = np.log(np.sqrt((asked.shift**2).mean(axis=1)) + self.size)
        question = [[q is own for own in self.posed] for q in asked.questions]
        context = [[name == own for own in self.contexts] for name in asked.contexts]
        columns = [np.ones(len(size)), size, asked.novelty]
        blocks = [np.column_stack(columns), np.array(question).reshape(len(size), -1)]
        return np.hstack([*blocks, np.array(context).reshape(len(size), -1)]).astype(float)


def _ridge(design: Floats, target: Floats) -> Floats:
    """Least squares with a pull to nothing on everything but the intercept; the first column is ones.

    A larger shift and a greater distance never make a smaller error expected: a slope that says so, which few
    conditions may suggest, is left out.
    """
    centre = design.mean(axis=0)
    centred, scaled = design - centre, target - target.mean()
    penalty = np.full(design.shape[1], OFFSET_PENALTY)
    penalty[:3] = SLOPE_PENALTY * centred[:, :3].var(axis=0) + 1e-9
    kept = np.arange(1, design.shape[1])
    while True:
        part = centred[:, kept]
        slopes = np.linalg.solve(part.T @ part + np.diag(penalty[kept]), part.T @ scaled)
        backward = (kept < 3) & (slopes < 0)
        if not backward.any():
            break
        kept = np.delete(kept, np.argmin(np.where(backward, slopes * np.sqrt(penalty[kept]), 0.0)))
    coefficients: Floats = np.zeros(design.shape[1])
    coefficients[kept] = slopes
    coefficients[0] = target.mean() - centre[kept] @ slopes
    return coefficients


def _likeness(left: Floats, near: Floats, own: npt.NDArray[np.intp]) -> Floats:
    """Weights of a kernel regression of what is left of the log errors on the likeness of treatments.

    Treatments are averaged over their conditions. The noise is the one with the least error on treatments
    that are left out, in closed form.
    """
    treatments, first, place = np.unique(own, return_index=True, return_inverse=True)
    if len(treatments) > MOST_TREATMENTS:
        kept = np.sort(np.random.default_rng(0).choice(len(treatments), MOST_TREATMENTS, replace=False))
        rows = np.flatnonzero(np.isin(place, kept))
        return _likeness(left[rows], near[rows], own[rows])
    count = np.bincount(place)
    mean = np.bincount(place, left) / count
    values, vectors = np.linalg.eigh(_symmetric(near[np.ix_(first, treatments)]))
    weights: Floats = np.zeros(near.shape[1])
    lowest = np.inf
    for noise in NOISES:
        # Treatments with several conditions are known better; the mean number keeps one decomposition.
        inverse = (vectors / (np.maximum(values, 0.0) + noise / count.mean())) @ vectors.T
        dual = inverse @ mean
        error = float((count * (dual / np.diagonal(inverse)) ** 2).sum())
        if error < lowest - 1e-12:
            lowest = error
            weights[treatments] = dual
    return weights


def _symmetric(kernel: Floats) -> Floats:
    symmetric: Floats = (kernel + kernel.T) / 2
    return symmetric
