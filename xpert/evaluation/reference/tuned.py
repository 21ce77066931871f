"""Kernel ridge and nearest neighbours with one setting, chosen as the reference chooses it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from xpert.model.metrics import pearson

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import numpy.typing as npt

    from xpert.data.responses import Floats

    Rows = npt.NDArray[np.intp]
    # (kernel, values, training rows, asked rows, settings) → each setting with its predictions
    Path = Callable[[Floats, Floats, Rows, Rows, Sequence[float]], Iterator[tuple[float, Floats]]]

RIDGES = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
NEIGHBOURS = (1, 3, 5, 10, 20, 40, 80)


def ridge_path(
    kernel: Floats, values: Floats, training: Rows, asked: Rows, settings: Sequence[float]
) -> Iterator[tuple[float, Floats]]:
    """Kernel ridge around the training mean, for every penalty."""
    mean = values[training].mean(axis=0)
    spectrum, vectors = np.linalg.eigh(kernel[np.ix_(training, training)])
    target = vectors.T @ (values[training] - mean)
    towards = kernel[np.ix_(asked, training)] @ vectors
    for penalty in settings:
        yield penalty, towards @ (target / (np.maximum(spectrum, 0) + penalty)[:, None]) + mean


def neighbour_path(
    kernel: Floats, values: Floats, training: Rows, asked: Rows, settings: Sequence[float]
) -> Iterator[tuple[float, Floats]]:
    """Mean of the most similar training rows, weighted by similarity, for every number of neighbours."""
    similarity = kernel[np.ix_(asked, training)]
    order = np.argsort(-similarity, axis=1, kind="stable")
    for count in settings:
        if count >= len(training):
            continue
        nearest = order[:, : int(count)]
        weight = np.take_along_axis(similarity, nearest, axis=1) + 1e-6
        weight /= weight.sum(axis=1, keepdims=True)
        yield count, np.einsum("an,ang->ag", weight, values[training[nearest]])


def mean_pearson(predicted: Floats, observed: Floats) -> float:
    """Mean correlation across rows; a row without variation does not count."""
    varied = np.ptp(predicted, axis=1) > 0
    return float(np.nanmean(pearson(predicted, observed)[varied])) if varied.any() else float("nan")


def negative_error(predicted: Floats, observed: Floats) -> float:
    """Minus the mean squared error."""
    return -float(np.mean((predicted - observed) ** 2))


@dataclass(frozen=True, eq=False)
class Tuning:
    """How one kernel and one setting are chosen: by grouped inner folds of the training rows.

    Attributes
    ----------
    path, settings
        What is tuned.
    groups
        Group of every row; a group is never cut.
    seed
        Of the inner folds.
    inner
        Number of inner folds.
    score
        What is maximised.
    """

    path: Path
    settings: Sequence[float]
    groups: Sequence[str]
    seed: int
    inner: int = 3
    score: Callable[[Floats, Floats], float] = mean_pearson

    def predict(self, kernels: Mapping[str, Floats], values: Floats, training: Rows, asked: Rows) -> Floats:
        """Predictions for the asked rows with the kernel and setting that were best inside."""
        kernel, setting = self._best(kernels, values, training)
        return next(self.path(kernels[kernel], values, training, asked, (setting,)))[1]

    def _best(self, kernels: Mapping[str, Floats], values: Floats, training: Rows) -> tuple[str, float]:
        if len(kernels) * len(self.settings) == 1:
            return next(iter(kernels)), self.settings[0]
        groups = [self.groups[i] for i in training]
        fold = grouped_folds(groups, self.inner, np.random.default_rng(self.seed))
        scores: dict[tuple[str, float], list[float]] = {}
        for number in range(self.inner):
            kept, left = training[fold != number], training[fold == number]
            for name, kernel in kernels.items():
                for setting, predicted in self.path(kernel, values, kept, left, self.settings):
                    scores.setdefault((name, setting), []).append(self.score(predicted, values[left]))
        return max(scores, key=lambda key: float(np.mean(scores[key])))


def grouped_folds(groups: Sequence[str], folds: int, draw: np.random.Generator) -> Rows:
    """Fold of each row: groups in random order, the largest first, each into the emptiest fold.

    The rule by which the split files were dealt.
    """
    import pandas as pd

    sizes = pd.Series(list(groups)).astype(str).value_counts()
    names = list(sizes.index)
    draw.shuffle(names)
    names.sort(key=lambda name: -sizes[name])
    load, where = np.zeros(folds), {}
    for name in names:
        fold = int(np.argmin(load))
        where[name] = fold
        load[fold] += sizes[name]
    return np.array([where[str(group)] for group in groups], dtype=np.intp)
