"""Significant genes of predicted cells against those of measured cells, for doubles that the model has never seen.

Every double of Norman 2019 is left out in turn: the simple model of such data is refitted without it and asked for
it, as many cells as were measured are drawn, and both are tested against the control cells (Wilcoxon, false discovery
rate below 5 %; a hundred cells a side leave few such genes, so genes with p below .05 are counted, too). With cells that vary too little nearly every gene would be significant; with too much, none.

    python benchmarks/sampled_cells.py --data ../shared/data [--seeds 0 1 2]
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from xpert.data.collections import norman_mcfaline
from xpert.data.matrix import dense
from xpert.data.readout import Readout
from xpert.evaluation.cell_metrics import (
    Significance,
    direction_match,
    energy_distance,
    significant_overlap,
)
from xpert.model.baselines.registry import base_predictor
from xpert.model.spread import expected_spread
from xpert.prediction.cells import MovedMean, draw_cells
from xpert.response.differential import differential_expression

SIGNIFICANT = 0.05


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    args = parser.parse_args()
    table = measure(args.data, args.seeds)
    print(table.round(3).to_string(index=False))
    for singles, part in [("any", table), *table.groupby("singles seen")]:
        for kind in ("held out", "true means"):
            print(f"{len(part)} doubles, {singles} singles seen, {kind}: {ratios(part, kind)}")


def ratios(table: pd.DataFrame, kind: str) -> str:
    """Predicted over measured numbers of genes: each double that has any, and all of them together."""
    words = []
    for name in ("genes", "p < .05"):
        found = table[table[f"measured {name}"] > 0]
        each = found[f"{kind}: {name}"] / found[f"measured {name}"]
        together = found[f"{kind}: {name}"].sum() / found[f"measured {name}"].sum()
        words.append(
            f"{name} median {each.median():.2f}, together {together:.2f}, {each.between(0.5, 2).sum()} within 2"
        )
    return "; ".join(words)


def measure(data: Path, seeds: list[int], context: str = "k562") -> pd.DataFrame:
    """One row a double: significant genes measured, predicted from the model, and from the measured means."""
    dataset = norman_mcfaline.dataset(data)
    responses = dataset.responses()
    control = dense(dataset.expression(dataset.control_rows(context)))
    doubles = [
        row
        for row, condition in enumerate(responses.conditions)
        if len(condition.treatment.perturbations) == 2 and condition.context == context
    ]
    rows = []
    for row in doubles:
        condition = responses.conditions[row]
        real = dense(dataset.expression(dataset.rows(condition)))
        kept = np.setdiff1d(np.arange(len(responses.conditions)), row)
        fitted = base_predictor(Readout.LOG1P).fit(responses.take(kept))
        shift = np.asarray(fitted.predict([condition], responses.context))[0]
        truth = tested(real, control, dataset.genes)
        genes = set(condition.treatment.targets)
        alone = [
            c.treatment.targets[0]
            for c in responses.conditions
            if c.context == context and len(c.treatment.targets) == 1
        ]
        line = {
            "double": "+".join(condition.treatment.targets),
            "singles seen": len(genes & set(alone)),
            "measured genes": truth.is_significant.sum(),
            "measured p < .05": (truth.p_value < SIGNIFICANT).sum(),
        }
        for kind, mean in (("held out", shift), ("true means", responses.delta[row])):
            spread = expected_spread(responses.context[context], mean[None])[0]
            to = MovedMean(np.maximum(control.mean(axis=0) + mean, 0), spread, Readout.LOG1P)
            draws = [draw_cells(control, to, cells=len(real), seed=seed) for seed in seeds]
            line |= judged(kind, draws, (control, real, truth), dataset.genes)
        rows.append(line)
    return pd.DataFrame(rows)


def judged(kind, draws, cells, genes):
    """Scores of cells drawn around a predicted mean, mean over draws."""
    control, real, truth = cells
    scores = []
    for drawn in draws:
        guess = tested(drawn, control, genes)
        scores.append(
            {
                f"{kind}: genes": guess.is_significant.sum(),
                f"{kind}: p < .05": (guess.p_value < SIGNIFICANT).sum(),
                f"{kind}: overlap": significant_overlap(guess.significance, truth.significance),
                f"{kind}: direction": direction_match(guess.significance, truth.significance),
                f"{kind}: E-distance": energy_distance(drawn, real),
                f"{kind}: highest": drawn.max(),
            }
        )
    return pd.DataFrame(scores).mean().to_dict()


class Judged(NamedTuple):
    """A test with its p values."""

    significance: Significance
    p_value: np.ndarray

    @property
    def is_significant(self) -> np.ndarray:
        """Genes below the false discovery rate."""
        return self.significance.is_significant


def tested(treated, control, genes) -> Judged:
    table = differential_expression(treated, control, genes)
    return Judged(Significance.of(table), table["p_value"].to_numpy())


if __name__ == "__main__":
    main()
