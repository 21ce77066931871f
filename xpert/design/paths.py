"""How what is perturbed may reach a gene by what is known: signed regulation in one or two steps, and shared gene sets.

A path is no proof: regulons and gene sets are collected from many cell types, and most links in them were never seen in the
cells that are asked about.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from xpert.features.knowledge import GeneKnowledge

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from xpert.model.bundle import Bundle
    from xpert.perturbation import Perturbation, Treatment

REGULONS = "CollecTRI (signed regulation, Müller-Dott et al. 2023)"
COMPOUNDS = "Drug Repurposing Hub (targets and mechanisms of compounds, Corsello et al. 2017)"
SETS = {
    "HALLMARK": "MSigDB Hallmark (Liberzon et al. 2015)",
    "REACTOME": "Reactome",
    "GO_BP": "GO biological process (2021)",
}
MOST_PATHS, MOST_SETS = 12, 8
LARGEST_SET = 300
_BLOCKS = frozenset({"inhibitor", "antagonist", "blocker", "degrader"})
_ACTIVATES = frozenset({"agonist", "activator", "stimulant", "opener", "donor"})


@dataclass(frozen=True)
class Path:
    """A chain of signed links from a perturbed gene to genes of the hypothesis.

    Attributes
    ----------
    compound
        What hits the first gene, where it is a compound's target; empty otherwise.
    nodes
        Genes on the way: the perturbed one, perhaps one between, and the last one of `reached`.
    signs
        +1 where a gene activates the next one, −1 where it represses it.
    start
        −1 where the treatment takes the first gene away, +1 where it adds to it, 0 where a compound's effect on its
        target is not known.
    reached
        Every gene of the hypothesis that the last link reaches with the same sign.
    """

    compound: str
    nodes: tuple[str, ...]
    signs: tuple[int, ...]
    start: int
    reached: tuple[str, ...]

    @property
    def sign(self) -> int:
        """The direction in which the path moves the last gene; 0 where it is not known."""
        return self.start * int(np.prod(self.signs, dtype=int))

    @property
    def sentence(self) -> str:
        """The chain in words."""
        verbs = ["activates" if sign > 0 else "represses" for sign in self.signs]
        last = _some(self.reached)
        chain = f"{self.nodes[0]} {verbs[0]} {last if len(verbs) == 1 else self.nodes[1]}"
        chain += f", which {verbs[1]} {last}" if len(verbs) > 1 else ""
        opening = f"{self.compound} hits {self.nodes[0]}. " if self.compound else ""
        outcome = {1: "raise", -1: "lower", 0: "move"}[self.sign]
        way = {1: "more of", -1: "less of", 0: "a change of"}[self.start]
        return f"{opening}{chain}; {way} {self.nodes[0]} would {outcome} {last}."


@dataclass(frozen=True)
class SharedSet:
    """A gene set that holds a perturbed gene and genes of the hypothesis.

    Attributes
    ----------
    name, source
        The set and where it comes from.
    size
        How many genes it has.
    perturbed, shared
        Genes in it that are perturbed, and genes in it that the hypothesis is about.
    """

    name: str
    source: str
    size: int
    perturbed: tuple[str, ...]
    shared: tuple[str, ...]


@dataclass(frozen=True)
class Knowledge:
    """What is known beforehand of a way from the treatment to the genes.

    Attributes
    ----------
    targets
        Genes that the treatment hits.
    own
        Genes of the hypothesis that are perturbed themselves.
    paths
        Regulation in one or two steps, the shortest and most specific first.
    sets
        Shared gene sets, the smallest first.
    unknown
        Compounds of which no target is known.
    """

    targets: tuple[str, ...]
    own: tuple[str, ...]
    paths: tuple[Path, ...]
    sets: tuple[SharedSet, ...]
    unknown: tuple[str, ...]

    def agreeing(self, sign: int) -> tuple[int, int]:
        """How many paths move the genes in a direction, and how many against it."""
        signs = [path.sign for path in self.paths]
        return signs.count(sign), signs.count(-sign)

    def sentence(self, sign: int) -> str:
        """What the paths say together of a hypothesis in that direction."""
        if not self.targets:
            return f"No target of {_some(self.unknown)} is known, so no path can be named."
        if not self.paths:
            return (
                f"No regulation in one or two steps from {_some(self.targets)} is known ({REGULONS}). "
                "That speaks neither for nor against it."
            )
        agree, against = self.agreeing(sign)
        if not agree and not against:
            return f"{len(self.paths)} known paths of regulation lead there, but not in which direction."
        return (
            f"Of {len(self.paths)} known paths of regulation {agree} agree with the hypothesis and {against} "
            f"{'speaks' if against == 1 else 'speak'} against it ({REGULONS})."
        )


def known_paths(bundle: Bundle, treatment: Treatment, genes: Sequence[str]) -> Knowledge:
    """Paths from what a treatment hits to some genes.

    Parameters
    ----------
    bundle
        Its features know aliases of genes and targets of compounds.
    treatment
        What is done.
    genes
        What the hypothesis is about.
    """
    tables, names = GeneKnowledge.load(), bundle.features.gene_names
    aimed = [names.resolve(g) or g for g in genes]
    starts, unknown = [], []
    for perturbation in treatment.active.ordered:
        hit = list(_hit(bundle, perturbation))
        starts += hit
        unknown += [perturbation.target] if not hit else []
    targets = tuple(dict.fromkeys(start.gene for start in starts))
    paths = [p for start in starts for p in _paths(tables, start, [g for g in aimed if g != start.gene])]
    return Knowledge(
        targets,
        tuple(g for g in targets if g in set(aimed)),
        tuple(paths[:MOST_PATHS]) if len(starts) < 2 else _fairly(paths),
        _shared(tables, targets, aimed),
        tuple(unknown),
    )


@dataclass(frozen=True)
class _Start:
    gene: str
    sign: int
    compound: str = ""


def _hit(bundle: Bundle, perturbation: Perturbation) -> Iterator[_Start]:
    """Genes that a perturbation takes away or adds to."""
    if perturbation.modality.is_genetic:
        gene = bundle.features.gene_names.resolve(perturbation.target) or perturbation.target
        yield _Start(gene, perturbation.modality.direction)
        return
    compound = bundle.features.compound(perturbation.target)
    if compound is None:
        return
    words = set(" ".join(compound.mechanisms).casefold().replace("inverse agonist", "antagonist").split())
    sign = int(bool(words & _ACTIVATES)) - int(bool(words & _BLOCKS))
    for gene in compound.targets:
        yield _Start(gene, sign, perturbation.target)


def _paths(tables: GeneKnowledge, start: _Start, aimed: Sequence[str]) -> list[Path]:
    """One step, then two; the latter by mediators that regulate few genes, which say most."""
    rows = tables.regulator_rows([start.gene])
    if not rows or not aimed:
        return []
    own = sparse.csr_matrix(tables.regulation[rows[0]])
    onto = sparse.csr_matrix(tables.regulation_of(aimed))
    found = _reached(start, (start.gene,), (), onto[rows[0]], aimed)
    breadth = np.diff(tables.regulation.indptr)
    steps = []
    for column, sign in zip(own.indices.tolist(), own.data.tolist(), strict=True):
        between = tables.targets[column]
        for row in tables.regulator_rows([between]) if between != start.gene else ():
            further = _reached(start, (start.gene, between), (int(np.sign(sign)),), onto[row], aimed)
            steps += [(-len(path.reached) / max(int(breadth[row]), 1), path) for path in further]
    return found + [path for _, path in sorted(steps, key=lambda step: (step[0], step[1].nodes))]


def _reached(
    start: _Start,
    nodes: tuple[str, ...],
    signs: tuple[int, ...],
    links: sparse.csr_matrix,
    aimed: Sequence[str],
) -> list[Path]:
    """A path for each sign with which the last node reaches genes."""
    found = []
    for sign in (1, -1):
        genes = tuple(
            aimed[i]
            for i, value in zip(links.indices.tolist(), links.data.tolist(), strict=True)
            if np.sign(value) == sign and aimed[i] not in nodes
        )
        if genes:
            genes = tuple(sorted(genes))
            found.append(Path(start.compound, (*nodes, genes[0]), (*signs, sign), start.sign, genes))
    return sorted(found, key=lambda path: -len(path.reached))


def _fairly(paths: Sequence[Path]) -> tuple[Path, ...]:
    """Of several perturbed genes each gets its turn, the shortest paths first."""
    turn: dict[str, int] = {}
    ranked = []
    for path in paths:
        place = turn[path.nodes[0]] = turn.get(path.nodes[0], 0) + 1
        ranked.append((place, len(path.nodes), path))
    return tuple(path for _, _, path in sorted(ranked, key=lambda r: r[:2])[:MOST_PATHS])


def _shared(tables: GeneKnowledge, targets: Sequence[str], aimed: Sequence[str]) -> tuple[SharedSet, ...]:
    """Sets that hold a target and a gene of the hypothesis; more of its genes first, then smaller sets."""
    place = {gene: i for i, gene in enumerate(tables.genes)}
    hit = [place[g] for g in targets if g in place]
    others = [g for g in aimed if g in place and g not in set(targets)]
    if not hit or not others:
        return ()
    size = np.asarray(tables.membership.sum(axis=0)).ravel()
    has_target = np.asarray(tables.membership[hit].sum(axis=0)).ravel() > 0
    inside = np.asarray(tables.membership[[place[g] for g in others]].sum(axis=0)).ravel()
    candidates = np.flatnonzero(has_target & (inside > 0) & (size <= LARGEST_SET))
    order = sorted(candidates.tolist(), key=lambda j: (-inside[j] / np.sqrt(size[j]), tables.set_names[j]))
    columns = sparse.csc_matrix(tables.membership)
    found = []
    for j in order[:MOST_SETS]:
        members = {tables.genes[i] for i in columns.indices[columns.indptr[j] : columns.indptr[j + 1]]}
        found.append(
            SharedSet(
                tables.set_names[j],
                SETS.get(tables.set_collections[j], tables.set_collections[j]),
                int(size[j]),
                tuple(g for g in targets if g in members),
                tuple(g for g in others if g in members),
            )
        )
    return tuple(found)


def _some(names: Sequence[str], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
