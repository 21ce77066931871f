"""Rank treatments by how well they meet an objective, with what stands behind each answer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from xpert.data.responses import Condition
from xpert.design.candidates import Candidates, candidates
from xpert.design.score import Chance, Scorer, error_patterns, possible
from xpert.errors import InputError
from xpert.prediction.controls import find_name, listed
from xpert.prediction.evidence import CORRELATION_METRIC
from xpert.prediction.skill import HeldOut

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt
    import pandas as pd

    from xpert.data.responses import Floats
    from xpert.design.objective import Objective, PlacedObjective
    from xpert.model.bundle import Bundle
    from xpert.model.question import Question
    from xpert.perturbation import Dose, Treatment

COLUMNS = (
    "rank", "treatment", "context", "score", "lower", "upper", "p_value", "q_value", "measured_score", "question",
    "predictor", "expected_correlation", "modality", "mechanism",
)  # fmt: skip
WITH_INTERVAL = 100
MOST_CONDITIONS = 200_000
_BLOCK = 1_024


@dataclass(frozen=True, eq=False)
class Ranking:
    """Treatments in the order in which they are predicted to meet an objective.

    Attributes
    ----------
    table
        Columns `COLUMNS`, the best first. ``score`` is that of `xpert.design.score`; ``lower`` and ``upper`` bound its
        90 % interval for the best rows and are empty below; ``p_value`` is how often a random set of as many genes
        scores as high in the same prediction, ``q_value`` the same over all rows (Benjamini and Hochberg 1995);
        ``measured_score`` is the score of the measured shift, where the condition was measured;
        ``expected_correlation`` is how well such predictions agreed with held-out measurements. Rows for which the
        model gives no shift at all have no rank and stand last.
    model, contexts
        What was asked, and where.
    objective
        The objective on the model's genes.
    candidates
        How the treatments were chosen.
    """

    table: pd.DataFrame
    model: str
    contexts: tuple[str, ...]
    objective: PlacedObjective
    candidates: str

    @property
    def ranked(self) -> int:
        """Rows with a rank."""
        return int(self.table["rank"].notna().sum())

    @property
    def sentences(self) -> tuple[str, ...]:
        """What to know when reading the table."""
        still = len(self.table) - self.ranked
        said = [f"{self.ranked:,} predictions of {self.model} in {listed(self.contexts, most=3)} are ranked."]
        if still:
            said.append(
                f"For {still:,} more the model gives no shift, because nothing beat “no change” on held-out questions of "
                "their kind, or a measured shift was no larger than its noise: unknown, not “no effect”."
            )
        return (*said, *self.objective.sentences)

    @property
    def settings(self) -> dict[str, Any]:
        """What was asked, as plain values for JSON."""
        from xpert import __version__

        return {
            "version": __version__,
            "model": self.model,
            "contexts": list(self.contexts),
            "candidates": self.candidates,
            "objective": self.objective.objective.to_dict(),
            "genes_scored": {"up": list(self.objective.up), "down": list(self.objective.down)},
            "rows": len(self.table),
            "ranked": self.ranked,
        }


def screen(
    bundle: Bundle,
    objective: Objective,
    contexts: Sequence[str] | None = None,
    choose: Candidates | str | Sequence[Treatment] = Candidates.MEASURED,
    *,
    dose: Dose | None = None,
    intervals: int = WITH_INTERVAL,
    tell: Callable[[int, int], None] | None = None,
) -> Ranking:
    """Rank treatments for an objective.

    Parameters
    ----------
    bundle
        The model.
    objective
        What the treatments should do.
    contexts
        Names of the model's contexts, regardless of case; its only one unless given.
    choose
        Which treatments; see `candidates`. Or the treatments themselves.
    dose
        Of compounds that were not measured; see `candidates`.
    intervals
        How many of the best rows get an interval, which takes longer than a score.
    tell
        Told after every block how many of how many conditions are done; what it raises ends the screen.

    Raises
    ------
    InputError
        When the objective has no gene of the model's, a context is not known, there are too many conditions, or the model
        gives no shift for any of them.
    """
    placed = objective.on(bundle.genes)
    where = known_contexts(bundle, contexts)
    treatments = candidates(bundle, choose, dose=dose) if isinstance(choose, str) else tuple(choose)
    if len(treatments) * len(where) > MOST_CONDITIONS:
        raise InputError(
            f"{len(treatments):,} treatments in {len(where)} contexts are more than {MOST_CONDITIONS:,} conditions; "
            "choose fewer contexts."
        )
    asked = [Condition(name, treatment) for name in where for treatment in treatments]
    scorer = Scorer.of(bundle, placed)
    scores, p_values = _scored(bundle, scorer, asked, tell)
    if not np.isfinite(p_values).any():
        raise InputError(
            f"{bundle.name} gives no shift for any of these {len(asked):,} treatments in {listed(where, most=3)}: nothing "
            "beat “no change” on held-out questions of their kind. Screen the measured treatments, or another context."
        )
    table = _table(bundle, scorer, asked, scores, p_values)
    _add_intervals(bundle, scorer, asked, table, intervals)
    named = str(Candidates(choose)) if isinstance(choose, str) else "given"
    return Ranking(table[list(COLUMNS)].reset_index(drop=True), bundle.name, where, placed, named)


def known_contexts(bundle: Bundle, contexts: Sequence[str] | None) -> tuple[str, ...]:
    """Contexts of the model as it spells them.

    Raises
    ------
    InputError
        When one is not known, or none is given and the model has several.
    """
    if not contexts:
        if len(bundle.contexts) > 1:
            raise InputError(
                f"{bundle.name} has {len(bundle.contexts)} contexts; choose among: {listed(bundle.contexts)}."
            )
        return tuple(bundle.contexts)
    found = {name: find_name(name, bundle.contexts) for name in contexts}
    unknown = [name for name, own in found.items() if own is None]
    if unknown:
        raise InputError(f"{bundle.name} has no context {unknown[0]!r}; it has: {listed(bundle.contexts)}.")
    return tuple(dict.fromkeys(own for own in found.values() if own is not None))


def _scored(
    bundle: Bundle, scorer: Scorer, asked: Sequence[Condition], tell: Callable[[int, int], None] | None
) -> tuple[Floats, Floats]:
    """Score and p value of each condition; NaN where the model gives no shift."""
    chance = Chance.of(scorer.objective)
    scores, p_values = np.full(len(asked), np.nan), np.full(len(asked), np.nan)
    for first in range(0, len(asked), _BLOCK):
        block = asked[first : first + _BLOCK]
        mean = bundle.mean_shift(block, bundle.contexts)
        for name in dict.fromkeys(c.context for c in block):
            rows = np.array([c.context == name for c in block])
            mean[rows] = possible(mean[rows], bundle.contexts[name], bundle.readout)
        moving = np.flatnonzero(mean.any(axis=1))
        if len(moving):
            found = scorer.predicted(mean[moving])
            scores[first + moving] = found
            p_values[first + moving] = chance.p_values(mean[moving] / scorer.usual, found)
        if tell is not None:
            tell(min(first + _BLOCK, len(asked)), len(asked))
    return scores, p_values


class _Behind(NamedTuple):
    """Who answered what kind of question, and how well that went on held-out conditions."""

    question: Question
    predictor: str
    correlation: float


def _table(
    bundle: Bundle, scorer: Scorer, asked: Sequence[Condition], scores: Floats, p_values: Floats
) -> pd.DataFrame:
    """All columns but the interval, the best score first; the index is the place among `asked`."""
    import pandas as pd

    from xpert.response.differential import benjamini_hochberg

    behind = _behind(bundle, asked)
    mechanism = mechanisms(bundle, [c.treatment for c in asked])
    answered = np.isfinite(p_values)
    q_values = np.full(len(asked), np.nan)
    q_values[answered] = benjamini_hochberg(p_values[answered])
    table = pd.DataFrame(
        {
            "treatment": [str(c.treatment) for c in asked],
            "context": [c.context for c in asked],
            "score": scores,
            "p_value": p_values,
            "q_value": q_values,
            "measured_score": _measured_scores(bundle, scorer, asked),
            "question": [b.question.value for b in behind],
            "predictor": [b.predictor for b in behind],
            "expected_correlation": [b.correlation for b in behind],
            "modality": [_modality(c.treatment) for c in asked],
            "mechanism": [mechanism[c.treatment] for c in asked],
        }
    )
    table = table.sort_values("score", ascending=False, kind="stable", na_position="last")
    ranks = np.arange(1, len(table) + 1)
    table["rank"] = pd.array(ranks, dtype="Int64")
    table.loc[table["score"].isna(), "rank"] = pd.NA
    return table.assign(lower=np.nan, upper=np.nan)


def _behind(bundle: Bundle, asked: Sequence[Condition]) -> list[_Behind]:
    held_out = HeldOut(bundle.skill, bundle.baselines)
    kept: dict[tuple[Question, str], _Behind] = {}
    found = []
    for condition in asked:
        key = (bundle.known.classify(condition), condition.context)
        if key not in kept:
            predictor = bundle.chosen.answering(*key)
            score = held_out.score(*key, predictor, CORRELATION_METRIC)
            kept[key] = _Behind(key[0], predictor, float("nan") if score is None else score.value)
        found.append(kept[key])
    return found


def _measured_scores(bundle: Bundle, scorer: Scorer, asked: Sequence[Condition]) -> Floats:
    """Score of the measured shift; NaN where the condition was not measured."""
    rows = {Condition(c.context, c.treatment.active): i for i, c in enumerate(bundle.training.conditions)}
    place = np.array([rows.get(Condition(c.context, c.treatment.active), -1) for c in asked], dtype=np.intp)
    known = np.flatnonzero(place >= 0)
    found = np.full(len(asked), np.nan)
    found[known] = scorer.measured(bundle.training.delta[place[known]])
    return found


def _add_intervals(
    bundle: Bundle, scorer: Scorer, asked: Sequence[Condition], table: pd.DataFrame, count: int
) -> None:
    """Fill ``lower`` and ``upper`` of the best rows."""
    best: npt.NDArray[np.intp] = table.index[table["score"].notna()][:count].to_numpy(np.intp)
    by_context: dict[str, list[int]] = {}
    for row in best.tolist():
        by_context.setdefault(asked[row].context, []).append(row)
    patterns = partial(error_patterns, bundle.training)
    for name, rows in by_context.items():
        shift = bundle.shift([asked[row] for row in rows], bundle.contexts)
        width = scorer.half_width(shift.half_width, patterns(name))
        score = table.loc[rows, "score"].to_numpy(float)
        table.loc[rows, "lower"], table.loc[rows, "upper"] = score - width, score + width


def mechanisms(bundle: Bundle, treatments: Sequence[Treatment]) -> Mapping[Treatment, str]:
    """Known mechanism of each treatment's compounds, as the model's map names it, or else as the library does."""
    points = bundle.perturbverse
    own = dict(zip(points["treatment"].astype(str), points["mechanism"].fillna("").astype(str), strict=True))
    found: dict[Treatment, str] = {}
    for treatment in treatments:
        if treatment in found:
            continue
        known = own.get(str(treatment))
        found[treatment] = known if known is not None else _from_library(bundle, treatment)
    return found


def _from_library(bundle: Bundle, treatment: Treatment) -> str:
    compounds = [bundle.features.compound(p.target) for p in treatment.ordered if not p.modality.is_genetic]
    return " + ".join("; ".join(c.mechanisms) for c in compounds if c is not None and c.mechanisms)


def _modality(treatment: Treatment) -> str:
    return " + ".join(dict.fromkeys(p.modality.value for p in treatment.ordered))
