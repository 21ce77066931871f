"""How a treatment touches each measured gene, as far as prior knowledge says: input of the cell encoder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from xpert.features.similarity import direction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xpert.features.knowledge import Floats, GeneKnowledge
    from xpert.features.similarity import Hit

IMPACT_CHANNELS = (
    "is_target",  # the gene is perturbed itself
    "target_direction",  # the same, +1 raised and -1 lowered
    "regulated_by_target",  # a perturbed regulator activates (+) or represses (-) it, times the direction
    "regulates_target",  # it activates (+) or represses (-) a perturbed gene
    "shared_pathway",  # similarity of gene sets with a perturbed gene
    "compound_target",  # a known target of a compound
    "compound_direction",  # the same, +1 activated and -1 inhibited; 0 where the mechanism does not say
    "compound_target_regulated",  # a regulator that a compound hits acts on it, times the direction
    "compound_shared_pathway",  # mean similarity of gene sets with the targets of a compound
)


@dataclass(frozen=True, eq=False)
class MeasuredGenes:
    """What prior knowledge says of the genes of a data set, laid out once for many treatments.

    Attributes
    ----------
    symbols
        Approved symbols, length ``genes``.
    memberships
        Weighted gene sets, shape ``(genes, sets)``.
    regulated, regulating
        Sign with which a regulator acts on each gene, and with which each gene acts on a target, one column a
        gene.
    knowledge
        Where it comes from.
    """

    symbols: tuple[str, ...]
    memberships: sparse.csr_matrix
    regulated: sparse.csr_matrix
    regulating: sparse.csr_matrix
    knowledge: GeneKnowledge

    @classmethod
    def of(cls, symbols: tuple[str, ...], knowledge: GeneKnowledge) -> MeasuredGenes:
        """Look the genes up."""
        return cls(
            symbols,
            knowledge.memberships(symbols),
            sparse.csr_matrix(knowledge.regulation_of(symbols)),
            sparse.csr_matrix(knowledge.regulation_by(symbols)),
            knowledge,
        )

    def is_any_of(self, targets: Sequence[str]) -> Floats:
        """1 where the gene is one of the targets, shape ``(genes,)``."""
        wanted = set(targets)
        return np.array([symbol in wanted for symbol in self.symbols], dtype=np.float32)

    def pathway(self, targets: Sequence[str]) -> Floats:
        """Mean similarity of gene sets with the targets, shape ``(genes,)``."""
        mean = sparse.csr_matrix(self.knowledge.memberships(targets).mean(axis=0))
        return np.asarray((self.memberships @ mean.T).toarray().ravel(), dtype=np.float32)

    def regulated_by(self, regulators: Sequence[str]) -> Floats:
        """Sum of the signs with which regulators act on each gene, shape ``(genes,)``."""
        rows = self.knowledge.regulator_rows(regulators)
        return np.asarray(self.regulated[rows].sum(axis=0), dtype=np.float32).ravel()

    def regulates(self, targets: Sequence[str]) -> Floats:
        """Sum of the signs with which each gene acts on the targets, shape ``(genes,)``."""
        rows = self.knowledge.target_rows(targets)
        return np.asarray(self.regulating[rows].sum(axis=0), dtype=np.float32).ravel()


def impact(hits: Sequence[tuple[Hit, float]], genes: MeasuredGenes) -> Floats:
    """Sum over perturbations of strength × channel, shape ``(genes, len(IMPACT_CHANNELS))``.

    Parameters
    ----------
    hits
        Perturbations with their strengths; none for control, which gives zeros.
    genes
        The measured genes.
    """
    total = np.zeros((len(genes.symbols), len(IMPACT_CHANNELS)), dtype=np.float32)
    for hit, strength in hits:
        if strength:
            channels = _of_compound(hit, genes) if hit.compound else _of_gene(hit, genes)
            for name, values in channels.items():
                total[:, IMPACT_CHANNELS.index(name)] += np.float32(strength) * values
    return total


def _of_gene(hit: Hit, genes: MeasuredGenes) -> dict[str, Floats]:
    is_target = genes.is_any_of([hit.target])
    return {
        "is_target": is_target,
        "target_direction": is_target * direction(hit),
        "regulated_by_target": genes.regulated_by([hit.target]) * direction(hit),
        "regulates_target": genes.regulates([hit.target]),
        "shared_pathway": genes.pathway([hit.target]) * (1 - is_target),
    }


def _of_compound(hit: Hit, genes: MeasuredGenes) -> dict[str, Floats]:
    targets = hit.compound.targets if hit.compound else ()
    if not targets:
        return {}
    is_target = genes.is_any_of(targets)
    return {
        "compound_target": is_target,
        "compound_direction": is_target * direction(hit),
        "compound_target_regulated": np.sign(genes.regulated_by(targets)) * direction(hit),
        "compound_shared_pathway": genes.pathway(targets) * (1 - is_target),
    }
