"""Which genes a compound acts through, and which compounds act through a gene.

Two kinds of evidence stand side by side. What compounds of similar structure are known to hit decides the order, because
it finds known targets far more often than responses do (``xpert benchmark drug_gene_association``). Whether the response
looks like that to perturbing the gene is said beside it, where the model has measured both.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Self

import numpy as np

from xpert.errors import InputError
from xpert.features.compound_views import structure_views
from xpert.features.compounds import CompoundKnowledge
from xpert.features.knowledge import GeneKnowledge
from xpert.features.similarity import compound_direction

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from xpert.data.responses import Floats
    from xpert.features.compounds import Compound

# As measured best on drugs of known target; neighbouring settings make no difference (docs/benchmarks/tried).
STRUCTURE_SHARPNESS = 8.0
PATHWAY_SHARE, PATHWAY_SHARPNESS = 0.3, 3.0
NULL_COMPOUNDS = 300
MOST_NAMED = 3
_TINY = 1e-12


@dataclass(frozen=True, eq=False)
class TargetLibrary:
    """Compounds of known structure and targets, which speak for the targets of others like them.

    Attributes
    ----------
    compounds
        One per parent compound.
    genes
        Every gene that one of them hits.
    """

    compounds: tuple[Compound, ...]
    genes: tuple[str, ...]

    @classmethod
    def load(cls) -> TargetLibrary:
        """The compounds that ship with the package; laid out once per process."""
        return _shipped()

    @classmethod
    def of(cls, compounds: Sequence[Compound]) -> Self:
        """Those of a known structure and target, the first of each parent."""
        by_parent: dict[str, Compound] = {}
        for compound in compounds:
            if compound.smiles and compound.targets:
                by_parent.setdefault(compound.identity, compound)
        kept = tuple(by_parent.values())
        return cls(kept, tuple(sorted({gene for compound in kept for gene in compound.targets})))

    @cached_property
    def hits(self) -> Floats:
        """1 where a compound hits a gene, shape ``(compounds, genes)``."""
        place = {gene: i for i, gene in enumerate(self.genes)}
        found = np.zeros((len(self.compounds), len(self.genes)), dtype=np.float32)
        for row, compound in enumerate(self.compounds):
            found[row, [place[gene] for gene in compound.targets]] = 1
        return found

    @cached_property
    def directed(self) -> Floats:
        """-1 where a compound lowers a gene's activity, +1 where it raises it, 0 elsewhere; as `hits`."""
        signs = np.array([compound_direction(c.mechanisms) for c in self.compounds], dtype=np.float32)
        return self.hits * signs[:, None]

    @cached_property
    def pathways(self) -> Floats:
        """How much of each gene's evidence other genes of its sets receive, shape ``(genes, genes)``."""
        weight = GeneKnowledge.load().kernel(self.genes, self.genes).astype(np.float64) ** PATHWAY_SHARPNESS
        shares: Floats = weight / np.maximum(weight.sum(axis=1, keepdims=True), _TINY)
        return shares.astype(np.float32)

    def weights(self, asked: Sequence[Compound]) -> Floats:
        """How much each compound speaks for others, shape ``(asked, compounds)``; never for itself or its salts."""
        everything = [c.smiles for c in asked] + [c.smiles for c in self.compounds]
        rows, columns = np.arange(len(asked)), np.arange(len(asked), len(everything))
        same = np.equal.outer([c.identity for c in asked], [c.identity for c in self.compounds])
        views = structure_views(everything).values()
        likeness = np.mean([view.between(rows, columns, same) for view in views], axis=0)
        weight = np.where(same, 0.0, np.clip(likeness, 0, 1)) ** STRUCTURE_SHARPNESS
        shares: Floats = weight / np.maximum(weight.sum(axis=1, keepdims=True), _TINY)
        return shares.astype(np.float32)

    def scores(self, weights: Floats) -> Floats:
        """Share of similar compounds that hit a gene, or one of its pathways, shape ``(asked, genes)``."""
        found = weights @ self.hits
        passed: Floats = (1 - PATHWAY_SHARE) * found + PATHWAY_SHARE * (found @ self.pathways)
        return passed

    @cached_property
    def null(self) -> tuple[npt.NDArray[np.integer], Floats]:
        """Compounds drawn from the library with a fixed seed, and their scores, shape ``(drawn, genes)``.

        What a gene scores for a compound that has nothing to do with it: high for genes that many compounds hit.
        """
        rows = np.sort(np.random.default_rng(0).permutation(len(self.compounds))[:NULL_COMPOUNDS])
        return rows, self.scores(self.weights([self.compounds[row] for row in rows]))

    def p_values(self, scores: Floats, genes: npt.NDArray[np.integer]) -> Floats:
        """Share of drawn compounds, among those not known to hit the gene, for which it scores as high.

        `scores` and `genes` are of one length.
        """
        rows, null = self.null
        unrelated = self.hits[np.ix_(rows, genes)] == 0
        as_high = ((null[:, genes] >= scores[None, :]) & unrelated).sum(axis=0)
        p_values: Floats = (1 + as_high) / (1 + unrelated.sum(axis=0))
        return p_values

    def vouching(self, weights: Floats, gene: int) -> str:
        """Names of the similar compounds that hit a gene, the most similar first."""
        share = weights * self.hits[:, gene]
        order = [i for i in np.argsort(-share)[:MOST_NAMED] if share[i] > 0.01]
        return ", ".join(self.compounds[i].name for i in order)

    def place(self, gene: str) -> int:
        """Column of a gene.

        Raises
        ------
        InputError
            When no compound is known to hit it.
        """
        try:
            return self.genes.index(gene)
        except ValueError:
            raise InputError(
                f"No compound of known structure is known to act on {gene}, so that none can be ranked for it."
            ) from None


@lru_cache(maxsize=1)
def _shipped() -> TargetLibrary:
    return TargetLibrary.of(CompoundKnowledge.load().compounds)
