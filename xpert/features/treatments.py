"""Treatments as similarities and vectors: the one place where genes and compounds meet.

Everything is a sum over a treatment's perturbations, each weighted by its strength, so that control and zero
strength are exactly zero and the order of perturbations does not matter.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from xpert.data.genes import GeneNames
from xpert.errors import UnknownTargetError
from xpert.features.compound_vectors import COMPOUND_WIDTH, compound_vectors
from xpert.features.compound_views import molecular_weight
from xpert.features.compounds import Compound, CompoundKnowledge
from xpert.features.impact import IMPACT_CHANNELS, MeasuredGenes, impact
from xpert.features.knowledge import GENE_FLAGS, GeneKnowledge
from xpert.features.similarity import KERNEL_PARTS, Hit, KernelWeights, hit_kernels
from xpert.features.smiles import MARK, looks_like_smiles
from xpert.features.strength import HALF_MAXIMAL_MICROMOLAR, strength
from xpert.perturbation import Modality, Treatment

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import numpy.typing as npt

    from xpert.features.knowledge import Floats
    from xpert.perturbation import Perturbation

MODALITIES = tuple(Modality)

__all__ = [
    "IMPACT_CHANNELS",
    "KERNEL_PARTS",
    "MODALITIES",
    "KernelWeights",
    "PerturbationVectors",
    "TreatmentFeatures",
]


@dataclass(frozen=True, eq=False)
class PerturbationVectors:
    """Fixed vectors of perturbations, for the network.

    Attributes
    ----------
    gene
        Vector of the targeted gene, zeros for a compound, float32, shape ``(perturbations, gene width)``.
    compound
        Vector of the compound, zeros for a gene, float32, shape ``(perturbations, compound width)``.
    is_gene
        Which of the two holds, bool, shape ``(perturbations,)``.
    modality_index
        Place of the modality in `MODALITIES`, int64, shape ``(perturbations,)``.
    strength
        0 to 1, float32, shape ``(perturbations,)``.
    is_known
        False where the vector holds nothing, because nothing is known of a valid target, shape
        ``(perturbations,)``.
    """

    gene: Floats
    compound: Floats
    is_gene: npt.NDArray[np.bool_]
    modality_index: npt.NDArray[np.int64]
    strength: Floats
    is_known: npt.NDArray[np.bool_]

    def __post_init__(self) -> None:
        rows = {len(part) for part in vars(self).values()}
        if len(rows) != 1:
            raise ValueError(f"parts have different numbers of rows: {sorted(rows)}")
        if not (np.isfinite(self.gene).all() and np.isfinite(self.compound).all()):
            raise ValueError("a perturbation's vector is not finite")

    def __len__(self) -> int:
        return len(self.is_gene)


@dataclass(frozen=True, eq=False)
class TreatmentFeatures:
    """What is known of treatments before any experiment.

    Attributes
    ----------
    genes, compounds
        Prior knowledge of either family.
    gene_names
        Which gene a symbol means.
    weights
        How the parts of the kernel add up, and how modalities compare.
    half_maximal
        Dose in µM that acts with half its strength.
    gene_projection
        Entries of a gene's vector before its flags.
    """

    genes: GeneKnowledge
    compounds: CompoundKnowledge
    gene_names: GeneNames
    weights: KernelWeights = field(default_factory=KernelWeights)
    half_maximal: float = HALF_MAXIMAL_MICROMOLAR
    gene_projection: int = 256

    @classmethod
    def load(cls) -> TreatmentFeatures:
        """Features on the tables that ship with the package."""
        return cls(GeneKnowledge.load(), CompoundKnowledge.load(), GeneNames.load())

    @property
    def gene_width(self) -> int:
        """Width of a gene's vector."""
        return self.gene_projection + len(GENE_FLAGS)

    @property
    def compound_width(self) -> int:
        """Width of a compound's vector."""
        return COMPOUND_WIDTH + self.gene_projection

    def with_structures(self, smiles: Mapping[str, str]) -> TreatmentFeatures:
        """The same features, with compounds that a data set brings along; see `CompoundKnowledge`."""
        return replace(self, compounds=self.compounds.with_structures(smiles))

    def gene(self, name: str) -> str:
        """Approved symbol of a gene that is perturbed; the name itself where it is not recognised."""
        return self.gene_names.resolve(name) or name

    def compound(self, name: str) -> Compound | None:
        """A compound by name or synonym, or by its structure: a SMILES text, marked as such where it may be a name too."""
        if name.casefold().startswith(MARK):
            return self.compounds.from_smiles(name[len(MARK) :].strip(), name)
        found = self.compounds.find(name)
        if found is None and looks_like_smiles(name):
            return self.compounds.from_smiles(name, name)
        return found

    def strength(self, perturbation: Perturbation) -> float:
        """Strength in [0, 1]; see `xpert.features.strength`."""
        dose, weight = perturbation.dose, None
        # Only a mass needs the weight, which is slow to compute.
        if dose is not None and dose.micromolar is None:
            compound = self.compound(perturbation.target)
            weight = molecular_weight(compound.smiles) if compound and compound.smiles else None
        return strength(perturbation, molecular_weight=weight, half_maximal=self.half_maximal)

    def check(self, treatment: Treatment, extra_known: Collection[str] = ()) -> None:
        """Raise where something is hit of which nothing is known.

        Parameters
        ----------
        treatment
            What is asked.
        extra_known
            Names that count as known whatever the tables say, for example those that a model was trained on.

        Raises
        ------
        UnknownTargetError
            Naming the nearest known names.
        """
        for perturbation in treatment.ordered:
            name = perturbation.target
            if name in extra_known:
                continue
            if perturbation.modality.is_genetic:
                if self.gene_names.resolve(name) is None and not self.genes.known(name):
                    nearest = [*self.gene_names.suggest(name), *extra_known]
                    raise UnknownTargetError(name, nearest, what="human gene")
            elif (compound := self.compound(name)) is None or not compound.is_described:
                raise UnknownTargetError(name, [*self.compounds.names, *extra_known], what="compound")

    def kernel(self, a: Sequence[Treatment], b: Sequence[Treatment]) -> Floats:
        """Similarity of treatments, shape ``(a, b)``: the weighted sum of `kernel_parts`; control is 0 to all."""
        total = np.zeros((len(a), len(b)), dtype=np.float32)
        for name, values in self.kernel_parts(a, b).items():
            total += np.float32(getattr(self.weights, name)) * values
        return total

    def kernel_parts(self, a: Sequence[Treatment], b: Sequence[Treatment]) -> dict[str, Floats]:
        """Each of `KERNEL_PARTS` by name, shape ``(a, b)``; see `xpert.features.similarity`.

        Every part is positive semi-definite, so any sum with weights from 0 upwards is.
        """
        left, first = self._loadings(a)
        right, second = self._loadings(b)
        parts = hit_kernels(first, second, self.genes, self.compounds, self.weights)
        return {
            name: np.asarray((right @ (left @ values).T).T, dtype=np.float32)
            for name, values in parts.items()
        }

    def encode(
        self, perturbations: Sequence[Perturbation], extra_known: Collection[str] = ()
    ) -> PerturbationVectors:
        """Fixed vectors, one row per perturbation, in the order given; zeros where nothing is known.

        Raises
        ------
        UnknownTargetError
            When something is hit of which nothing is known; see `check`.
        """
        for perturbation in perturbations:
            self.check(Treatment.of(perturbation), extra_known)
        hits = [self._hit(p) for p in perturbations]
        is_gene = np.array([hit.compound is None for hit in hits], dtype=bool)
        gene = np.zeros((len(hits), self.gene_width), dtype=np.float32)
        compound = np.zeros((len(hits), self.compound_width), dtype=np.float32)
        gene[is_gene] = self.genes.vectors(
            [h.target for h in hits if h.compound is None], self.gene_projection
        )
        known_compounds = [h.compound for h in hits if h.compound]
        compound[~is_gene] = compound_vectors(known_compounds, self.genes, self.gene_projection)
        return PerturbationVectors(
            gene=gene,
            compound=compound,
            is_gene=is_gene,
            modality_index=np.array([MODALITIES.index(h.modality) for h in hits], dtype=np.int64),
            strength=np.array([self.strength(p) for p in perturbations], dtype=np.float32),
            is_known=np.array([self._is_known(hit) for hit in hits], dtype=bool),
        )

    def _is_known(self, hit: Hit) -> bool:
        if hit.compound is None:
            return self.genes.known(hit.target)
        return hit.compound.is_described

    def impact(self, treatment: Treatment, genes: Sequence[str]) -> Floats:
        """How the treatment touches each measured gene, shape ``(genes, len(IMPACT_CHANNELS))``; 0 for control."""
        hits = [(self._hit(p), self.strength(p)) for p in treatment.ordered]
        return impact(hits, _measured(tuple(genes), self.genes, self.gene_names))

    def _hit(self, perturbation: Perturbation) -> Hit:
        if perturbation.modality.is_genetic:
            return Hit(self.gene(perturbation.target), perturbation.modality)
        name = perturbation.target
        return Hit(name, perturbation.modality, self.compound(name) or Compound(name))

    def _loadings(self, treatments: Sequence[Treatment]) -> tuple[sparse.csr_matrix, list[Hit]]:
        """Strength with which each treatment hits each distinct target, shape ``(treatments, hits)``, and these."""
        place: dict[Hit, int] = {}
        entries = [
            (row, place.setdefault(self._hit(p), len(place)), self.strength(p))
            for row, treatment in enumerate(treatments)
            for p in treatment.ordered
        ]
        rows, columns, values = zip(*entries, strict=True) if entries else ((), (), ())
        # A treatment hits few of thousands of targets. Entries of one place are added up.
        loadings = sparse.csr_matrix(
            (np.array(values, dtype=np.float32), (rows, columns)), shape=(len(treatments), len(place))
        )
        return loadings, list(place)


@lru_cache(maxsize=8)
def _measured(genes: tuple[str, ...], knowledge: GeneKnowledge, names: GeneNames) -> MeasuredGenes:
    """Genes of a data set under approved symbols; nicknames do not count there."""
    symbols = (names.match(gene, aliases=False).symbol or gene for gene in genes)
    return MeasuredGenes.of(tuple(symbols), knowledge)
