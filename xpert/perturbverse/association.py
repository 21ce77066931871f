"""Which genes a drug acts through: candidate targets ranked by what other drugs and gene perturbations show.

Three kinds of evidence, each a score for every drug and candidate gene:

- `connectivity`: the drug's response resembles the response to perturbing the gene. It needs no known target, and it
  is weak: many genes respond to everything.
- `KnownTargets.of_similar`: drugs that look like it (structure) or act like it (response) have known targets.
- `shared_pathways`, `pooled_over_pathways`: evidence for a gene is some evidence for genes of the same pathways.

Every score has to beat `KnownTargets.popularity`, which ranks the genes without looking at the drug.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    import pandas as pd

    from xpert.data.responses import Floats

    Mask = npt.NDArray[np.bool_]

TIE = 1e-12


@dataclass(frozen=True, eq=False)
class KnownTargets:
    """Known targets of drugs, and which drugs must not vouch for which.

    Attributes
    ----------
    genes
        Candidate genes.
    hits
        Whether a drug is known to hit a gene, shape ``(drugs, genes)``.
    parent
        Parent compound of every drug; a salt of the same compound tells what is to be found out.
    """

    genes: tuple[str, ...]
    hits: Mask
    parent: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.hits.shape != (len(self.parent), len(self.genes)):
            raise ValueError(f"hits has shape {self.hits.shape}, not (drugs, genes)")

    @classmethod
    def of(
        cls, targets: Sequence[frozenset[str]], parent: Sequence[str], among: frozenset[str]
    ) -> KnownTargets:
        """Every gene of `among` that some drug hits is a candidate."""
        genes = tuple(sorted(frozenset().union(*targets) & among))
        hits = np.array([[gene in listed for gene in genes] for listed in targets], dtype=bool)
        return cls(genes, hits.reshape(len(targets), len(genes)), tuple(parent))

    @property
    def may_vouch(self) -> Mask:
        """Whether the second drug is another compound than the first, shape ``(drugs, drugs)``."""
        _, code = np.unique(np.array(self.parent, dtype=str), return_inverse=True)
        return np.asarray(np.not_equal.outer(code, code))

    def popularity(self) -> Floats:
        """Share of the drugs of other parents that hit a gene, shape ``(drugs, genes)``."""
        return self._mean(self.may_vouch.astype(np.float64))

    def of_similar(self, likeness: Floats, *, sharpness: float) -> Floats:
        """Share of hits among the drugs of other parents, each counted by its likeness, shape ``(drugs, genes)``.

        Parameters
        ----------
        likeness
            Of drugs, 0 to 1, shape ``(drugs, drugs)``; what is below 0 counts as 0.
        sharpness
            Power of the likeness: the higher, the more the nearest drugs decide.
        """
        return self._mean(np.where(self.may_vouch, np.clip(likeness, 0, None), 0) ** sharpness)

    def _mean(self, weight: Floats) -> Floats:
        shares: Floats = weight @ self.hits / np.maximum(weight.sum(axis=1, keepdims=True), TIE)
        return shares


def signatures(table: pd.DataFrame, perturbed: Sequence[str], genes: Sequence[str]) -> sparse.csr_matrix:
    """Responses from a list of the strongest responders, shape ``(perturbed, genes)``.

    Parameters
    ----------
    table
        Columns ``perturbed``, ``gene`` and ``value``; values of one pair (from several cell lines) add up.
    perturbed, genes
        Names of rows and columns; every name of the table is among them.
    """
    import pandas as pd

    rows = pd.Index(perturbed).get_indexer(pd.Index(table["perturbed"]))
    columns = pd.Index(genes).get_indexer(pd.Index(table["gene"]))
    if min(rows.min(initial=0), columns.min(initial=0)) < 0:
        raise ValueError("the table names something that is no row or no column")
    values = table["value"].to_numpy(np.float64)
    return sparse.csr_matrix((values, (rows, columns)), shape=(len(perturbed), len(genes)))


def informative(*responses: sparse.csr_matrix) -> Floats:
    """Weight of each responding gene: natural log of how rarely it is a responder, shape ``(genes,)``."""
    together = sparse.csr_matrix(sparse.vstack(responses))
    together.eliminate_zeros()
    responders = np.bincount(together.indices, minlength=together.shape[1])
    weight: Floats = np.log((together.shape[0] + 1) / (responders + 1))
    return weight


def connectivity(drugs: sparse.csr_matrix, genes: sparse.csr_matrix, weight: Floats | None = None) -> Floats:
    """Cosine of the response to a drug and to a gene's perturbation, shape ``(drugs, genes)``; 0 for an empty response.

    Parameters
    ----------
    drugs, genes
        Responses, shapes ``(drugs, responders)`` and ``(genes, responders)``.
    weight
        Of each responder; all count alike without it.
    """
    scale = sparse.diags(np.ones(drugs.shape[1]) if weight is None else weight)
    first, second = (_unit(sparse.csr_matrix(rows @ scale)) for rows in (drugs, genes))
    cosine: Floats = (first @ second.T).toarray()
    return cosine


def shared_pathways(scores: Floats, likeness: Floats, *, share: float, sharpness: float) -> Floats:
    """Pass a share of each gene's evidence on to the genes that are like it, shape ``(drugs, genes)``.

    Parameters
    ----------
    scores
        Evidence, shape ``(drugs, genes)``.
    likeness
        Of genes, 0 to 1, shape ``(genes, genes)``; 1 to itself.
    share
        What comes from other genes and the gene itself together by likeness, 0 to 1; the rest stays.
    sharpness
        Power of the likeness.
    """
    weight = np.clip(likeness, 0, 1) ** sharpness
    weight /= np.maximum(weight.sum(axis=1, keepdims=True), TIE)
    passed: Floats = (1 - share) * scores + share * scores @ weight
    return passed


def pooled_over_pathways(scores: Floats, likeness: Floats) -> Floats:
    """Evidence for a gene and for all genes like it, summed, shape ``(drugs, genes)``.

    Where a single gene's evidence is mostly noise, that of its pathway is less so. The sum is over the length of the
    weights, so that genes with many relatives get no larger a spread from noise alone.

    Parameters
    ----------
    scores
        Evidence, shape ``(drugs, genes)``.
    likeness
        Of genes, 0 to 1, shape ``(genes, genes)``; 1 to itself.
    """
    weight = likeness / np.linalg.norm(likeness, axis=1, keepdims=True)
    pooled: Floats = scores @ weight.T
    return pooled


def rank_percentiles(scores: Floats, hits: Mask) -> list[Floats]:
    """Where each drug's known targets stand among all candidates: 0 is the first of them, 1 the last.

    Parameters
    ----------
    scores, hits
        Shape ``(drugs, genes)``.

    Returns
    -------
    One array per drug, as long as it has targets, in the order of genes; ties take the middle.
    """
    found = []
    for row, known in zip(scores, hits, strict=True):
        own = row[known][:, None]
        above = (row > own + TIE).sum(axis=1)
        tied = (np.abs(row - own) <= TIE).sum(axis=1) - 1
        found.append((above + tied / 2) / (len(row) - 1))
    return found


def _unit(rows: sparse.csr_matrix) -> sparse.csr_matrix:
    length = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    return sparse.csr_matrix(sparse.diags(1 / np.where(length > 0, length, 1)) @ rows)
