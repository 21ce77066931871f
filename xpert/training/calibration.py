"""From held-out predictions to calibrated errors, and how well the calibration itself holds up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from xpert.model.baselines.kernels import OneHot, mixed
from xpert.model.baselines.profiles import mean_measured
from xpert.model.calibration import LOUDNESS, Asked, Calibration
from xpert.model.novelty import cosines
from xpert.model.question import Question

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from xpert.data.responses import Condition, Floats, Responses
    from xpert.model.baselines.kernels import KernelSource, Mixture
    from xpert.model.choices import Choices
    from xpert.perturbation import Treatment
    from xpert.training.skill import SkillReport

    Rows = npt.NDArray[np.intp]

LEVEL = 0.9
# What makes two treatments alike, when it is told how far a question lies from what was measured.
LIKENESS = {"identity": 1.0, "gene_prior": 0.5, "structure": 0.25, "annotation": 0.25}
# Many small parts leave a calibration on few treatments nearly whole; on many treatments few parts do.
MANY, MOST_FOLDS, FEW_FOLDS = 200, 20, 5


@dataclass(frozen=True, eq=False)
class CalibrationReport:
    """A calibration, with what it promises and keeps on conditions that it was not fitted to.

    Attributes
    ----------
    calibration
        Fitted to every trial.
    table
        Columns ``question, conditions, coverage, loud_coverage, width, rank_correlation, own_scale``: share
        of gene values inside the stated 90 % interval (of genes that respond to anything in the context), the same among the tenth of genes with the widest
        intervals, mean width, Spearman correlation of expected with actual error across conditions, and
        whether the kind of question has intervals of its own (else those of all kinds together); measured
        on treatments that were left out of the calibration. The last row, ``all``, is over every trial.
    """

    calibration: Calibration
    table: pd.DataFrame


def calibrate(
    responses: Responses,
    report: SkillReport,
    chosen: Choices,
    *,
    source: KernelSource | None = None,
    mixture: Mixture | None = None,
) -> CalibrationReport:
    """Learn errors and intervals of the chosen predictors from their held-out predictions.

    Parameters
    ----------
    responses
        What `report` was measured on.
    report
        Held-out predictions.
    chosen
        Who answers each kind of question.
    source, mixture
        Similarity by which a treatment is near or far from the training treatments; by default which
        perturbations they share.
    """
    source, mixture = source or OneHot(), mixture or {"identity": 1.0}
    asked = asked_of(responses, report, chosen, Likeness.of(responses.conditions, source, mixture))
    observed = responses.delta[report.trials["row"].to_numpy(dtype=np.intp)]
    counted = np.where(_is_silent(responses, asked.contexts), np.nan, observed)
    folds = _folds(report.trials["treatment"].tolist())
    parts = []
    for number in range(folds.max() + 1):
        rest, held_out = np.flatnonzero(folds != number), np.flatnonzero(folds == number)
        if len(rest):
            fitted = Calibration.fit(asked.take(rest), observed[rest])
            parts.append(_kept(fitted, asked.take(held_out), counted[held_out]))
    measured = pd.concat(parts, ignore_index=True)
    whole = Calibration.fit(asked, observed)
    return CalibrationReport(whole, _table(measured, whole))


@dataclass(frozen=True, eq=False)
class Likeness:
    """How alike treatments are.

    Attributes
    ----------
    own
        Place of each condition's treatment among the distinct ones, shape ``(conditions,)``.
    cosine
        Likeness of treatments, 1 for the same one, shape ``(treatments, treatments)``.
    """

    own: Rows
    cosine: Floats

    @classmethod
    def of(cls, conditions: Sequence[Condition], source: KernelSource, mixture: Mixture) -> Likeness:
        """Compare the treatments of conditions; those of a bundle's `Novelty` stand in the same order."""
        place: dict[Treatment, int] = {}
        own = [place.setdefault(c.treatment.active, len(place)) for c in conditions]
        return cls(
            np.array(own, dtype=np.intp), cosines(mixed(source.parts(list(place), list(place)), mixture))
        )

    def novelty(self, rows: Rows, train: Rows) -> Floats:
        """Distance of conditions' treatments to the nearest of those learned from, shape ``(rows,)``."""
        learned = np.unique(self.own[train])
        nearest = self.cosine[np.ix_(self.own[rows], learned)].max(axis=1, initial=0.0)
        novelty: Floats = np.clip(1 - nearest, 0.0, 1.0)
        return novelty


def asked_of(responses: Responses, report: SkillReport, chosen: Choices, likeness: Likeness) -> Asked:
    """Every trial with the held-out prediction of the predictor that was chosen for its kind of question."""
    questions = tuple(Question(value) for value in report.trials["question"])
    contexts = tuple(report.trials["context"])
    shift = np.zeros((len(questions), len(responses.genes)))
    for trial, (question, context) in enumerate(zip(questions, contexts, strict=True)):
        shift[trial] = report.predicted[chosen.answering(question, context)][trial]
    rows, fold = (report.trials[name].to_numpy(dtype=np.intp) for name in ("row", "fold"))
    novelty = np.ones(len(rows))
    for number, holdout in enumerate(report.holdouts):
        trials = np.flatnonzero(fold == number)
        novelty[trials] = likeness.novelty(rows[trials], holdout.train)
    own = likeness.own[rows]
    return Asked(questions, contexts, shift, novelty, likeness.cosine[own], own)


def _is_silent(responses: Responses, contexts: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Genes without any response in a context, whose intervals hold by themselves, shape ``(trials, genes)``."""
    where = np.array([c.context for c in responses.conditions])
    moves = np.nan_to_num(responses.delta) != 0
    silent = {name: ~moves[where == name].any(axis=0) for name in set(contexts)}
    return np.array([silent[name] for name in contexts], dtype=bool)


def _kept(calibration: Calibration, asked: Asked, observed: Floats) -> pd.DataFrame:
    """What a calibration promises for conditions that it was not fitted to, and what it keeps."""
    half = calibration.half_width(asked, level=LEVEL)
    missed = np.where(np.isfinite(observed), np.abs(observed - asked.shift), np.nan)
    inside = np.where(np.isfinite(missed), missed <= half, np.nan)
    loud = half >= np.quantile(half, LOUDNESS[-1], axis=1, keepdims=True)
    return pd.DataFrame(
        {
            "question": [q.value for q in asked.questions],
            "coverage": np.nanmean(inside, axis=1),
            "loud_coverage": mean_measured(np.where(loud, inside, np.nan).T),
            "width": 2 * half.mean(axis=1),
            "expected": calibration.expected_error(asked),
            "actual": np.sqrt(np.nanmean(missed**2, axis=1)),
        }
    )


def _folds(treatments: Sequence[str]) -> npt.NDArray[np.intp]:
    """Fold of each trial; all trials of a treatment lie in one."""
    distinct = sorted(set(treatments))
    count = FEW_FOLDS if len(distinct) > MANY else min(MOST_FOLDS, len(distinct))
    order = np.random.default_rng(0).permutation(len(distinct)) % count
    fold = dict(zip(distinct, order.tolist(), strict=True))
    return np.array([fold[t] for t in treatments], dtype=np.intp)


def _table(measured: pd.DataFrame, calibration: Calibration) -> pd.DataFrame:
    rows = []
    posed = [q.value for q in Question if (measured["question"] == q.value).any()]
    for question in [*posed, "all"]:
        part = measured if question == "all" else measured[measured["question"] == question]
        agreement = part["expected"].rank().corr(part["actual"].rank()) if len(part) > 2 else float("nan")
        rows.append(
            {
                "question": question,
                "conditions": len(part),
                "coverage": float(part["coverage"].mean()),
                "loud_coverage": float(part["loud_coverage"].mean()),
                "width": float(part["width"].mean()),
                "rank_correlation": float(agreement),
                "own_scale": all(calibration.is_own(Question(q)) for q in set(part["question"])),
            }
        )
    return pd.DataFrame(rows)
