"""Mean shifts that simple baselines are made of: of a context, and of a treatment per unit of strength."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self, TypeVar

import numpy as np

from xpert.errors import InputError
from xpert.features.strength import strength
from xpert.model.question import Hits, hits
from xpert.perturbation import Modality

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from xpert.data.responses import Condition, Floats, Responses
    from xpert.perturbation import Perturbation, Treatment

State = TypeVar("State")


def presence(treatment: Treatment) -> float:
    """How far a treatment is there at all: its largest strength, 0 for control and 1 at full strength."""
    return max((strength_of(p) for p in treatment.active.perturbations), default=0.0)


def strength_of(perturbation: Perturbation) -> float:
    """Strength in [0, 1]; a dose in mass units is read with the compound's molecular weight."""
    dose = perturbation.dose
    if dose is None or dose.micromolar is not None or not perturbation.is_active:
        return strength(perturbation)
    from xpert.features.treatments import TreatmentFeatures

    return TreatmentFeatures.load().strength(perturbation)


def shifts(conditions: Sequence[Condition], genes: int, shift: Callable[[Condition], Floats]) -> Floats:
    """Ask `shift` about every condition that does something; the others stay exactly zero.

    Returns
    -------
    Shape ``(conditions, genes)``.
    """
    rows = np.zeros((len(conditions), genes))
    for row, condition in enumerate(conditions):
        if not condition.treatment.active.is_control:
            rows[row] = shift(condition)
    return rows


def check_every_gene_is_measured(responses: Responses) -> None:
    """Refuse training data in which a gene was never measured.

    Raises
    ------
    InputError
        Naming the first such genes.
    """
    if not len(responses):
        raise InputError("There is no measured condition to learn from.")
    missing = np.flatnonzero(~np.isfinite(responses.delta).any(axis=0))
    if missing.size:
        first = ", ".join(responses.genes[i] for i in missing[:5])
        raise InputError(
            f"{missing.size} genes are measured in no training condition ({first} …); leave them out."
        )


def coalesce(*choices: Floats) -> Floats:
    """The first value that is not NaN, gene by gene."""
    merged = choices[0]
    for choice in choices[1:]:
        merged = np.where(np.isfinite(merged), merged, choice)
    return merged


def mean_measured(rows: Floats) -> Floats:
    """Mean over rows of what was measured, shape ``(genes,)``; NaN where nothing was."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        mean: Floats = np.nanmean(rows, axis=0) if len(rows) else np.full(rows.shape[1], np.nan)
    return mean


@dataclass(frozen=True, eq=False)
class ContextMeans:
    """Mean shift of all training conditions of each context, and of all together.

    Attributes
    ----------
    contexts
        Names, one per row but the last.
    values
        Shape ``(contexts + 1, genes)``; the last row is the mean of all conditions and answers for a
        context without training conditions.
    """

    contexts: tuple[str, ...]
    values: Floats

    @classmethod
    def of(cls, conditions: Sequence[Condition], delta: Floats) -> Self:
        """Take the means of what was measured, `delta` of shape ``(conditions, genes)``."""
        overall = mean_measured(delta)
        names = tuple(sorted({c.context for c in conditions}))
        where = np.array([c.context for c in conditions])
        rows = [coalesce(mean_measured(delta[where == name]), overall) for name in names]
        return cls(names, np.array([*rows, overall], dtype=float))

    @property
    def genes(self) -> int:
        """How many genes each profile has."""
        return int(self.values.shape[1])

    def rows(self, contexts: Sequence[str]) -> Floats:
        """The mean of each named context, shape ``(contexts, genes)``."""
        place = {name: i for i, name in enumerate(self.contexts)}
        return self.values[[place.get(name, len(self.contexts)) for name in contexts]]


@dataclass(frozen=True, eq=False)
class Slopes:
    """Shift per unit of strength of each measured treatment in each context.

    A treatment that was measured at several strengths gets the least-squares line through zero.

    Attributes
    ----------
    keys
        Context and strength-free treatment of each row.
    values
        Shape ``(keys, genes)``; NaN where not measured.
    """

    keys: tuple[tuple[str, Hits], ...]
    values: Floats

    @classmethod
    def of(cls, responses: Responses, *, largest: int | None = None) -> Self:
        """Fit the lines; `largest` bounds how many perturbations a treatment may hold."""
        rows_of: dict[tuple[str, Hits], list[int]] = {}
        for row, condition in enumerate(responses.conditions):
            hit = hits(condition.treatment.active)
            if hit and (largest is None or len(hit) <= largest):
                rows_of.setdefault((condition.context, hit), []).append(row)
        doses = np.array([presence(c.treatment) for c in responses.conditions])
        values = [_slope(responses.delta[rows], doses[rows]) for rows in rows_of.values()]
        return cls(tuple(rows_of), np.array(values).reshape(len(rows_of), len(responses.genes)))

    def of_treatment(self, hit: Hits, context: str) -> Floats:
        """The slope where it was measured in the context, else its mean over the other contexts.

        Returns
        -------
        Shape ``(genes,)``; NaN where it was measured nowhere.
        """
        rows = dict(self._rows.get(hit, {}))
        here = [rows.pop(context)] if context in rows else []
        return coalesce(mean_measured(self.values[here]), mean_measured(self.values[list(rows.values())]))

    def everywhere(self, hit: Hits) -> Floats:
        """The slope in each context where it was measured, shape ``(contexts, genes)``."""
        return self.values[list(self._rows.get(hit, {}).values())]

    def mean(self, context: str) -> Floats:
        """Mean slope over the treatments of a context, or over all where it has none; NaN without any."""
        return self._means.get(context, self._means[None])

    @cached_property
    def _rows(self) -> dict[Hits, dict[str, int]]:
        rows: dict[Hits, dict[str, int]] = {}
        for row, (context, hit) in enumerate(self.keys):
            rows.setdefault(hit, {})[context] = row
        return rows

    @cached_property
    def _means(self) -> dict[str | None, Floats]:
        overall = mean_measured(self.values)
        where = np.array([context for context, _ in self.keys])
        means: dict[str | None, Floats] = {None: overall}
        for name in dict.fromkeys(where.tolist()):
            means[name] = coalesce(mean_measured(self.values[where == name]), overall)
        return means

    def config(self) -> list[Any]:
        """The keys as JSON."""
        return [[context, sorted([t, m.value] for t, m in hit)] for context, hit in self.keys]

    @classmethod
    def restore(cls, config: Sequence[Any], values: Floats) -> Self:
        """Inverse of `config` and `values`."""
        keys = tuple((context, frozenset((t, Modality(m)) for t, m in hit)) for context, hit in config)
        return cls(keys, values)


def require_fitted(state: State | None, name: str) -> State:
    """The fitted state, or an error that says to fit first."""
    if state is None:
        raise ValueError(f"{name} was asked before it was fitted; call fit(responses) first")
    return state


def check_kind(config: Mapping[str, Any], kind: str) -> None:
    """Refuse a configuration that belongs to another predictor."""
    if config.get("kind") != kind:
        raise ValueError(f"this is the configuration of {config.get('kind')!r}, not of {kind!r}")


def _slope(delta: Floats, doses: Floats) -> Floats:
    measured = np.isfinite(delta)
    weight = np.where(measured, doses[:, None], 0.0)
    power = (weight**2).sum(axis=0)
    product = (weight * np.where(measured, delta, 0.0)).sum(axis=0)
    return np.where(power > 0, product / np.where(power > 0, power, 1.0), np.nan)
