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
# Stands for every context or every family; no context has an empty name.
ANY = ""


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
        mean: Floats = np.nanmean(rows, axis=0, dtype=float) if len(rows) else np.full(rows.shape[1], np.nan)
    return mean


@dataclass(frozen=True, eq=False)
class GroupMeans:
    """Mean shift of the training conditions of each context and family, and of wider groups.

    The family of a treatment is the set of its modalities: what compounds have in common is not what
    knockouts have in common.

    Attributes
    ----------
    groups
        Context and family of each row; `ANY` for all of them.
    values
        Shape ``(groups, genes)``.
    """

    groups: tuple[tuple[str, str], ...]
    values: Floats

    @classmethod
    def of(cls, conditions: Sequence[Condition], delta: Floats) -> Self:
        """Take the means of what was measured, `delta` of shape ``(conditions, genes)``."""
        rows_of: dict[tuple[str, str], list[int]] = {}
        for row, condition in enumerate(conditions):
            for group in _groups_of(condition):
                rows_of.setdefault(group, []).append(row)
        return cls(
            tuple(rows_of), np.array([mean_measured(delta[rows]) for rows in rows_of.values()], dtype=float)
        )

    @property
    def genes(self) -> int:
        """How many genes each profile has."""
        return int(self.values.shape[1])

    @cached_property
    def _place(self) -> dict[tuple[str, str], int]:
        return {group: row for row, group in enumerate(self.groups)}

    def rows(self, conditions: Sequence[Condition]) -> Floats:
        """The mean of the narrowest group that each condition belongs to, shape ``(conditions, genes)``.

        In turn: its family in its context, its family anywhere, its context, everything. A gene that a
        group has not measured is taken from the next wider one.
        """
        cache: dict[tuple[tuple[str, str], ...], Floats] = {}
        rows = []
        for condition in conditions:
            found = tuple(group for group in _groups_of(condition) if group in self._place)
            if found not in cache:
                cache[found] = coalesce(*(self.values[self._place[group]] for group in found))
            rows.append(cache[found])
        return np.array(rows).reshape(len(conditions), self.genes)

    def config(self) -> list[list[str]]:
        """The groups as JSON."""
        return [list(group) for group in self.groups]

    @classmethod
    def restore(cls, config: Sequence[Sequence[str]], values: Floats) -> Self:
        """Inverse of `config` and `values`."""
        return cls(tuple((context, family) for context, family in config), values)


def family(hit: Hits) -> str:
    """The modalities of a treatment, each once: ``crispra``, ``compound``, ``compound+knockout``."""
    return "+".join(sorted({modality.value for _, modality in hit}))


def _groups_of(condition: Condition) -> list[tuple[str, str]]:
    """Groups that a condition belongs to, the narrowest first."""
    kind = family(hits(condition.treatment.active))
    return [(condition.context, kind), (ANY, kind), (condition.context, ANY), (ANY, ANY)]


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

    def averaged(self) -> Self:
        """One line per treatment: the mean over the contexts where it was measured."""
        hit_rows = {hit: list(rows.values()) for hit, rows in self._rows.items()}
        means = [mean_measured(self.values[rows]) for rows in hit_rows.values()]
        return type(self)(
            tuple((ANY, hit) for hit in hit_rows), np.array(means).reshape(len(means), self.values.shape[1])
        )

    def mean(self, context: str, kind: str) -> Floats:
        """Mean slope over the treatments of a family in a context, or anywhere, or NaN without any."""
        nowhere = np.full(self.values.shape[1], np.nan)
        return coalesce(self._means.get((context, kind), nowhere), self._means.get((ANY, kind), nowhere))

    @cached_property
    def _rows(self) -> dict[Hits, dict[str, int]]:
        rows: dict[Hits, dict[str, int]] = {}
        for row, (context, hit) in enumerate(self.keys):
            rows.setdefault(hit, {})[context] = row
        return rows

    @cached_property
    def _means(self) -> dict[tuple[str, str], Floats]:
        rows_of: dict[tuple[str, str], list[int]] = {}
        for row, (context, hit) in enumerate(self.keys):
            for where in (context, ANY):
                rows_of.setdefault((where, family(hit)), []).append(row)
        return {group: mean_measured(self.values[rows]) for group, rows in rows_of.items()}

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
