"""Predict knockouts of genes that were never knocked out, in Papalexi's THP-1 cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from xpert.data.genes import GeneNames
from xpert.evaluation.reference.tuned import grouped_folds
from xpert.evaluation.response_contest import Ask, Contestant, ResponseContest
from xpert.evaluation.screens import METRICS, ScreenScorer, replicate_ceiling, replicate_pearson
from xpert.evaluation.splits import Folds
from xpert.evaluation.task import Goal, Metric, Role, itself

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from xpert.data.responses import Responses

STRONG = "targets that replicate"
# Halves of a target's cells must agree at least this well for its prediction to be judged.
REPLICATES = 0.3
FOLDS = 5


@dataclass(frozen=True)
class PapalexiUnseenGene:
    """Twenty-five knocked-out genes in five folds; eight of them replicate."""

    name: str = "papalexi_unseen_gene"
    title: str = "Papalexi 2021, knockouts in THP-1: a gene that was never knocked out"
    metrics: tuple[Metric, ...] = METRICS
    goals: tuple[Goal, ...] = (
        Goal(STRONG, "L2", 3.93, 3.18, 2.9),
        Goal(STRONG, "pearson_delta", 0.486, 0.563, 0.60),
        Goal(STRONG, "pds_cosine_centred", 0.667, 0.769, 0.82),
    )
    unit: Callable[[str], str] = itself

    def deal(self, data: Path, seed: int) -> Folds:
        """Five folds of targets."""
        names = sorted(next(iter(c.treatment.targets)) for c in _responses(data).conditions)
        fold = grouped_folds(names, FOLDS, np.random.default_rng([seed, len(names)]))
        return Folds.of_parts(self.name, seed, names, fold.tolist())

    def prepare(self, data: Path, folds: Folds) -> ResponseContest:
        """Read the screen and lay out the refits."""
        from xpert.data.collections.papalexi import dataset

        responses, known = _responses(data), GeneNames.load()
        row = {next(iter(c.treatment.targets)): i for i, c in enumerate(responses.conditions)}

        def rows(names: tuple[str, ...]) -> np.ndarray:
            return np.array([row[known.resolve(name) or name] for name in names], dtype=np.intp)

        asks = tuple(Ask(i, rows(f.train), rows(f.test)) for i, f in enumerate(folds.folds))
        cells = dataset(data)
        agreement = replicate_pearson(cells, ScreenScorer(responses, {}), 0)
        strong = {int(i): (STRONG,) for i in np.flatnonzero(agreement > REPLICATES)}
        scorer = ScreenScorer(responses, strong)
        return ResponseContest(
            responses,
            responses,
            asks,
            _contestants(data, responses, folds.seed),
            scorer,
            lambda: replicate_ceiling(cells, scorer, range(len(responses)), folds.seed),
        )


TASK = PapalexiUnseenGene()


def _contestants(data: Path, responses: Responses, seed: int) -> dict[str, Contestant]:
    from xpert.data.readout import Readout
    from xpert.evaluation.nulls import shuffled, shuffled_features
    from xpert.evaluation.reference.prior_regression import PriorRegression
    from xpert.evaluation.reference.tuned import neighbour_path, ridge_path
    from xpert.model.baselines.mean_shift import MeanShift
    from xpert.model.baselines.no_change import NoChange
    from xpert.model.baselines.registry import base_predictor

    shipped = base_predictor(Readout.LOG1P)
    ridges = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
    return {
        "no change": Contestant(Role.REFERENCE, NoChange()),
        "mean": Contestant(Role.REFERENCE, MeanShift()),
        "ridge on compressed priors": Contestant(
            Role.REFERENCE, PriorRegression.of(data, responses, seed, ridge_path, ridges)
        ),
        "neighbours on compressed priors": Contestant(
            Role.REFERENCE, PriorRegression.of(data, responses, seed, neighbour_path, (1, 2, 3, 5, 10))
        ),
        "shipped": Contestant(Role.SHIPPED, shipped),
        "shuffled labels": Contestant(Role.NULL, shuffled(shipped)),
        "shuffled gene sets": Contestant(Role.NULL, shuffled_features(shipped, responses)),
    }


def _responses(data: Path) -> Responses:
    from xpert.data.collections.papalexi import load

    return load(data)
