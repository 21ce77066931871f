"""What the two L1000 tasks share: consensus signatures of drugs with their structures, scored by direction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from xpert.data.collections import file_in
from xpert.data.readout import Readout
from xpert.data.responses import Condition, Context, Responses
from xpert.evaluation.reference.drugs import consensus_drugs
from xpert.evaluation.reference.structure_and_line import Panel
from xpert.evaluation.reference.tuned import RIDGES, Tuning, grouped_folds, ridge_path
from xpert.evaluation.response_contest import Ask, Contestant, ResponseContest, scored
from xpert.evaluation.splits import Folds
from xpert.evaluation.task import ALL, Goal, Metric, Role, itself
from xpert.model.metrics import (
    Lineup,
    discrimination_cosine,
    partial_pearson,
    pearson,
    residual,
    spearman,
)
from xpert.perturbation import Modality, Perturbation, Treatment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from xpert.data.responses import Floats
    from xpert.evaluation.reference.drugs import Drug

CONTEXT, FOLDS = "L1000 consensus", 5
PEARSON = Metric("pearson", "Pearson")
PARTIAL = Metric("pearson_partial", "Pearson beyond the training mean")
DISCRIMINATION = Metric("pds_cosine_centred", "discrimination (centred cosine)")
SPEARMAN = Metric("spearman", "Spearman")
METRICS = (PEARSON, PARTIAL, DISCRIMINATION, SPEARMAN)


@dataclass(frozen=True)
class L1000UnseenDrug:
    """Drugs in five folds; what must not be cut is a parent compound, or a scaffold.

    Attributes
    ----------
    by_scaffold
        Whether drugs that share a Murcko scaffold stay together.
    """

    name: str
    title: str
    by_scaffold: bool
    goals: tuple[Goal, ...]
    metrics: tuple[Metric, ...] = METRICS
    unit: Callable[[str], str] = itself

    def deal(self, data: Path, seed: int) -> Folds:
        """Five folds of drugs."""
        names = _table(data).index.tolist()
        fold = grouped_folds(self.groups(_drugs(data)), FOLDS, np.random.default_rng(seed))
        return Folds.of_parts(self.name, seed, names, fold.tolist())

    def groups(self, drugs: Sequence[Drug]) -> list[str]:
        """What each drug must not be parted from."""
        if not self.by_scaffold:
            return [drug.parent for drug in drugs]
        return [_scaffold(drug.smiles) or "acyclic" for drug in drugs]

    def prepare(self, data: Path, folds: Folds) -> ResponseContest:
        """Read the signatures and lay out the refits."""
        table, drugs = _table(data), _drugs(data)
        row = {name: i for i, name in enumerate(table.index)}
        asks = tuple(
            Ask(i, np.array([row[n] for n in f.train]), np.array([row[n] for n in f.test]))
            for i, f in enumerate(folds.folds)
        )
        responses = _responses(table, drugs)
        models = _contestants(responses, drugs, self.groups(drugs), folds.seed)
        return ResponseContest(responses, responses, asks, models, SignatureScorer(responses))


@dataclass(frozen=True, eq=False)
class SignatureScorer:
    """Scores directions: z scores grow with the number of pooled wells, so lengths do not count.

    What is projected out is the mean of the training signatures at equal length; a drug is told apart among
    those of its fold.
    """

    observed: Responses

    def __call__(self, ask: Ask, predicted: Floats) -> pd.DataFrame:
        """Score the answers to one refit."""
        truth = self.observed.delta[ask.test].astype(float)
        training = self.observed.delta[ask.train].astype(float)
        mean = (training / np.linalg.norm(training, axis=1, keepdims=True)).mean(axis=0)
        left, right = residual(predicted, mean), residual(truth, mean)
        lineup = Lineup(right, np.arange(len(truth)), np.zeros(truth.shape[1]))
        scores: Mapping[str, Floats] = {
            PEARSON.name: pearson(predicted, truth),
            PARTIAL.name: partial_pearson(predicted, truth, mean),
            DISCRIMINATION.name: discrimination_cosine(left, lineup),
            SPEARMAN.name: spearman(predicted, truth),
        }
        return scored(self.observed, ask, scores)


def goals(
    reference: tuple[float, float, float], simple: tuple[float, float, float], aim: tuple[float, float, float]
) -> tuple[Goal, ...]:
    """Known numbers of the first three metrics."""
    return tuple(
        Goal(ALL, metric.name, *known)
        for metric, *known in zip(METRICS[:3], reference, simple, aim, strict=True)
    )


def _table(data: Path) -> pd.DataFrame:
    return pd.read_csv(file_in(data, "l1000_consensus", "consensi-drugbank.tsv.gz"), sep="\t", index_col=0)


def _drugs(data: Path) -> tuple[Drug, ...]:
    return consensus_drugs(data, _table(data).index.tolist())


def _responses(table: pd.DataFrame, drugs: Sequence[Drug]) -> Responses:
    """Each drug under its structure as a SMILES text; several identifiers of one structure stay apart."""
    genes = tuple(map(str, table.columns))
    unknown = np.full(len(genes), np.nan)
    delta = table.to_numpy(dtype=np.float32)
    return Responses(
        readout=Readout.Z,
        genes=genes,
        contexts=(Context(CONTEXT, genes, np.zeros(len(genes)), unknown),),
        conditions=tuple(
            Condition(CONTEXT, Treatment.of(Perturbation(text, Modality.COMPOUND))) for text in _texts(drugs)
        ),
        delta=delta,
        spread=np.full_like(delta, np.nan),
        cells=np.ones(len(table), dtype=np.int64),
    )


def _texts(drugs: Sequence[Drug]) -> list[str]:
    """A SMILES text per drug. A second drug of one structure stands as its hydrate: the same parent compound."""
    from xpert.features.treatments import TreatmentFeatures

    features, seen, texts = TreatmentFeatures.load(), set[str](), []
    for drug in drugs:
        text = str(drug.smiles)
        # A few structures read like names; water beside them leaves no doubt.
        while text in seen or features.compound(text) is None:
            text += ".[OH2]"
        seen.add(text)
        texts.append(text)
    return texts


def _scaffold(smiles: str | None) -> str:
    from rdkit.Chem.Scaffolds import MurckoScaffold

    if smiles is None:
        return ""
    return str(MurckoScaffold.MurckoScaffoldSmiles(smiles))  # type: ignore[no-untyped-call]


def _contestants(
    responses: Responses, drugs: Sequence[Drug], groups: Sequence[str], seed: int
) -> dict[str, Contestant]:
    from xpert.evaluation.nulls import shuffled, shuffled_features
    from xpert.evaluation.reference.morgan_ridge import MorganRidge
    from xpert.model.baselines.mean_shift import MeanShift
    from xpert.model.baselines.no_change import NoChange
    from xpert.model.baselines.registry import base_predictor, prior_ridge

    place = {c.treatment.targets[0]: i for i, c in enumerate(responses.conditions)}
    kernels = Panel(tuple(drugs)).kernels
    tuning = Tuning(ridge_path, RIDGES, groups, seed + 1)
    shipped = base_predictor(Readout.Z)
    return {
        "no change": Contestant(Role.REFERENCE, NoChange()),
        "mean": Contestant(Role.REFERENCE, MeanShift()),
        "kernel ridge on Morgan and annotation": Contestant(
            Role.REFERENCE, MorganRidge(kernels, place, tuning, unit_norm=True)
        ),
        "kernel ridge, one penalty": Contestant(Role.SIMPLE, prior_ridge(Readout.Z)),
        "shipped": Contestant(Role.SHIPPED, shipped),
        "shuffled labels": Contestant(Role.NULL, shuffled(shipped)),
        "shuffled structures": Contestant(Role.NULL, shuffled_features(shipped, responses)),
    }
