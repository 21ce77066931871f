"""How a treatment touches each measured gene, as far as prior knowledge says: input of the cell encoder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

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


def impact(hits: Sequence[tuple[Hit, float]], genes: Sequence[str], knowledge: GeneKnowledge) -> Floats:
    """Sum over perturbations of strength × channel, shape ``(genes, len(IMPACT_CHANNELS))``.

    Parameters
    ----------
    hits
        Perturbations with their strengths; none for control, which gives zeros.
    genes
        Approved symbols.
    knowledge
        Gene sets and regulons.
    """
    total = np.zeros((len(genes), len(IMPACT_CHANNELS)), dtype=np.float32)
    for hit, strength in hits:
        if strength:
            channels = (
                _of_compound(hit, genes, knowledge) if hit.compound else _of_gene(hit, genes, knowledge)
            )
            for name, values in channels.items():
                total[:, IMPACT_CHANNELS.index(name)] += np.float32(strength) * values
    return total


def _of_gene(hit: Hit, genes: Sequence[str], knowledge: GeneKnowledge) -> dict[str, Floats]:
    is_target = np.array([gene == hit.target for gene in genes], dtype=np.float32)
    return {
        "is_target": is_target,
        "target_direction": is_target * direction(hit),
        "regulated_by_target": knowledge.regulates(hit.target, genes) * direction(hit),
        "regulates_target": knowledge.regulated_by(hit.target, genes),
        "shared_pathway": knowledge.kernel([hit.target], genes)[0] * (1 - is_target),
    }


def _of_compound(hit: Hit, genes: Sequence[str], knowledge: GeneKnowledge) -> dict[str, Floats]:
    targets = hit.compound.targets if hit.compound else ()
    if not targets:
        return {}
    is_target = np.isin(np.array(genes, dtype=object), np.array(targets, dtype=object)).astype(np.float32)
    regulated = np.sum([knowledge.regulates(target, genes) for target in targets], axis=0)
    return {
        "compound_target": is_target,
        "compound_direction": is_target * direction(hit),
        "compound_target_regulated": np.sign(regulated) * direction(hit),
        "compound_shared_pathway": knowledge.kernel(targets, genes).mean(axis=0) * (1 - is_target),
    }
