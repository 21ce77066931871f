"""Which drugs act alike by structure, and how well a likeness finds the drugs of one mechanism."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from xpert.model.likeness import standardised

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from xpert.data.responses import Floats

FINGERPRINTS = ("morgan", "feature_morgan", "atom_pair", "torsion", "maccs")


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


def nearest_accuracy(likeness: Floats, classes: Sequence[frozenset[str]], *, k: int = 5) -> Floats:
    """Whether the class that most of the `k` nearest others have is one of the query's own, shape ``(drugs,)``.

    A tie counts by the share of the tied classes that are its own.
    """
    found = np.empty(len(likeness))
    for query, row in enumerate(likeness):
        order = np.argsort(-row, kind="stable")
        votes = Counter(name for other in order[order != query][:k] for name in classes[other])
        most = max(votes.values())
        best = {name for name, count in votes.items() if count == most}
        found[query] = len(best & classes[query]) / len(best)
    return found


@cache
def _rarity() -> dict[str, Floats]:
    """Natural log of how rare each bit is among the shipped compounds, per fingerprint."""
    from xpert.features.compound_views import structure_views
    from xpert.features.compounds import CompoundKnowledge

    smiles = [compound.smiles for compound in CompoundKnowledge.load().compounds if compound.smiles]
    views = structure_views(smiles)
    present = {name: np.asarray((views[name].features > 0).sum(axis=0)).ravel() for name in FINGERPRINTS}
    return {name: np.log((len(smiles) + 1) / (count + 1)) for name, count in present.items()}
