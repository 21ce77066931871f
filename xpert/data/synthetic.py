"""A small file with known effects: what tests compare with, and what the app shows to look around."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from xpert.data.readout import Readout
from xpert.data.responses import Condition
from xpert.errors import InputError
from xpert.perturbation import CONTROL, Dose, DoseUnit, Modality, Perturbation, Treatment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xpert.data.matrix import Cells
    from xpert.data.responses import Floats

TARGETS = ("KLF1", "MAP2K6", "TGFBR2", "CEBPE")
COMPOUNDS = ("vorinostat", "trametinib")
CONTEXTS = ("K562", "A549")
DOSES = (0.01, 0.1, 1.0, 10.0)
# Measured besides the targets; any names would do, real ones make the file look like one.
MEASURED = (
    "ACTB", "ALAS2", "ARG1", "BCL2", "CCND1", "CCNE1", "CD44", "CD63", "CDK6", "CDKN1A", "COL1A1", "CXCL8", "DUSP6",
    "EGR1", "EPOR", "FOS", "FTH1", "GAPDH", "GATA1", "GYPA", "HBA1", "HBG1", "HBZ", "HMGB2", "HSPA5", "ID1", "IER3",
    "IL1B", "JUNB", "KIT", "LGALS1", "MCM5", "MKI67", "MYC", "NFKBIA", "PCNA", "PHLDA1", "PTGS2", "RPL3", "RPS6",
    "S100A4", "S100A8", "SERPINE1", "SLC25A37", "SMAD7", "SPRY2", "SRGN", "STAT3", "TOP2A", "TP53", "TUBB", "TYMS",
    "UBE2C", "VIM", "XIST", "ZFP36",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Truth:
    """What a simulated file was made from. All effects are shifts of the natural logarithm of expression.

    Attributes
    ----------
    genes
        Length ``genes``.
    baseline
        Context to the log expression of its control cells, shape ``(genes,)``.
    effects
        Target or compound to its shift at full strength, shape ``(genes,)``.
    sensitivity
        Context to the factor by which it scales every effect.
    interactions
        Pair of targets to what it adds to the sum of the two, shape ``(genes,)``.
    half_doses
        Compound to the dose of half its effect, in µM.
    hill
        Steepness of the dose response.
    """

    genes: tuple[str, ...]
    baseline: Mapping[str, Floats]
    effects: Mapping[str, Floats]
    sensitivity: Mapping[str, float]
    interactions: Mapping[frozenset[str], Floats]
    half_doses: Mapping[str, float]
    hill: float = 1.0

    def strength(self, perturbation: Perturbation) -> float:
        """Share of the full effect: efficacy, or Hill's function of the dose; exactly 0 at 0."""
        if perturbation.modality.is_genetic:
            return perturbation.efficacy
        if perturbation.dose is None or perturbation.dose.micromolar is None:
            raise InputError(f"The simulated effect of {perturbation} needs a molar dose.")
        dose = perturbation.dose.micromolar**self.hill
        return float(dose / (dose + self.half_doses[perturbation.target] ** self.hill))

    def shift(self, condition: Condition) -> Floats:
        """True shift of a condition against the control of its context, shape ``(genes,)``.

        It is the expected difference of the values for log1p; of counts it is the log ratio of the rates.
        """
        members = condition.treatment.ordered
        total = np.zeros(len(self.genes))
        for perturbation in members:
            total += self.strength(perturbation) * self.effects[perturbation.target]
        pair = frozenset(perturbation.target for perturbation in members)
        if pair in self.interactions:
            both = np.prod([self.strength(perturbation) for perturbation in members])
            total = total + both * self.interactions[pair]
        return self.sensitivity[condition.context] * total


def simulate(
    *, cells: int = 40, readout: Readout = Readout.COUNTS, seed: int = 0, noise: float = 0.25
) -> tuple[Any, Truth]:
    """Simulate single and double CRISPR activation and a dose series of compounds in two contexts.

    Parameters
    ----------
    cells
        Cells per condition; control has three times as many.
    readout
        `Readout.COUNTS` (Poisson counts of cells of unequal depth) or `Readout.LOG1P` (normal noise around
        the true mean, so that means converge on the truth).
    seed
        The same seed gives the same file.
    noise
        Standard deviation of a cell around its condition, in log expression.

    Returns
    -------
    tuple
        An `anndata.AnnData`, shape ``(cells, genes)``, with the columns ``perturbation``,
        ``perturbation_type``, ``dose``, ``dose_unit``, ``cell_line`` and ``batch``; and the truth.
    """
    import anndata

    if readout not in {Readout.COUNTS, Readout.LOG1P}:
        raise ValueError(f"{readout} cannot be simulated, only counts and log1p")
    random = np.random.default_rng(seed)
    truth = _truth(random)
    conditions = [Condition(context, treatment) for context in CONTEXTS for treatment in _treatments()]
    groups = [(c, 3 * cells if c.treatment == CONTROL else cells) for c in conditions]
    values = [_cells(truth, condition, count, noise, random) for condition, count in groups]
    matrix = np.concatenate(values)
    matrix = _counts(matrix, random) if readout is Readout.COUNTS else matrix.astype(np.float32)
    obs = _obs(groups, random)
    adata = anndata.AnnData(matrix, obs=obs, var=pd.DataFrame(index=pd.Index(truth.genes, name="gene")))
    if readout is Readout.LOG1P:
        adata.uns["log1p"] = {"base": None}
    return adata, truth


def _truth(random: np.random.Generator) -> Truth:
    genes = (*TARGETS, *MEASURED)
    count = len(genes)
    effects = {}
    for number, name in enumerate((*TARGETS, *COMPOUNDS)):
        effects[name] = np.where(random.random(count) < 0.25, random.normal(0, 0.6, count).clip(-1, 1), 0.0)
        if name in TARGETS:
            effects[name][number] = 1.0  # an activated gene rises itself
    pair = frozenset(TARGETS[:2])
    first = random.uniform(4.0, 6.0, count)
    return Truth(
        genes=genes,
        baseline={CONTEXTS[0]: first, CONTEXTS[1]: np.maximum(4.0, first + random.normal(0, 0.5, count))},
        effects=effects,
        sensitivity={CONTEXTS[0]: 1.0, CONTEXTS[1]: 0.6},
        interactions={
            pair: np.where(random.random(count) < 0.15, random.normal(0, 0.5, count).clip(-0.8, 0.8), 0.0)
        },
        half_doses={COMPOUNDS[0]: 0.5, COMPOUNDS[1]: 0.05},
    )


def _treatments() -> list[Treatment]:
    """Control, all singles, two doubles (one with an interaction, one without) and each compound's doses."""
    single = {name: Perturbation(name, Modality.CRISPRA) for name in TARGETS}
    doubles = [(TARGETS[0], TARGETS[1]), (TARGETS[1], TARGETS[2])]
    doses = [
        Perturbation(name, Modality.COMPOUND, Dose(dose, DoseUnit.MICROMOLAR))
        for name in COMPOUNDS
        for dose in DOSES
    ]
    return [
        CONTROL,
        *(Treatment.of(p) for p in single.values()),
        *(Treatment.of(single[a], single[b]) for a, b in doubles),
        *(Treatment.of(p) for p in doses),
    ]


def _cells(
    truth: Truth, condition: Condition, count: int, noise: float, random: np.random.Generator
) -> Floats:
    centre = truth.baseline[condition.context] + truth.shift(condition)
    return np.asarray(centre + random.normal(0, noise, (count, len(truth.genes))))


def _counts(logs: Floats, random: np.random.Generator) -> Cells:
    """Counts of cells whose depth differs, as a CSR matrix of float32."""
    from scipy import sparse

    depth = random.lognormal(0, 0.3, (len(logs), 1))
    return sparse.csr_matrix(random.poisson(np.exp(logs) * depth).astype(np.float32))


def _obs(groups: Sequence[tuple[Condition, int]], random: np.random.Generator) -> pd.DataFrame:
    rows = [
        {
            "perturbation": "+".join(c.treatment.targets) or "control",
            "perturbation_type": _kind(c.treatment),
            "dose": dose.value if (dose := _dose(c.treatment)) else 0.0,
            "dose_unit": dose.unit.value if dose else "uM",
            "cell_line": c.context,
        }
        for c, count in groups
        for _ in range(count)
    ]
    obs = pd.DataFrame(rows, index=[f"cell{i}" for i in range(len(rows))])
    obs["batch"] = random.choice(["batch 1", "batch 2"], len(obs))
    return obs.astype({column: "category" for column in obs.columns if column != "dose"})


def _dose(treatment: Treatment) -> Dose | None:
    return next((p.dose for p in treatment.perturbations if p.dose is not None), None)


def _kind(treatment: Treatment) -> str:
    if treatment == CONTROL:
        return "control"
    return "drug" if _dose(treatment) else "CRISPRa"
