"""How well predicted shifts agree with observed ones, one number per condition.

Every function takes `predicted` and `observed` of shape ``(conditions, genes)`` and returns
``(conditions,)``. A NaN in `observed` marks a gene that was not measured or must not count, and is
left out of that row. A prediction without any variation has no correlation: it scores 0, so that
abstaining is never better than answering. An observation without variation cannot be scored: NaN.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt

    from xpert.data.responses import Floats

TINY = 1e-9
# A residual below this share of its vector is rounding, not signal.
RELATIVE = 1e-5


def l2(predicted: Floats, observed: Floats) -> Floats:
    """Euclidean distance over the measured genes; lower is better."""
    difference, _ = _paired(predicted - observed, observed)
    return _norm(difference)


def rmse(predicted: Floats, observed: Floats) -> Floats:
    """Root of the mean squared error over the measured genes; lower is better."""
    measured = np.isfinite(observed).sum(axis=1)
    return l2(predicted, observed) / np.sqrt(np.where(measured, measured, np.nan))


def pearson(predicted: Floats, observed: Floats) -> Floats:
    """Pearson correlation across genes."""
    return cosine(_centred(predicted, observed), _centred(observed, observed))


def cosine(predicted: Floats, observed: Floats) -> Floats:
    """Cosine of the two shifts."""
    predicted, observed = _paired(predicted, observed)
    return _cosine(predicted, observed)


def spearman(predicted: Floats, observed: Floats) -> Floats:
    """Rank correlation across genes."""
    from scipy.stats import rankdata

    measured = np.isfinite(observed)
    # What does not count ranks last, so that it leaves the other ranks alone.
    ranks = [rankdata(np.where(measured, rows, np.inf), axis=1) for rows in (predicted, observed)]
    return pearson(ranks[0], np.where(measured, ranks[1], np.nan))


def partial_pearson(predicted: Floats, observed: Floats, reference: Floats) -> Floats:
    """Correlation of what is left when the reference profile is projected out of both.

    Parameters
    ----------
    predicted, observed
        Shifts, shape ``(conditions, genes)``.
    reference
        Usually the mean training shift, shape ``(genes,)`` or ``(conditions, genes)``. It tells what
        is specific to a condition from what all conditions share, whatever the scale.
    """
    masked = np.where(np.isfinite(observed), predicted, np.nan)
    return cosine(np.nan_to_num(residual(masked, reference)), residual(observed, reference))


def pearson_from(predicted: Floats, observed: Floats, centre: Floats) -> Floats:
    """Pearson correlation of what sets predicted and observed apart from the average perturbed profile.

    Parameters
    ----------
    predicted, observed
        Shifts, shape ``(conditions, genes)``.
    centre
        Mean shift of the perturbed conditions, shape ``(genes,)`` or ``(conditions, genes)``; it takes
        out what perturbed cells share against control cells.

    Notes
    -----
    "Pearson delta, perturbed reference" of Systema (Nature Biotechnology 2025).
    """
    return pearson(predicted - centre, observed - centre)


def residual(values: Floats, reference: Floats) -> Floats:
    """Rows without their mean and without their projection on the centred reference.

    A row that is a multiple of the reference becomes exactly zero. NaN stays and does not count.
    """
    rows = _centred(values, values)
    direction = np.where(np.isfinite(values), np.broadcast_to(reference, values.shape), np.nan)
    direction = np.nan_to_num(_centred(direction, values))
    power = (direction**2).sum(axis=1, keepdims=True)
    share = np.nansum(rows * direction, axis=1, keepdims=True) / np.maximum(power, TINY)
    return _without_rounding(rows - np.where(power > TINY, share, 0.0) * direction, rows)


@dataclass(frozen=True)
class Lineup:
    """The candidates among which a prediction has to find its own condition.

    Attributes
    ----------
    candidates
        Observed shifts, shape ``(candidates, genes)``.
    own
        Row of `candidates` that belongs to each prediction, shape ``(conditions,)``.
    centre
        Profile that is subtracted from predictions and candidates, shape ``(genes,)``: the mean
        training shift; zeros for plain shifts.
    removed
        Genes that do not count, bool, shape ``(genes,)``: every gene that is itself perturbed, because
        "the gene that was knocked out goes down" names the condition and says nothing else.
    """

    candidates: Floats
    own: npt.NDArray[np.integer]
    centre: Floats
    removed: npt.NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        if len(self.candidates) < 2:
            raise ValueError("a discrimination score needs at least two candidates")
        if len(self.own) and not 0 <= self.own.min() <= self.own.max() < len(self.candidates):
            raise ValueError("a prediction's own row is not among the candidates")

    def centred(self, rows: Floats) -> Floats:
        """Rows against the centre, on the genes that count."""
        kept = slice(None) if self.removed is None else ~self.removed
        shifts: Floats = (rows - self.centre)[:, kept]
        return shifts


def discrimination(distance: Floats, own: npt.NDArray[np.integer]) -> Floats:
    """Perturbation discrimination score from distances, 0 to 1; chance is 0.5.

    One minus the share of other candidates that lie closer to the prediction than its own observation
    does; a tie counts half.

    Parameters
    ----------
    distance
        Of each prediction to each candidate, shape ``(conditions, candidates)``.
    own
        Candidate that belongs to each prediction, shape ``(conditions,)``.
    """
    mine = np.take_along_axis(distance, own[:, None], axis=1)
    closer = (distance < mine - TINY).sum(axis=1)
    tied = (np.abs(distance - mine) <= TINY).sum(axis=1) - 1
    scores: Floats = 1 - (closer + tied / 2) / (distance.shape[1] - 1)
    return scores


def discrimination_l1(predicted: Floats, lineup: Lineup) -> Floats:
    """Perturbation discrimination score by the sum of absolute differences; see `discrimination`."""
    from scipy.spatial.distance import cdist

    distance = cdist(lineup.centred(predicted), np.nan_to_num(lineup.centred(lineup.candidates)), "cityblock")
    return discrimination(distance, lineup.own)


def discrimination_cosine(predicted: Floats, lineup: Lineup) -> Floats:
    """Perturbation discrimination score by cosine distance of centred shifts; see `discrimination`.

    A prediction that equals the centre names nobody and scores 0.5. NaN in a candidate counts as no
    difference from the centre.
    """
    candidates = _unit(np.nan_to_num(lineup.centred(lineup.candidates)))
    shift = lineup.centred(predicted)
    scores = discrimination(1 - _unit(shift) @ candidates.T, lineup.own)
    is_centre = _norm(shift) <= RELATIVE * np.maximum(_norm(predicted), TINY)
    return np.where(is_centre, 0.5, scores)


def top_overlap(predicted: Floats, observed: Floats, *, top: int = 50) -> Floats:
    """Share of the `top` most up and the `top` most down genes that the prediction names, 0 to 1.

    Ties are broken by position. A prediction without variation scores 0; where fewer than ``2 * top``
    genes are measured the score is NaN.
    """
    scores = np.full(len(observed), np.nan)
    for row, (guess, truth) in enumerate(zip(predicted, observed, strict=True)):
        measured = np.isfinite(truth)
        if measured.sum() < 2 * top:
            continue
        guessed = np.argsort(guess[measured], kind="stable")
        true = np.argsort(truth[measured], kind="stable")
        found = (
            np.intersect1d(guessed[:top], true[:top]).size + np.intersect1d(guessed[-top:], true[-top:]).size
        )
        scores[row] = found / (2 * top) if np.ptp(guess[measured]) > TINY else 0.0
    return scores


def top_share(predicted: Floats, observed: Floats, *, top: int, up: bool = True) -> Floats:
    """Share of the `top` most up (or most down) genes that the prediction names, 0 to 1.

    Ties are broken by position. A prediction without variation scores 0; where fewer than `top` genes
    are measured the score is NaN.
    """
    sign = -1.0 if up else 1.0
    scores = np.full(len(observed), np.nan)
    for row, (guess, truth) in enumerate(zip(predicted, observed, strict=True)):
        measured = np.isfinite(truth)
        if measured.sum() < top:
            continue
        guessed = np.argsort(sign * guess[measured], kind="stable")[:top]
        true = np.argsort(sign * truth[measured], kind="stable")[:top]
        varies = np.ptp(guess[measured]) > TINY
        scores[row] = np.intersect1d(guessed, true).size / top if varies else 0.0
    return scores


@dataclass(frozen=True)
class Metric:
    """A metric as shown to a person.

    Attributes
    ----------
    name
        Key in tables.
    label
        What it is, in a few words.
    higher_is_better
        Direction.
    of
        ``(predicted, observed) → (conditions,)``; None where more than these two are needed.
    """

    name: str
    label: str
    higher_is_better: bool
    of: Callable[[Floats, Floats], Floats] | None = None


METRICS: Mapping[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("l2", "distance to the observed shift", higher_is_better=False, of=l2),
        Metric("rmse", "root mean squared error per gene", higher_is_better=False, of=rmse),
        Metric("pearson", "Pearson correlation of the shift", higher_is_better=True, of=pearson),
        Metric("cosine", "cosine of the shift", higher_is_better=True, of=cosine),
        Metric("spearman", "rank correlation of the shift", higher_is_better=True, of=spearman),
        Metric(
            "top50", "share of the 50 most up and down genes found", higher_is_better=True, of=top_overlap
        ),
        Metric("partial_pearson", "correlation beyond the mean training shift", higher_is_better=True),
        Metric("pds_cosine", "how well it tells its condition from the others", higher_is_better=True),
    )
}


def _paired(predicted: Floats, observed: Floats) -> tuple[Floats, Floats]:
    """Both with zeros where nothing was measured."""
    measured = np.isfinite(observed)
    return np.where(measured, predicted, 0.0), np.where(measured, observed, 0.0)


def _centred(values: Floats, observed: Floats) -> Floats:
    """Rows minus their mean over measured genes; NaN where not measured."""
    measured = np.isfinite(observed)
    counts = np.maximum(measured.sum(axis=1, keepdims=True), 1)
    mean = np.where(measured, values, 0.0).sum(axis=1, keepdims=True) / counts
    return _without_rounding(np.where(measured, values - mean, np.nan), values)


def _without_rounding(left: Floats, whole: Floats) -> Floats:
    """Rows of which only rounding is left become zero."""
    kept, norm = np.nan_to_num(left), _norm(np.nan_to_num(whole))
    is_rounding = _norm(kept) <= RELATIVE * np.maximum(norm, TINY)
    return np.where(is_rounding[:, None] & np.isfinite(left), 0.0, left)


def _cosine(a: Floats, b: Floats) -> Floats:
    norm_a, norm_b = _norm(a), _norm(b)
    product = (a * b).sum(axis=1)
    scores = np.where(norm_a > TINY, product / np.maximum(norm_a * norm_b, TINY**2), 0.0)
    return np.where(norm_b > TINY, np.clip(scores, -1.0, 1.0), np.nan)


def _norm(rows: Floats) -> Floats:
    norms: Floats = np.linalg.norm(rows, axis=1)
    return norms


def _unit(rows: Floats) -> Floats:
    unit: Floats = rows / np.maximum(_norm(rows), TINY)[:, None]
    return unit
