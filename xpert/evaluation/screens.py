"""How screens of cells are scored: shifts of one context, own targets left out, beside their replicate ceiling."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from xpert.evaluation.task import ALL, CEILING_COLUMNS, Metric
from xpert.model.metrics import Lineup, discrimination_cosine, l2, pearson
from xpert.training.halves import half_shifts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

    from xpert.data.dataset import PerturbationDataset
    from xpert.data.responses import Condition, Floats, Responses
    from xpert.evaluation.response_contest import Ask

HALVINGS = 5
L2 = Metric("L2", "L2 distance of Δ", higher_is_better=False)
PEARSON = Metric("pearson_delta", "Pearson of Δ")
CENTRED = Metric("systema_pearson", "Pearson of Δ against the perturbed centroid")
DISCRIMINATION = Metric("pds_cosine_centred", "discrimination (centred cosine)")
METRICS = (L2, PEARSON, DISCRIMINATION, CENTRED)


@dataclass(frozen=True, eq=False)
class ScreenScorer:
    """Scores shifts with the perturbed genes left out: that a knocked-out gene falls is no skill.

    A condition's own targets are left out of its distance and its correlations, the targets of the whole
    panel out of discrimination, which is among all conditions of its context.

    Attributes
    ----------
    observed
        Every condition of the panel.
    subsets
        The subsets of each row of `observed`, besides all of them together.
    """

    observed: Responses
    subsets: Mapping[int, tuple[str, ...]]

    @cached_property
    def is_target(self) -> npt.NDArray[np.bool_]:
        """Whether a gene is a target of a condition, shape ``(conditions, genes)``."""
        genes = np.array(self.observed.genes)
        return np.array([np.isin(genes, list(c.treatment.targets)) for c in self.observed.conditions])

    def __call__(self, ask: Ask, predicted: Floats) -> pd.DataFrame:
        """Score the answers to one refit; the centroid is the mean of the training conditions of the context."""
        return pd.DataFrame(self._rows(ask, predicted), columns=["condition", "subset", "metric", "value"])

    def _rows(self, ask: Ask, predicted: Floats) -> Iterator[tuple[str, str, str, float]]:
        for row, shift in zip(ask.test.tolist(), predicted, strict=True):
            condition = self.observed.conditions[row]
            panel = self.panel(condition.context)
            known = np.intersect1d(ask.train, panel)
            # Where nothing of the context was learned, its own mean is the centroid: on the scoring side only.
            centre = self.observed.delta[known if len(known) else panel].mean(axis=0, dtype=float)
            for metric, value in self.scores(shift, self.observed.delta, row, centre).items():
                for subset in (ask.subset, *self.subsets.get(row, ())):
                    yield str(condition), subset, metric, value

    def panel(self, context: str) -> npt.NDArray[np.intp]:
        """Rows of one context."""
        return np.flatnonzero([c.context == context for c in self.observed.conditions])

    def scores(self, shift: Floats, truth: Floats, row: int, centre: Floats) -> dict[str, float]:
        """Every metric of one predicted shift; `truth` holds every condition, shape ``(conditions, genes)``."""
        panel = self.panel(self.observed.conditions[row].context)
        counted = ~self.is_target[panel].any(axis=0)
        lineup = Lineup(truth[np.ix_(panel, counted)], np.flatnonzero(panel == row), centre[counted])
        predicted, observed = shift[None], np.where(self.is_target[row], np.nan, truth[row])[None]
        return {
            L2.name: float(l2(predicted, observed)[0]),
            PEARSON.name: float(pearson(predicted, observed)[0]),
            DISCRIMINATION.name: float(discrimination_cosine(predicted[:, counted], lineup)[0]),
            CENTRED.name: float(pearson(predicted - centre, observed - centre)[0]),
        }


def replicate_ceiling(
    dataset: PerturbationDataset, scorer: ScreenScorer, rows: Sequence[int], seed: int
) -> pd.DataFrame:
    """What half of the cells say of the other half, brought to the full number of cells.

    Controls are halved too, so that the halves share no noise. Correlations are stepped up by Spearman–Brown,
    2r / (1 + r); distances are divided by √2; discrimination stays as the halves have it.

    Returns
    -------
    Columns `CEILING_COLUMNS`, the mean over conditions and halvings for every subset.
    """
    conditions = scorer.observed.conditions
    halvings = [_halves(dataset, conditions, np.random.default_rng([seed, i])) for i in range(HALVINGS)]
    found = []
    for first, second in halvings:
        for row in rows:
            panel = scorer.panel(conditions[row].context)
            own, other = first[panel].mean(axis=0), second[panel].mean(axis=0)
            scores = scorer.scores(first[row], second, row, other)
            unmasked = ~scorer.is_target[row]
            apart = pearson((first[row] - own)[None, unmasked], (second[row] - other)[None, unmasked])
            scores[CENTRED.name] = float(apart[0])
            subsets = (ALL, *scorer.subsets.get(row, ()))
            found += [
                (s, metric, _full_size(metric, value)) for metric, value in scores.items() for s in subsets
            ]
    table = pd.DataFrame(found, columns=list(CEILING_COLUMNS))
    return table.groupby(["subset", "metric"], sort=False).mean().reset_index()


def replicate_pearson(dataset: PerturbationDataset, scorer: ScreenScorer, seed: int) -> Floats:
    """Correlation between halves of every condition, its own targets left out, shape ``(conditions,)``."""
    values = []
    for number in range(HALVINGS):
        first, second = _halves(dataset, scorer.observed.conditions, np.random.default_rng([seed, number]))
        values.append(pearson(first, np.where(scorer.is_target, np.nan, second)))
    mean: Floats = np.mean(values, axis=0)
    return mean


def _halves(
    dataset: PerturbationDataset, conditions: Sequence[Condition], draw: np.random.Generator
) -> tuple[Floats, Floats]:
    where = list(dict.fromkeys(c.context for c in conditions))
    return half_shifts(
        dataset.expression(slice(None)),
        [(dataset.rows(c), c.context) for c in conditions],
        {context: dataset.control_rows(context) for context in where},
        draw,
    )


def _full_size(metric: str, value: float) -> float:
    if metric == L2.name:
        return value / float(np.sqrt(2))
    if metric == DISCRIMINATION.name or value <= -0.5:
        return value
    return 2 * value / (1 + value)
