"""A compound that was never measured, in hepatocytes that were measured under others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from xpert.evaluation.reference.tuned import grouped_folds
from xpert.evaluation.response_contest import Ask, Contestant, ResponseContest
from xpert.evaluation.splits import Folds
from xpert.evaluation.task import ALL, Goal, Metric, Role, targets_of
from xpert.evaluation.tasks.hepatocytes import (
    FOLDS,
    PARTIAL,
    PEARSON,
    RMSE,
    LevelScorer,
    arrays,
    parents,
    places_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from xpert.data.responses import Condition, Responses
    from xpert.evaluation.reference.dose_levels import Place
    from xpert.evaluation.reference.drugs import Drug

STRUCTURE = "compounds with a known structure"


@dataclass(frozen=True)
class UnseenDrug:
    """Parents of compounds are dealt, with every dose and time."""

    name: str = "tggates_unseen_drug"
    title: str = "Open TG-GATEs, human hepatocytes: a compound that was never measured"
    metrics: tuple[Metric, ...] = (PEARSON, PARTIAL, RMSE)
    goals: tuple[Goal, ...] = (
        Goal(ALL, PEARSON.name, 0.251, None, 0.28),
        Goal(ALL, PARTIAL.name, 0.043, None, 0.09),
    )
    unit: Callable[[str], str] = targets_of

    def deal(self, data: Path, seed: int) -> Folds:
        """Five parts of the compounds."""
        names = np.array(sorted({key[0] for key in arrays(data).groups}))
        fold = grouped_folds(parents(data, names.tolist()), FOLDS, np.random.default_rng([seed, len(names)]))
        return Folds.of_parts(self.name, seed, names.tolist(), fold.tolist())

    def prepare(self, data: Path, folds: Folds) -> ResponseContest:
        """Read the arrays and lay out the refits."""
        from xpert.evaluation.reference.drugs import named_drugs

        found = arrays(data)
        responses, places = found.responses(), places_of(found)
        compound = np.array([places[c][0] for c in responses.conditions])
        drugs = {drug.name: drug for drug in named_drugs(data, sorted(set(compound.tolist())))}
        subsets = {name: (STRUCTURE,) for name, drug in drugs.items() if drug.smiles}
        asks = tuple(
            Ask(
                i, np.flatnonzero(np.isin(compound, fold.train)), np.flatnonzero(np.isin(compound, fold.test))
            )
            for i, fold in enumerate(folds.folds)
        )
        scorer = LevelScorer(responses, places, lambda _: True, subsets)
        models = _contestants(places, drugs, folds.seed, responses)
        return ResponseContest(responses, responses, asks, models, scorer)


TASK = UnseenDrug()


def _contestants(
    places: Mapping[Condition, Place], drugs: Mapping[str, Drug], seed: int, responses: Responses
) -> dict[str, Contestant]:
    from xpert.evaluation.nulls import shuffled, shuffled_features
    from xpert.evaluation.reference.dose_levels import ByLevel, annotation_kernel, structure_kernel
    from xpert.model.baselines.dose_curves import compound_curves

    listed = list(drugs.values())
    structure, annotation = structure_kernel(listed), annotation_kernel(listed)
    both = {str(w): (1 - w) * structure + w * annotation for w in (0.25, 0.5, 0.75)}
    offered = {
        "mean of the level and time": {},
        "kernel ridge on Morgan": {"Morgan": structure},
        "kernel ridge on Morgan and annotation": both,
    }
    reference = {
        title: Contestant(Role.REFERENCE, ByLevel(title, places, drugs, kernels, seed))
        for title, kernels in offered.items()
    }
    shipped = compound_curves()
    return {
        **reference,
        "shipped": Contestant(Role.SHIPPED, shipped),
        "shuffled labels": Contestant(Role.NULL, shuffled(shipped)),
        "shuffled features": Contestant(Role.NULL, shuffled_features(shipped, responses)),
    }
