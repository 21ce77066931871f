"""How alike treatments are, from what is known of them and from what they were seen to do.

Both are complementary: two drugs of one mechanism may look alike or do alike, and a third may resemble one of them by
its structure and the other by its response. So both likenesses are averaged, and likeness is then passed on along a
graph of nearest neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from xpert.data.responses import Floats

COMPONENTS = 100
WHITENING = 0.75
_TINY = 1e-9


@dataclass(frozen=True)
class Likeness:
    """How prior knowledge and response are put together.

    Attributes
    ----------
    response
        Share of the response, 0 to 1; the rest is what was known before.
    neighbours
        Of each treatment in the graph along which likeness is passed on; 0 for none.
    onward
        Share that is passed on at each step, below 1.
    sharpness
        Power to which a likeness is raised as the weight of an edge.
    """

    response: float = 0.4
    neighbours: int = 10
    onward: float = 0.9
    sharpness: float = 4.0

    def __post_init__(self) -> None:
        if not 0 <= self.response <= 1 or not 0 <= self.onward < 1 or self.neighbours < 0:
            raise ValueError(
                "a share lies from 0 to 1, what is passed on is less than all, neighbours are counted"
            )

    def between(self, prior: Floats, response: Floats) -> Floats:
        """Likeness of treatments, shape ``(treatments, treatments)``, from both; the graph needs enough treatments."""
        both = self.mixed(standardised(prior), standardised(response))
        if not self.neighbours or self.neighbours >= len(both) - 1:
            return both
        return passed_on(both, neighbours=self.neighbours, onward=self.onward, sharpness=self.sharpness)

    def mixed(self, prior: Floats, response: Floats) -> Floats:
        """Weighted mean of two likenesses in standard deviations, any shape."""
        mean: Floats = (1 - self.response) * prior + self.response * response
        return mean


@dataclass(frozen=True, eq=False)
class Damped:
    """Responses along their components, the strongest of which are damped.

    The strongest components are what most treatments share (stress, growth arrest) and say little of a mechanism.

    Attributes
    ----------
    directions
        Components in the space of genes, divided by a power of their strength, shape ``(genes, components)``.
    """

    directions: Floats

    @classmethod
    def fit(cls, responses: Floats, *, whitening: float = WHITENING) -> Self:
        """Find the components of centred responses, shape ``(treatments, genes)``.

        `whitening` 0 leaves components as strong as they are, 1 makes all of one strength.
        """
        _, values, components = np.linalg.svd(unit(responses), full_matrices=False)
        count = int(min(COMPONENTS, len(values) - 1, (values > _TINY * max(values[0], _TINY)).sum()))
        return cls(components[:count].T / values[:count] ** whitening)

    def coordinates(self, responses: Floats) -> Floats:
        """Where responses point, rows of length 1 or of zeros, shape ``(treatments, components)``."""
        return unit(unit(responses) @ self.directions)


def response_likeness(responses: Floats, *, whitening: float = WHITENING) -> Floats:
    """Cosine of centred responses after their strongest components are damped, shape ``(treatments, treatments)``.

    Parameters
    ----------
    responses
        Shape ``(treatments, genes)``, or ``(contexts, treatments, genes)`` for the mean over contexts.
    whitening
        As in `Damped.fit`.
    """
    if responses.ndim == 3:
        each = [response_likeness(context, whitening=whitening) for context in responses]
        mean: Floats = np.mean(each, axis=0)
        return mean
    centred = responses - responses.mean(axis=0)
    damped = Damped.fit(centred, whitening=whitening).coordinates(centred)
    likeness: Floats = damped @ damped.T
    return likeness


def passed_on(likeness: Floats, *, neighbours: int, onward: float, sharpness: float) -> Floats:
    """Likeness by all paths along a graph of nearest neighbours, shape ``(treatments, treatments)``.

    A random walk with restart on the symmetric graph, with symmetric normalisation (Zhou et al., Advances in
    Neural Information Processing Systems 16, 2003). Negative likeness is no edge.
    """
    weight = np.clip(likeness, 0, None)
    np.fill_diagonal(weight, 0)
    weakest = -np.sort(-weight, axis=1)[:, neighbours, None]
    weight = np.where(weight >= weakest, weight, 0) ** sharpness
    weight = np.maximum(weight, weight.T)
    degree = weight.sum(axis=1)
    degree[degree == 0] = 1
    step = weight / np.sqrt(np.outer(degree, degree))
    walked: Floats = (1 - onward) * np.linalg.inv(np.eye(len(step)) - onward * step)
    return walked


def standardised(likeness: Floats) -> Floats:
    """In standard deviations from the mean of all pairs of different treatments."""
    mean, deviation = scale(likeness)
    scaled: Floats = (likeness - mean) / deviation
    return scaled


def scale(likeness: Floats) -> tuple[float, float]:
    """Mean and standard deviation over all pairs of different treatments; 0 and 1 where all are equally alike."""
    pairs = likeness[~np.eye(len(likeness), dtype=bool)]
    if not len(pairs) or pairs.std() < _TINY:
        return float(pairs.mean()) if len(pairs) else 0.0, 1.0
    return float(pairs.mean()), float(pairs.std())


def unit(rows: Floats) -> Floats:
    """Rows of length 1; a row of zeros stays."""
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: Floats = rows / np.where(length > _TINY, length, 1.0)
    return scaled
