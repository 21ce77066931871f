"""The known targets of a drug, found among all known target genes of the screen.

Two regimes stand side by side. Without any annotation only the responses speak: does the drug do what perturbing the
gene does. With the known targets of *other* drugs, by structure or by response; the drug's own targets and those of
its salts and stereoisomers never count.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from xpert.data.collections import file_in
from xpert.errors import InputError
from xpert.evaluation.reference.drugs import named_drugs
from xpert.evaluation.splits import Fold, Folds
from xpert.evaluation.task import ALL, CEILING_COLUMNS, OUTCOME_COLUMNS, Goal, Metric, Role
from xpert.features.compounds import CompoundKnowledge
from xpert.parquet import read_frame
from xpert.perturbverse.association import (
    KnownTargets,
    connectivity,
    informative,
    pooled_over_pathways,
    rank_percentiles,
    shared_pathways,
    signatures,
)
from xpert.perturbverse.targets import (
    PATHWAY_SHARE,
    PATHWAY_SHARPNESS,
    STRUCTURE_SHARPNESS,
    TargetLibrary,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    import numpy.typing as npt
    from scipy import sparse

    from xpert.data.responses import Floats
    from xpert.evaluation.reference.drugs import Drug

TOP, PAIR = 0.01, " → "
HIT = Metric("hit_at_1pct", "targets among the first 1 %")
ANY = Metric("any_hit_at_1pct", "drugs with a target among the first 1 %")
PERCENTILE = Metric("rank_percentile", "place of a target, 0 first to 1 last", higher_is_better=False)
RESPONSE_SHARPNESS = 2.0


@dataclass(frozen=True, eq=False)
class Evidence:
    """Everything that a contestant may look at.

    Attributes
    ----------
    drugs
        Every drug of the screen.
    known
        Targets that a gene perturbation of the screen has, too.
    response, gene_response
        Signs of the responders, summed over lines: of drugs, and of the perturbed candidates.
    weight
        How informative a responder is.
    """

    drugs: tuple[Drug, ...]
    known: KnownTargets
    response: sparse.csr_matrix
    gene_response: sparse.csr_matrix
    weight: Floats

    @cached_property
    def asked(self) -> npt.NDArray[np.intp]:
        """Drugs with a known target among the candidates."""
        return np.flatnonzero(self.known.hits.any(axis=1))

    @cached_property
    def connected(self) -> Floats:
        """Signed cosine by informative responders."""
        return connectivity(self.response, self.gene_response, self.weight)

    @cached_property
    def response_likeness(self) -> Floats:
        """Of drugs, by what they do."""
        return connectivity(self.response, self.response, self.weight)

    @cached_property
    def structure(self) -> Floats:
        """Mean of the structure views of drugs; 0 to all others where the structure is not known."""
        from xpert.features.compound_views import structure_views

        rows = np.arange(len(self.drugs))
        views = structure_views([drug.smiles for drug in self.drugs]).values()
        same = np.eye(len(rows), dtype=bool)
        mean: Floats = np.mean([view.between(rows, rows, same) for view in views], axis=0)
        return mean.astype(np.float64)

    @cached_property
    def pathways(self) -> Floats:
        """Likeness of candidate genes by shared gene sets."""
        from xpert.features.knowledge import GeneKnowledge

        genes = self.known.genes
        return np.asarray(GeneKnowledge.load().kernel(genes, genes), dtype=np.float64)

    @cached_property
    def by_structure(self) -> Floats:
        """Targets of compounds of similar structure, and some of their pathways."""
        found = self.known.of_similar(self.structure, sharpness=STRUCTURE_SHARPNESS)
        return self._widened(found)

    @cached_property
    def by_response(self) -> Floats:
        """Targets of drugs of similar response."""
        return self.known.of_similar(self.response_likeness, sharpness=RESPONSE_SHARPNESS)

    @cached_property
    def by_library(self) -> Floats:
        """As `xpert.perturbverse.associate` ranks genes: every compound of known structure and targets vouches.

        A drug without a structure scores 0 for every gene.
        """
        library = TargetLibrary.load()
        described = [row for row, drug in enumerate(self.drugs) if drug.smiles]
        knowledge = CompoundKnowledge.load()
        compounds = [knowledge.from_smiles(str(self.drugs[row].smiles)) for row in described]
        columns = [library.genes.index(g) if g in library.genes else -1 for g in self.known.genes]
        scores = library.scores(library.weights(compounds))
        found = np.zeros((len(self.drugs), len(columns)))
        found[described] = np.where(np.array(columns) >= 0, scores[:, columns], 0.0)
        return found

    def _widened(self, scores: Floats) -> Floats:
        return shared_pathways(scores, self.pathways, share=PATHWAY_SHARE, sharpness=PATHWAY_SHARPNESS)


@dataclass(frozen=True, eq=False)
class AssociationContest:
    """Every contestant scores all candidates for all drugs; satisfies `xpert.evaluation.task.Contest`."""

    evidence: Evidence
    seed: int

    @property
    def contestants(self) -> dict[str, Role]:
        """Every score that can be asked."""
        return {name: role for name, (role, _) in _CONTESTANTS.items()}

    def run(self, model: str) -> pd.DataFrame:
        """Where the known targets stand, columns `OUTCOME_COLUMNS`; a condition is a pair, or a drug."""
        scores = _CONTESTANTS[model][1](self.evidence, self.seed)
        rows = [(0, condition, ALL, metric, value) for condition, metric, value in self._rows(scores)]
        return pd.DataFrame(rows, columns=list(OUTCOME_COLUMNS))

    def ceiling(self) -> pd.DataFrame:
        """Unknown targets exist, so nobody knows what can be reached."""
        return pd.DataFrame(columns=list(CEILING_COLUMNS))

    def _rows(self, scores: Floats) -> Iterator[tuple[str, str, float]]:
        asked, known = self.evidence.asked, self.evidence.known
        places = rank_percentiles(scores[asked], known.hits[asked])
        for drug, found in zip(asked.tolist(), places, strict=True):
            name = self.evidence.drugs[drug].name
            genes = np.array(known.genes)[known.hits[drug]]
            yield name, ANY.name, float((found <= TOP).any())
            for gene, place in zip(genes.tolist(), found.tolist(), strict=True):
                yield f"{name}{PAIR}{gene}", HIT.name, float(place <= TOP)
                yield f"{name}{PAIR}{gene}", PERCENTILE.name, place


def drug_of(condition: str) -> str:
    """The drug of ``drug → target``; its targets are found or missed together."""
    return condition.split(PAIR, 1)[0]


@dataclass(frozen=True)
class DrugGeneAssociation:
    """Drugs of the screen against genes of the screen."""

    name: str = "drug_gene_association"
    title: str = "L1000 top responders: the known targets of a drug among 749 target genes"
    metrics: tuple[Metric, ...] = (HIT, ANY, PERCENTILE)
    goals: tuple[Goal, ...] = (Goal(ALL, HIT.name, 0.019, None, 0.04),)
    unit: Callable[[str], str] = drug_of

    def deal(self, data: Path, seed: int) -> Folds:
        """One fold that asks every drug; each is left out with its parent when its own targets are asked."""
        evidence = read(data)
        names = tuple(evidence.drugs[row].name for row in evidence.asked)
        return Folds(self.name, seed, (Fold((), names),))

    def prepare(self, data: Path, folds: Folds) -> AssociationContest:
        """Read the screen and see that the folds ask its drugs.

        Raises
        ------
        InputError
            When the folds name other drugs.
        """
        evidence = read(data)
        names = {evidence.drugs[row].name for row in evidence.asked}
        if other := names ^ {name for fold in folds.folds for name in fold.test}:
            raise InputError(f"The folds of {self.name} are about other drugs, for example {min(other)}.")
        return AssociationContest(evidence, folds.seed)


TASK = DrugGeneAssociation()


def read(data: Path) -> Evidence:
    """Both halves of the screen, and what is known of its drugs."""
    chemical, genetic = _responders(data, "chemical"), _responders(data, "genetic")
    drugs = named_drugs(data, sorted(set(chemical["perturbed"])))
    perturbed = sorted(set(genetic["perturbed"]))
    responders = sorted({*chemical["gene"], *genetic["gene"]})
    known = KnownTargets.of([d.targets for d in drugs], [d.parent for d in drugs], frozenset(perturbed))
    response = signatures(chemical, [d.name for d in drugs], responders)
    gene_response = signatures(genetic, perturbed, responders)
    candidates = pd.Index(perturbed).get_indexer(pd.Index(known.genes))
    weight = informative(response, gene_response)
    return Evidence(drugs, known, response, gene_response[candidates], weight)


def _responders(data: Path, half: str) -> pd.DataFrame:
    """Signs of the strongest responders in every line."""
    path = file_in(data, "l1000_sparse", f"{half}_top20degs.parquet")
    table = read_frame(path, columns=["condition", "names", "logfoldchanges"])
    return pd.DataFrame(
        {
            "perturbed": table["condition"].astype(str),
            "gene": table["names"].astype(str),
            "value": np.sign(table["logfoldchanges"].to_numpy(np.float64)),
        }
    )


def _plain(evidence: Evidence, _: int) -> Floats:
    return np.abs(connectivity(evidence.response, evidence.gene_response))


def _everyone(evidence: Evidence, _: int) -> Floats:
    plain = _plain(evidence, 0)
    return np.broadcast_to(plain.mean(axis=0), plain.shape)


def _all_together(evidence: Evidence, _: int) -> Floats:
    structure = evidence.known.of_similar(evidence.structure, sharpness=STRUCTURE_SHARPNESS)
    together: Floats = structure + 0.2 * evidence.by_response
    return together


def _exchanged(scores: Callable[[Evidence], Floats]) -> Callable[[Evidence, int], Floats]:
    def of(evidence: Evidence, seed: int) -> Floats:
        order = np.random.default_rng(seed).permutation(len(evidence.drugs))
        wrong: Floats = scores(evidence)[order]
        return wrong

    return of


_CONTESTANTS: Mapping[str, tuple[Role, Callable[[Evidence, int], Floats]]] = {
    "similarity to all drugs": (Role.REFERENCE, _everyone),
    "connectivity": (Role.REFERENCE, _plain),
    "signed, informative responders": (Role.SIMPLE, lambda e, _: e.connected),
    "pooled over pathways": (Role.SIMPLE, lambda e, _: pooled_over_pathways(e.connected, e.pathways)),
    "popular targets": (Role.BLIND, lambda e, _: e.known.popularity()),
    "targets of similar responses": (Role.SIMPLE, lambda e, _: e.by_response),
    "targets of similar structure and response": (Role.SIMPLE, _all_together),
    "targets of similar compounds": (Role.SIMPLE, lambda e, _: e.by_structure),
    "targets of similar compounds, all known ones vouch": (Role.SHIPPED, lambda e, _: e.by_library),
    "shuffled drugs": (Role.NULL, _exchanged(lambda e: e.connected)),
    "shuffled drugs, pooled": (
        Role.NULL,
        _exchanged(lambda e: pooled_over_pathways(e.connected, e.pathways)),
    ),
    "shuffled drugs, similar compounds": (Role.NULL, _exchanged(lambda e: e.by_structure)),
    "shuffled drugs, all known ones vouch": (Role.NULL, _exchanged(lambda e: e.by_library)),
}
