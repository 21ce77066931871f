"""Dose–response: what a treatment does at a strength that was not measured, or a compound that never was.

A Gaussian process over treatment, strength and context (`dose_kernel`), solved apart for each principal component of
the responses. Every component finds its own share of noise by leaving out what will be asked for: the curves of strong,
reproducible components follow their own compound closely, those of noisy ones follow what compounds have in common.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from xpert.data.responses import Condition
from xpert.model.baselines.dose_kernel import Places, Strengths, covariates_of, curve, keys_of
from xpert.model.baselines.dual import filled, left_out, precision
from xpert.model.baselines.kernels import KERNEL_SOURCES, PriorKnowledge
from xpert.model.baselines.profiles import check_every_gene_is_measured, check_kind, require_fitted
from xpert.perturbation import Treatment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from xpert.data.responses import Context, Floats, Responses
    from xpert.model.baselines.kernels import KernelSource

    Rows = npt.NDArray[np.intp]

NOISES = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
# A component's share of noise is chosen on at most this many rows: it costs rows³.
MOST_TUNING_ROWS = 1500
# As many conditions of average height as a context's own height is shrunk by.
PRIOR_CONDITIONS = 5.0
# Names of one compound share their target entirely.
TWINS = 1 - 1e-5


class LeftOut(StrEnum):
    """What is left out to find how far each component can be trusted: it should be what will be asked for."""

    STRENGTH = "strength"
    """One strength of a treatment, in every context, with a weaker and a stronger one left where there are."""
    TREATMENT = "treatment"
    """A treatment with every strength, and its salts and stereoisomers."""


@dataclass(frozen=True)
class CurveSettings:
    """What is fixed.

    Attributes
    ----------
    weights
        Weight of each part of the similarity of treatments: ``common`` is what all do alike, ``identity`` a
        treatment's own curve.
    left_out
        What is left out to find how noisy each component is.
    rank
        Most principal components of the responses.
    tempering
        Power of a response's length by which it is divided, 0 to 1: above 0 few very strong responses do not
        decide what is common.
    """

    weights: Mapping[str, float]
    left_out: LeftOut = LeftOut.STRENGTH
    rank: int = 100
    tempering: float = 0.0

    def __post_init__(self) -> None:
        if not self.weights or min(self.weights.values()) < 0:
            raise ValueError("a similarity needs weights from 0 upwards")
        if self.rank < 1 or not 0 <= self.tempering <= 1:
            raise ValueError("the rank is at least 1, the tempering lies between 0 and 1")


@dataclass(frozen=True, eq=False)
class Curves:
    """A solved process.

    Attributes
    ----------
    conditions
        Training conditions.
    covariates
        What tells their contexts apart, by context.
    strengths
        What reads relative strengths.
    heights
        How strongly each context responds; 1 on average.
    dual
        Coefficients, shape ``(rows, components)``.
    basis
        Components of the response, shape ``(components, genes)``.
    """

    conditions: tuple[Condition, ...]
    covariates: Mapping[str, Mapping[str, str]]
    strengths: Strengths
    heights: Mapping[str, float]
    dual: Floats
    basis: Floats


@dataclass(frozen=True, eq=False)
class DoseCurves:
    """Responses as curves of dose or efficacy, shared between strengths, contexts and similar treatments.

    Zero strength gives exactly no shift, and a dose far above the strongest measured one gives what that one
    gives, not more.

    Attributes
    ----------
    settings
        What is fixed.
    source
        Where similarities of treatments come from.
    title
        Name as shown beside a score.
    state
        What was learned; None before `fit`.
    """

    settings: CurveSettings
    source: KernelSource = field(default_factory=PriorKnowledge)
    title: str = "dose curves"
    state: Curves | None = None

    @property
    def name(self) -> str:
        """Name as shown beside a score."""
        return self.title

    def fit(self, responses: Responses) -> Self:
        """Find how noisy each component is, and solve."""
        check_every_gene_is_measured(responses)
        covariates = {name: covariates_of(context) for name, context in responses.context.items()}
        strengths = Strengths.of(responses.conditions)
        heights = _heights(responses, strengths)
        places = Places.of(responses.conditions, covariates, strengths, heights)
        kernel = places.likeness(places, self.source, self.settings.weights)
        values = _tempered(_complete(kernel, responses.delta), self.settings.tempering)
        basis = np.linalg.svd(values, full_matrices=False)[2][: self.settings.rank]
        scores = values @ basis.T
        noise = self._noise(responses.conditions, kernel, scores, places)
        dual = np.zeros_like(scores)
        for value in np.unique(noise):
            chosen = noise == value
            dual[:, chosen] = precision(kernel, np.full(len(kernel), value)) @ scores[:, chosen]
        state = Curves(responses.conditions, covariates, strengths, heights, dual, basis)
        return replace(self, state=state)

    def predict(self, conditions: Sequence[Condition], contexts: Mapping[str, Context]) -> Floats:
        """Mean shift, shape ``(conditions, genes)``."""
        state = require_fitted(self.state, self.name)
        if not conditions:
            return np.zeros((0, state.basis.shape[1]))
        asked = {c.context: covariates_of(contexts[c.context]) for c in conditions}
        there = Places.of(conditions, asked, state.strengths, state.heights)
        here = Places.of(state.conditions, state.covariates, state.strengths, state.heights)
        shift: Floats = (there.likeness(here, self.source, self.settings.weights) @ state.dual) @ state.basis
        return shift

    def _noise(
        self, conditions: Sequence[Condition], kernel: Floats, scores: Floats, places: Places
    ) -> Floats:
        """The noise of each component, shape ``(components,)``: the one with the least squared error."""
        groups, counted = _groups(self.settings.left_out, conditions, places, self.source)
        rows = _tuning_rows(groups)
        inner, target = kernel[np.ix_(rows, rows)], scores[rows]
        errors = []
        for value in NOISES:
            q = precision(inner, np.full(len(rows), value))
            missed = (left_out(q, target, groups[rows]) - target)[counted[rows]]
            errors.append((missed**2).sum(axis=0))
        chosen: Floats = np.array(NOISES)[np.argmin(errors, axis=0)]
        return chosen

    def config(self) -> dict[str, Any]:
        """Everything but arrays, as JSON."""
        state = require_fitted(self.state, self.name)
        return {
            "kind": "dose_curves",
            "title": self.title,
            "source": self.source.name,
            "settings": asdict(self.settings) | {"weights": dict(self.settings.weights)},
            "conditions": [[c.context, str(c.treatment)] for c in state.conditions],
            "covariates": {name: dict(found) for name, found in state.covariates.items()},
            "strengths": state.strengths.config(),
            "heights": dict(state.heights),
        }

    def arrays(self) -> dict[str, Floats]:
        """Learned numbers by name."""
        state = require_fitted(self.state, self.name)
        return {"dual": state.dual, "basis": state.basis}

    @classmethod
    def restore(cls, config: Mapping[str, Any], arrays: Mapping[str, Floats]) -> Self:
        """Inverse of `config` and `arrays`."""
        check_kind(config, "dose_curves")
        settings = config["settings"] | {"left_out": LeftOut(config["settings"]["left_out"])}
        state = Curves(
            conditions=tuple(Condition(c, Treatment.parse(text)) for c, text in config["conditions"]),
            covariates=config["covariates"],
            strengths=Strengths.restore(config["strengths"]),
            heights=config["heights"],
            dual=arrays["dual"],
            basis=arrays["basis"],
        )
        return cls(CurveSettings(**settings), KERNEL_SOURCES[config["source"]], config["title"], state)


def _heights(responses: Responses, strengths: Strengths) -> dict[str, float]:
    """How strongly each context responds at the strongest dose, shrunk to the average, which is 1."""
    power = np.nanmean(np.asarray(responses.delta, dtype=float) ** 2, axis=1)
    expected = np.array([_expected(c, strengths) for c in responses.conditions])
    where = np.array([c.context for c in responses.conditions])
    typical = power.sum() / max(expected.sum(), np.finfo(float).tiny)
    heights = {}
    for name in dict.fromkeys(where.tolist()):
        own = where == name
        mean = (power[own].sum() + PRIOR_CONDITIONS * typical) / (expected[own].sum() + PRIOR_CONDITIONS)
        heights[name] = float(np.sqrt(mean / typical)) if typical > 0 else 1.0
    return heights


def _expected(condition: Condition, strengths: Strengths) -> float:
    treatment = condition.treatment.active
    return 0.0 if treatment.is_control else float(curve(np.array(strengths.relative(treatment))) ** 2)


def _complete(kernel: Floats, delta: Floats) -> Floats:
    """Responses with gaps set to what the measured ones say of them at middling noise."""
    values = np.asarray(delta, dtype=float)
    return values if np.isfinite(values).all() else filled(precision(kernel, np.ones(len(kernel))), values)


def _tempered(values: Floats, power: float) -> Floats:
    if not power:
        return values
    length = np.maximum(np.linalg.norm(values, axis=1, keepdims=True), np.finfo(float).tiny) ** power
    tempered: Floats = values / (length / length.mean())
    return tempered


def _groups(
    way: LeftOut, conditions: Sequence[Condition], places: Places, source: KernelSource
) -> tuple[Rows, npt.NDArray[np.bool_]]:
    """Group of each row that is left out together, and whether its error counts."""
    if way is LeftOut.TREATMENT:
        return _without_twins(places, source)[places.which], np.ones(len(conditions), dtype=bool)
    keys = keys_of(conditions)
    named = [f"{key}|{strength:.6f}" for key, strength in zip(keys, places.strength, strict=True)]
    spans: dict[str, list[float]] = {}
    for key, strength in zip(keys, places.strength.tolist(), strict=True):
        spans.setdefault(key, []).append(strength)
    between = np.array(
        [
            min(spans[key]) + 1e-6 < strength < max(spans[key]) - 1e-6
            for key, strength in zip(keys, places.strength.tolist(), strict=True)
        ]
    )
    return np.unique(named, return_inverse=True)[1], between if between.any() else np.ones_like(between)


def _without_twins(places: Places, source: KernelSource) -> Rows:
    """Group of each treatment; names of one compound share it."""
    parts = source.parts(places.treatments, places.treatments)
    if "target" not in parts:
        return np.arange(len(places.treatments))
    same = np.asarray(parts["target"], dtype=float)
    size = np.sqrt(np.maximum(np.diagonal(same), np.finfo(float).tiny))
    first: Rows = np.argmax(same >= TWINS * np.outer(size, size), axis=1)
    return first


def _tuning_rows(groups: Rows) -> Rows:
    """All rows, or whole groups drawn with a fixed seed."""
    if len(groups) <= MOST_TUNING_ROWS:
        return np.arange(len(groups))
    order = np.random.default_rng(0).permutation(int(groups.max()) + 1)
    return np.sort(np.argsort(order[groups], kind="stable")[:MOST_TUNING_ROWS])


SIMILARITY = {"common": 1.0, "identity": 0.5, "structure": 1.0, "annotation": 1.0, "gene_prior": 1.0}


def strength_curves() -> DoseCurves:
    """For a measured treatment at another strength."""
    return DoseCurves(CurveSettings(SIMILARITY), title="dose curves")


def compound_curves() -> DoseCurves:
    """For a compound that was never measured."""
    settings = CurveSettings(SIMILARITY, LeftOut.TREATMENT, tempering=0.5)
    return DoseCurves(settings, title="dose curves of similar compounds")
