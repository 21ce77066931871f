"""Activity of pathways and transcription factors behind a predicted shift, by decoupler's univariate linear model.

No gene set is fetched: all of them ship with the package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from xpert.errors import InputError
from xpert.features.knowledge import GeneKnowledge
from xpert.response.gene_sets import COLLECTIONS, FEWEST, MOST, gene_sets

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    import numpy.typing as npt
    import pandas as pd

    Floats = npt.NDArray[np.float64]

REGULATORS = "REGULATORS"
KINDS = {
    "HALLMARK": COLLECTIONS["HALLMARK"],
    REGULATORS: "Transcription factors",
    "REACTOME": COLLECTIONS["REACTOME"],
    "GO_BP": COLLECTIONS["GO_BP"],
}
COLUMNS = ("set", "score", "genes", "agreeing", "mean_shift", "without_strongest", "strongest")
# Below this size a t statistic is small: the set moves no other than the rest of the genes.
SMALL = 2.0
_AT_ONCE = 500
_NAMED = 5


def activity(
    table: pd.DataFrame, collection: str = "HALLMARK", *, without: Collection[str] = ()
) -> pd.DataFrame:
    """How far the genes of each set shift together, against all other genes.

    The score is the t statistic of the slope when every gene's shift is regressed on its membership in the set, or
    on the sign with which the transcription factor acts on it (decoupler, ``mt.ulm``). Above 0 the set is up, or
    the factor more active. It says how well genes agree within one predicted profile, whose genes do not err
    independently: it has no p value, and says nothing of how sure the prediction is.

    Parameters
    ----------
    table
        One row per gene, with ``gene`` and ``delta``.
    collection
        One of `KINDS`.
    without
        Genes to leave out: those that are perturbed themselves, which move without any pathway.

    Returns
    -------
    Columns `COLUMNS`, the largest score of either sign first, for every set with 5 to 500 of the genes: ``genes`` of
    the set were measured, ``agreeing`` of them shift the way of the score, by ``mean_shift`` on average (a repressed
    target counts with the other sign); ``without_strongest`` is the score when the gene that speaks most for it is
    left out; ``strongest`` names up to five such genes, the strongest first.

    Raises
    ------
    InputError
        When there is no such collection.
    """
    import pandas as pd

    left_out = frozenset(without)
    kept = table[~table["gene"].isin(left_out)]
    genes, shift = [str(g) for g in kept["gene"]], kept["delta"].to_numpy(np.float64)
    rows: list[tuple[object, ...]] = []
    for names, weights in _blocks(genes, collection):
        scores = _scores(shift, weights)
        rows += [_row(*each, genes, shift) for each in zip(names, weights.T, scores, strict=True)]
    made = pd.DataFrame(rows, columns=list(COLUMNS))
    return made.sort_values("score", key=abs, ascending=False, kind="stable", ignore_index=True)


def rests_on_one(table: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Whether each score vanishes or turns round without the one gene that speaks most for it.

    Parameters
    ----------
    table
        As `activity` gives it.

    Returns
    -------
    Array, one value per row of `table`.
    """
    score = table["score"].to_numpy(np.float64)
    kept = table["without_strongest"].to_numpy(np.float64) * np.sign(score)
    return np.asarray((np.abs(score) >= SMALL) & (kept < SMALL))


def _blocks(genes: Sequence[str], collection: str) -> Iterator[tuple[list[str], Floats]]:
    """Names of some sets, and the weight of each gene in them, shape ``(genes, sets)``."""
    if collection not in KINDS:
        raise InputError(f"There is no collection {collection!r}; choose one of: {', '.join(KINDS)}.")
    knowledge = GeneKnowledge.load()
    if collection == REGULATORS:
        acts = knowledge.regulation_of(genes).toarray().astype(np.float64)
        fitting = np.flatnonzero(_fits(np.count_nonzero(acts, axis=1)))
        yield [knowledge.regulators[i] for i in fitting], acts[fitting].T
        return
    place = {gene: i for i, gene in enumerate(genes)}
    inside = {name: [place[g] for g in those if g in place] for name, those in gene_sets(collection).items()}
    names = [name for name, those in inside.items() if _fits(len(those))]
    for start in range(0, len(names), _AT_ONCE):
        some = names[start : start + _AT_ONCE]
        weights = np.zeros((len(genes), len(some)))
        for column, name in enumerate(some):
            weights[inside[name], column] = 1.0
        yield some, weights


def _fits(size: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    counted = np.asarray(size)
    return np.asarray((counted >= FEWEST) & (counted <= MOST))


def _scores(shift: Floats, weights: Floats) -> Floats:
    """One t statistic per set; 0 where no gene shifts at all."""
    import decoupler

    if not weights.shape[1] or np.ptp(shift) == 0:
        return np.zeros(weights.shape[1])
    # Without the wrapper round it, which adjusts the p values that mean nothing here, and compiles for seconds.
    scores, _ = decoupler.mt.ulm.func(shift[None, :], weights)
    return np.asarray(scores, dtype=np.float64).ravel()


def _row(name: str, weights: Floats, score: float, genes: Sequence[str], shift: Floats) -> tuple[object, ...]:
    members = np.flatnonzero(weights)
    acted = np.sign(weights[members]) * shift[members]
    speaking = acted * (np.sign(score) or 1.0)
    order = np.argsort(-speaking, kind="stable")
    strongest = members[order[0]]
    named = [genes[members[i]] for i in order[:_NAMED] if speaking[i] > 0]
    agreeing = int((speaking > 0).sum())
    rest = without_one(shift, weights, int(strongest))
    return name, float(score), len(members), agreeing, float(acted.mean()), rest, ", ".join(named)


def without_one(shift: Floats, weights: Floats, left_out: int) -> float:
    """The score of one set when one gene is left out."""
    kept = np.arange(len(shift)) != left_out
    x, y = weights[kept] - weights[kept].mean(), shift[kept] - shift[kept].mean()
    scale = np.sqrt((x @ x) * (y @ y))
    if scale == 0:
        return 0.0
    r = float(np.clip(x @ y / scale, -1 + 1e-12, 1 - 1e-12))
    return r * float(np.sqrt((len(y) - 2) / (1 - r * r)))
