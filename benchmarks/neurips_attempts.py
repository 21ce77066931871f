"""What was tried on OpenProblems 2023, beside what is shipped.

``python benchmarks/neurips_attempts.py ../shared/data`` prints the tables of `docs/benchmarks/tried/neurips.md`, on folds
dealt with seeds that no table of results uses.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from xpert.evaluation.reference.shrunk_additive import ShrunkAdditive
from xpert.evaluation.tasks import task
from xpert.model.baselines.context_mean import ContextMean
from xpert.model.baselines.factors import Factors, FactorSettings
from xpert.model.baselines.factors_fit import FEW_CONTEXTS, MANY_CONTEXTS, Assumed

METRICS = ("spearman", "pearson_partial")
SEEDS = (11, 12)
KERNELS = FactorSettings().mixture


def factors(**changes: Any) -> Factors:
    return Factors(settings=replace(FactorSettings(), **changes))


def assuming(noise: float, *, repeated: bool, by_effects: bool) -> Factors:
    return factors(offered=(Assumed(noise, repeated, by_effects),))


@dataclass(frozen=True, eq=False)
class _Averaged:
    """Mean of two models around the mean of the cell type, the second at the length of the first."""

    first: Any
    second: Any
    weight: float
    fitted: tuple[Any, ...] = field(default=())

    def fit(self, responses):
        return replace(self, fitted=(self.first.fit(responses), self.second.fit(responses), responses))

    def predict(self, conditions, contexts):
        a, b, learned = self.fitted
        where = [c.context for c in learned.conditions]
        means = {c: learned.delta[[w == c for w in where]].mean(axis=0) for c in set(where)}
        mean = np.array([means[c.context] for c in conditions])
        one, two = (np.asarray(p.predict(conditions, contexts)) - mean for p in (a, b))
        return mean + (1 - self.weight) * one + self.weight * two * np.linalg.norm(one) / np.linalg.norm(two)


CELL_TYPES = {
    "drug mean": ContextMean(),
    "additive, shrunk": ShrunkAdditive(),
    "one assumption as on Tahoe: a quarter of the rest is noise": factors(offered=MANY_CONTEXTS[:1]),
    "… four fifths are noise": assuming(0.8, repeated=False, by_effects=False),
    "treatments as similar as what repeats, a quarter noise": assuming(0.25, repeated=True, by_effects=False),
    "… four fifths noise": assuming(0.8, repeated=True, by_effects=False),
    "… and interactions like effects": assuming(0.8, repeated=True, by_effects=True),
    "… nine tenths noise": assuming(0.9, repeated=True, by_effects=True),
    "chosen for few contexts only": factors(offered=FEW_CONTEXTS),
    "**shipped**: chosen on held-out rows": Factors(),
}


def drug_models(ridge: Any) -> dict[str, Any]:
    return {
        "kernel ridge on Morgan and annotation (reference)": ridge,
        "as on Tahoe: a quarter of the rest is noise": factors(offered=MANY_CONTEXTS[:1]),
        "**shipped**: chosen on held-out rows": Factors(),
        "… half the ridge": factors(treatment_ridge=0.75),
        "… twice the ridge": factors(treatment_ridge=3.0),
        "… twice the weight of structure": factors(mixture={**KERNELS, "structure": 0.5}),
        "… twice the weight of annotation": factors(mixture={**KERNELS, "annotation": 0.5}),
        "… without the pathways of known targets": factors(mixture={**KERNELS, "target_of_compound": 0.0}),
        "… averaged with the reference, three tenths": _Averaged(Factors(), ridge, 0.3),
        "… averaged with the reference, half": _Averaged(Factors(), ridge, 0.5),
    }


def measured(contests, model_of) -> pd.DataFrame:
    """Mean of each subset and metric over the deals."""
    rows = []
    for contest in contests:
        model = model_of(contest)
        for ask in contest.asks:
            fitted = model.fit(contest.learned.take(ask.train))
            asked = [contest.observed.conditions[i] for i in ask.test]
            rows.append(contest.score(ask, np.asarray(fitted.predict(asked, contest.observed.context))))
    table = pd.concat(rows, ignore_index=True).fillna({"value": 0.0})
    return table.groupby(["subset", "metric"])["value"].mean().unstack()[list(METRICS)]


def main(data: Path) -> None:
    for name in ("neurips_unseen_celltype", "neurips_unseen_drug"):
        found = task(name)
        contests = [found.prepare(data, found.deal(data, seed)) for seed in SEEDS]
        models = CELL_TYPES
        if name == "neurips_unseen_drug":
            models = drug_models(contests[0].models["kernel ridge on Morgan and annotation"].predictor)
        for number, (title, model) in enumerate(models.items()):
            table = measured(contests, lambda _, model=model: model)
            if not number:
                sys.stdout.write(
                    f"\n| {name} | {' | '.join(table.index)} |\n|{' --- |' * (len(table) + 1)}\n"
                )
            cells = (" · ".join(f"{v:.3f}" for v in row) for row in table.to_numpy())
            sys.stdout.write(f"| {title} | {' | '.join(cells)} |\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
