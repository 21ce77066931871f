"""Folds of what a model will meet as new: every condition that shares it lies on one side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from xpert.errors import InputError
from xpert.model.question import hits

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from xpert.data.responses import Condition, Floats, Responses
    from xpert.model.predictor import Predictor

Places = npt.NDArray[np.integer[Any]]
Group = tuple[Any, ...]


def perturbation(condition: Condition) -> Group:
    """What is hit and how, whatever the context and strength: what is new in a new treatment."""
    return tuple(sorted(hits(condition.treatment)))


def pair(condition: Condition) -> Group:
    """What is hit and where: what is new in a known treatment of a known context."""
    return (condition.context, *perturbation(condition))


def folds_of(
    conditions: Sequence[Condition], folds: int, seed: int, alike: Callable[[Condition], Group] = perturbation
) -> Places:
    """Fold of each condition, 0 to ``folds - 1``, shape ``(conditions,)``; those that are `alike` share one.

    Raises
    ------
    InputError
        When there are fewer perturbations than folds.
    """
    groups = [alike(c) for c in conditions]
    names = sorted(set(groups))
    if len(names) < folds:
        raise InputError(
            f"{len(names)} different perturbations cannot be split into {folds} folds; measure more or set fewer folds."
        )
    order = np.random.default_rng([seed, len(names)]).permutation(len(names))
    fold = {names[place]: i % folds for i, place in enumerate(order)}
    return np.array([fold[group] for group in groups])


def out_of_fold(
    base: Predictor,
    responses: Responses,
    folds: int,
    seed: int,
    alike: Callable[[Condition], Group] = perturbation,
) -> Floats:
    """What the base says of each training condition when it has not seen what is `alike`.

    A base that has seen its rows leaves next to nothing over on them, and a network trained on that would
    learn nothing of use for new perturbations.

    Returns
    -------
    Floats
        Shape ``(conditions, genes)``.
    """
    fold = folds_of(responses.conditions, folds, seed, alike)
    predicted = np.zeros_like(responses.delta, dtype=np.float32)
    for held_out in range(folds):
        rows = np.flatnonzero(fold == held_out)
        fitted = base.fit(responses.take(np.flatnonzero(fold != held_out)))
        predicted[rows] = fitted.predict([responses.conditions[i] for i in rows], responses.context)
    return predicted
