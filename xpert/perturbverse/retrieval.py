"""Which drugs act alike, from their structures and from what they were seen to do, without looking at annotations.

Structure and response are complementary: two drugs of one mechanism may look alike or do alike, and a third may resemble
one of them by its structure and the other by its response. So both likenesses are averaged, and likeness is then
passed on along a graph of nearest neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from xpert.data.responses import Floats

FINGERPRINTS = ("morgan", "feature_morgan", "atom_pair", "torsion", "maccs")
COMPONENTS = 100
WHITENING = 0.75


@dataclass(frozen=True)
class Likeness:
    """How structure and response are put together.

    Attributes
    ----------
    response
        Share of the response, 0 to 1; the rest is structure.
    neighbours
        Of each drug in the graph along which likeness is passed on; 0 for none.
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

    def between(self, structure: Floats, response: Floats) -> Floats:
        """Likeness of drugs, shape ``(drugs, drugs)``, from that of their structures and that of their responses."""
        both = (1 - self.response) * standardised(structure) + self.response * standardised(response)
        if not self.neighbours or self.neighbours >= len(both) - 1:
            return both
        return passed_on(both, neighbours=self.neighbours, onward=self.onward, sharpness=self.sharpness)


def structure_likeness(smiles: Sequence[str]) -> Floats:
    """Mean of six views of the structures, each in standard deviations, shape ``(drugs, drugs)``.

    Fingerprint bits are weighted by how rare they are among the compounds that ship with the package, so that
    an unusual group that two drugs share counts for more than a benzene ring.
    """
    from xpert.features.compound_views import structure_views

    views = structure_views(smiles)
    place = np.arange(len(smiles))
    same = np.eye(len(smiles), dtype=bool)
    likeness = [weighted_tanimoto(views[name].features, _rarity()[name]) for name in FINGERPRINTS]
    likeness.append(views["descriptors"].between(place, place, same).astype(np.float64))
    mean: Floats = np.mean([standardised(view) for view in likeness], axis=0)
    return mean


def response_likeness(responses: Floats, *, whitening: float = WHITENING) -> Floats:
    """Cosine of centred responses after their strongest components are damped, shape ``(drugs, drugs)``.

    Parameters
    ----------
    responses
        Shape ``(drugs, genes)``, or ``(contexts, drugs, genes)`` for the mean over contexts. The strongest components
        are what most drugs share (stress, growth arrest) and say little of a mechanism.
    whitening
        0 leaves components as they are, 1 gives all the same length.
    """
    if responses.ndim == 3:
        each = [response_likeness(context, whitening=whitening) for context in responses]
        mean: Floats = np.mean(each, axis=0)
        return mean
    vectors, values, _ = np.linalg.svd(_unit(responses - responses.mean(axis=0)), full_matrices=False)
    count = min(COMPONENTS, len(values) - 1)
    damped = _unit(vectors[:, :count] * values[:count] ** (1 - whitening))
    likeness: Floats = damped @ damped.T
    return likeness


def passed_on(likeness: Floats, *, neighbours: int, onward: float, sharpness: float) -> Floats:
    """Likeness by all paths along a graph of nearest neighbours, shape ``(drugs, drugs)``.

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
    """In standard deviations from the mean of all pairs of different drugs."""
    pairs = likeness[~np.eye(len(likeness), dtype=bool)]
    scaled: Floats = (likeness - pairs.mean()) / pairs.std()
    return scaled


def weighted_tanimoto(counts: sparse.csr_matrix, weight: Floats) -> Floats:
    """Weighted sum of minima over that of maxima of counts, shape ``(drugs, drugs)``."""
    shared = np.zeros((counts.shape[0],) * 2)
    for level in range(1, int(counts.data.max(initial=0)) + 1):
        reached = sparse.csr_matrix(counts >= level, dtype=np.float64)
        shared += (reached @ sparse.diags(weight) @ reached.T).toarray()
    each = np.asarray(counts @ weight).ravel()
    total = np.add.outer(each, each) - shared
    likeness: Floats = np.divide(shared, total, out=np.zeros_like(shared), where=total > 0)
    return likeness


def average_precision(likeness: Floats, relevant: npt.NDArray[np.bool_]) -> Floats:
    """Average precision of each query's ranking of all the others, shape ``(drugs,)``; NaN where nothing is relevant.

    Parameters
    ----------
    likeness
        Shape ``(drugs, drugs)``; ties are broken by position.
    relevant
        Which others a query should find, same shape; its diagonal does not count.
    """
    scores = np.full(len(likeness), np.nan)
    for query, row in enumerate(likeness):
        order = np.argsort(-row, kind="stable")
        hit = relevant[query][order[order != query]]
        if hit.any():
            precision = np.cumsum(hit) / np.arange(1, len(hit) + 1)
            scores[query] = precision[hit].mean()
    return scores


@cache
def _rarity() -> dict[str, Floats]:
    """Natural log of how rare each bit is among the shipped compounds, per fingerprint."""
    from xpert.features.compound_views import structure_views
    from xpert.features.compounds import CompoundKnowledge

    smiles = [compound.smiles for compound in CompoundKnowledge.load().compounds if compound.smiles]
    views = structure_views(smiles)
    present = {name: np.asarray((views[name].features > 0).sum(axis=0)).ravel() for name in FINGERPRINTS}
    return {name: np.log((len(smiles) + 1) / (count + 1)) for name, count in present.items()}


def _unit(rows: Floats) -> Floats:
    unit: Floats = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return unit
