"""Every metric of one set of held-out conditions, on the genes that may count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from xpert.data.readout import Readout
from xpert.model.baselines.profiles import GroupMeans, family
from xpert.model.metrics import METRICS, Lineup, discrimination_cosine, partial_pearson, residual
from xpert.model.question import hits

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from xpert.data.responses import Condition, Floats, Responses

# A line-up of held-out conditions alone is used from this size on; smaller ones are filled up with training
# conditions, which are easier to resemble.
LINEUP = 20
# Genes that some treatment targets are left out of the line-up, unless that leaves too few.
MOST_TARGETED = 0.2


@dataclass(frozen=True, eq=False)
class Scorer:
    """Scores predictions of fixed conditions.

    A treatment's own target genes do not count: that a knocked-out gene goes down is no prediction.

    Attributes
    ----------
    observed
        NaN where not measured or not counted, shape ``(conditions, genes)``.
    reference
        Mean training shift of each condition's context and modality, shape ``(conditions, genes)``.
    lineups
        Per context and modality: rows of the conditions, and the candidates they are told apart from.
    counted
        Genes that count in line-ups, shape ``(genes,)``.
    is_scale_free
        Whether the mean is projected out in line-ups, as the size of a response means little, or subtracted.
    """

    observed: Floats
    reference: Floats
    lineups: tuple[tuple[npt.NDArray[np.intp], Lineup], ...]
    counted: npt.NDArray[np.bool_]
    is_scale_free: bool

    @classmethod
    def of(cls, responses: Responses, test: npt.NDArray[np.integer[Any]], training: Responses) -> Self:
        """Lay out what the rows `test` of `responses` are compared with."""
        asked = [responses.conditions[i] for i in test]
        reference = _reference(training, asked)
        targeted = _own_targets(responses.conditions, responses.genes)
        counted = np.asarray(~targeted.any(axis=0))
        if np.mean(counted) < 1 - MOST_TARGETED:
            counted = np.ones(len(responses.genes), dtype=bool)
        observed = np.where(targeted[test], np.nan, responses.delta[test])
        where = np.array([f"{c.context}|{family(hits(c.treatment.active))}" for c in responses.conditions])
        is_scale_free = responses.readout is Readout.Z
        lineups = []
        for group in dict.fromkeys(where[test].tolist()):
            rows = np.flatnonzero(where[test] == group)
            held_out = np.asarray(test)[rows]
            candidates = held_out if len(rows) >= LINEUP else np.flatnonzero(where == group)
            if len(candidates) > 1:
                place = {int(row): i for i, row in enumerate(candidates)}
                own = np.array([place[int(row)] for row in held_out])
                shifts, centre = responses.delta[np.ix_(candidates, counted)], reference[rows[0], counted]
                if is_scale_free:
                    shifts, centre = residual(shifts, centre), np.zeros_like(centre)
                lineups.append((rows, Lineup(shifts, own, centre)))
        return cls(observed, reference, tuple(lineups), counted, is_scale_free)

    def score(self, predicted: Floats) -> pd.DataFrame:
        """One row per condition, one column per metric of `xpert.model.metrics.METRICS`."""
        scores = {name: m.of(predicted, self.observed) for name, m in METRICS.items() if m.of is not None}
        scores["partial_pearson"] = partial_pearson(predicted, self.observed, self.reference)
        scores["pds_cosine"] = np.full(len(predicted), np.nan)
        for rows, lineup in self.lineups:
            shifts = predicted[np.ix_(rows, self.counted)]
            if self.is_scale_free:
                shifts = residual(shifts, self.reference[np.ix_(rows, self.counted)])
            scores["pds_cosine"][rows] = discrimination_cosine(shifts, lineup)
        return pd.DataFrame(scores, columns=list(METRICS))


def _reference(training: Responses, asked: Sequence[Condition]) -> Floats:
    """Mean training shift of each context and modality.

    z scores grow with the number of pooled signatures, so that a few strong ones would be the mean: they
    are brought to equal length first.
    """
    delta = training.delta
    if training.readout is Readout.Z:
        power = np.nansum(delta**2, axis=1, keepdims=True)
        delta = delta / np.sqrt(np.where(power > 0, power, 1.0))
    means = GroupMeans.of(training.conditions, delta)
    return np.nan_to_num(means.rows(asked))


def _own_targets(conditions: Sequence[Condition], genes: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Whether a gene is itself perturbed in a condition, shape ``(conditions, genes)``."""
    place = {gene: i for i, gene in enumerate(genes)}
    own = np.zeros((len(conditions), len(genes)), dtype=bool)
    for row, condition in enumerate(conditions):
        own[row, [place[t] for t in condition.treatment.targets if t in place]] = True
    return own
