"""The fit behind kernel ridge and bilinear ridge: targets, noise, choice of settings, solution."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from xpert.data.responses import Condition
from xpert.model.baselines.dual import filled, left_out, precision
from xpert.model.baselines.kernels import Mixture, mixed, same_context
from xpert.model.baselines.profiles import GroupMeans, check_every_gene_is_measured
from xpert.model.baselines.targets import Targets, present, relative_noise
from xpert.model.question import hits
from xpert.perturbation import Treatment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from xpert.data.responses import Floats, Responses
    from xpert.model.baselines.kernels import KernelSource

# Settings are chosen on at most this many rows: a fit costs rows³, and more rows change the choice little.
MOST_TUNING_ROWS = 1500
# Treatments whose shared targets are this close to all of both are one thing under two names.
TWINS = 1 - 1e-5


@dataclass(frozen=True)
class RidgeSettings:
    """What is fixed and what is chosen by inner cross-validation.

    Attributes
    ----------
    mixtures
        Weights of the kernel's parts to choose from.
    ridges
        Penalties to choose from, on the scale of the kernel.
    context_shares
        Similarity of two contexts to choose from, 0 to 1.
    rank
        Principal components of the training responses to keep; None keeps all.
    response_ridge
        Penalty that shrinks each component; 0 does not.
    centred
        Whether the mean shift of the context and modality is taken off before and put back after. Without it, an
        unknown treatment is predicted to do nothing.
    unit_norm
        Whether every response is scaled to length 1 for the fit, and predictions are scaled back by a
        predicted length: right where responses differ in strength for technical reasons.
    weighted
        Whether noisy rows count less; see `targets.relative_noise`.
    """

    mixtures: tuple[Mixture, ...]
    ridges: tuple[float, ...]
    context_shares: tuple[float, ...] = (0.0, 0.3, 0.7, 1.0)
    rank: int | None = None
    response_ridge: float = 0.0
    centred: bool = False
    unit_norm: bool = False
    weighted: bool = True

    def __post_init__(self) -> None:
        if not (self.mixtures and self.ridges and self.context_shares):
            raise ValueError("there must be at least one mixture, one ridge and one context share")
        if min(self.ridges) <= 0 or self.response_ridge < 0:
            raise ValueError("ridges are positive")
        if not 0 <= min(self.context_shares) <= max(self.context_shares) <= 1:
            raise ValueError("a context share lies between 0 and 1")


@dataclass(frozen=True)
class Choice:
    """The settings that inner cross-validation picked.

    Attributes
    ----------
    mixture, ridge, context_share
        One of each that was offered.
    """

    mixture: Mixture
    ridge: float
    context_share: float


@dataclass(frozen=True, eq=False)
class RidgeFit:
    """A solved regression.

    Attributes
    ----------
    choice
        Settings picked inside the training data.
    conditions
        Training conditions, one per row of `dual`.
    dual
        Coefficients, shape ``(rows, components)``.
    basis
        Components of the response, shape ``(components, genes)``.
    means
        Mean shift per context and family that is added; None without centring.
    lengths
        Mean length per context and family, with the coefficients of `length_dual`; None without scaling.
    length_dual
        Coefficients of the length, shape ``(rows, 1)``; None without scaling.
    length_range
        Shortest and longest training response, shape ``(2,)``; None without scaling.
    """

    choice: Choice
    conditions: tuple[Condition, ...]
    dual: Floats
    basis: Floats
    means: GroupMeans | None = None
    lengths: GroupMeans | None = None
    length_dual: Floats | None = None
    length_range: Floats | None = None

    def predict(self, conditions: Sequence[Condition], source: KernelSource) -> Floats:
        """Mean shift of each condition, shape ``(conditions, genes)``."""
        parts = source.parts(_treatments(conditions), _treatments(self.conditions))
        kernel = mixed(parts, self.choice.mixture)
        kernel = kernel * same_context(conditions, self.conditions, self.choice.context_share)
        shift: Floats = (kernel @ self.dual) @ self.basis
        if self.means is not None:
            shift = shift + present(conditions, self.means)
        if self.lengths is not None and self.length_dual is not None and self.length_range is not None:
            # Directions of parts add up in the kernel; their lengths must not, so those are averaged.
            parts_in = np.array([max(len(c.treatment.active), 1) for c in conditions])
            length = self.lengths.rows(conditions) + kernel @ self.length_dual / parts_in[:, None]
            shift = shift * np.clip(length, *self.length_range)
        return shift

    def config(self) -> dict[str, Any]:
        """Everything but arrays, as JSON."""
        return {
            "mixture": self.choice.mixture,
            "ridge": self.choice.ridge,
            "context_share": self.choice.context_share,
            "conditions": [[c.context, str(c.treatment)] for c in self.conditions],
            "means": None if self.means is None else self.means.config(),
            "lengths": None if self.lengths is None else self.lengths.config(),
        }

    def arrays(self) -> dict[str, Floats]:
        """Learned numbers by name."""
        kept = {"dual": self.dual, "basis": self.basis}
        if self.means is not None:
            kept["means"] = self.means.values
        if self.lengths is not None and self.length_dual is not None and self.length_range is not None:
            kept |= {"lengths": self.lengths.values, "length_dual": self.length_dual}
            kept["length_range"] = self.length_range
        return kept

    @classmethod
    def restore(cls, config: Mapping[str, Any], arrays: Mapping[str, Floats]) -> Self:
        """Inverse of `config` and `arrays`."""

        def means(name: str) -> GroupMeans | None:
            return None if config[name] is None else GroupMeans.restore(config[name], arrays[name])

        return cls(
            choice=Choice(config["mixture"], config["ridge"], config["context_share"]),
            conditions=tuple(Condition(c, Treatment.parse(text)) for c, text in config["conditions"]),
            dual=arrays["dual"],
            basis=arrays["basis"],
            means=means("means"),
            lengths=means("lengths"),
            length_dual=arrays.get("length_dual"),
            length_range=arrays.get("length_range"),
        )


@dataclass(frozen=True, eq=False)
class Problem:
    """Training rows with the similarities between them.

    Attributes
    ----------
    conditions
        One per row.
    parts
        Parts of the similarity of treatments, each of shape ``(rows, rows)``.
    targets
        What is to be explained.
    settings
        What is fixed and what is chosen.
    """

    conditions: tuple[Condition, ...]
    parts: Mapping[str, Floats]
    targets: Targets
    settings: RidgeSettings

    def take(self, rows: npt.NDArray[np.intp]) -> Problem:
        """Some of the rows."""
        targets = Targets(self.targets.values[rows], self.targets.noise[rows], None, None)
        parts = {name: part[np.ix_(rows, rows)] for name, part in self.parts.items()}
        return Problem(tuple(self.conditions[i] for i in rows), parts, targets, self.settings)

    def precision(self, choice: Choice) -> Floats:
        """The precision matrix of the rows under some settings."""
        kernel = mixed(self.parts, choice.mixture)
        kernel = kernel * same_context(self.conditions, self.conditions, choice.context_share)
        return precision(kernel, choice.ridge * self.targets.noise)

    def components(self, values: Floats) -> tuple[Floats, Floats]:
        """Principal components of the filled responses, and how much of each is kept."""
        return self._components if self.targets.is_complete else self._decompose(values)

    @cached_property
    def _components(self) -> tuple[Floats, Floats]:
        return self._decompose(self.targets.values)

    def _decompose(self, values: Floats) -> tuple[Floats, Floats]:
        """Noisy rows count less. Shapes ``(components, genes)`` and ``(components,)``."""
        weighted = values / np.sqrt(self.targets.noise)[:, None]
        _, size, basis = np.linalg.svd(weighted, full_matrices=False)
        count = min(self.settings.rank or len(size), int((size > size.max(initial=0.0) * 1e-7).sum()))
        power, penalty = size[:count] ** 2 / len(values), self.settings.response_ridge
        return basis[:count], power / (power + penalty) if penalty else np.ones(count)

    @cached_property
    def groups(self) -> list[npt.NDArray[np.intp]]:
        """Ways to leave rows out: by treatment, and one by one where treatments stand in several contexts."""
        place: dict[Any, int] = {}
        treatments = [place.setdefault(hits(c.treatment.active), len(place)) for c in self.conditions]
        stands = {(g, c.context) for g, c in zip(treatments, self.conditions, strict=True)}
        by_treatment = self._without_twins(np.array(treatments, dtype=np.intp))
        return [by_treatment, np.arange(len(treatments))] if len(stands) > len(place) else [by_treatment]

    def _without_twins(self, groups: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
        """Groups in which names of one thing, such as salts of one compound, are left out together."""
        if "target" not in self.parts:
            return groups
        same = self.parts["target"]
        size = np.sqrt(np.maximum(np.diagonal(same), np.finfo(float).tiny))
        first = np.argmax(same >= TWINS * np.outer(size, size), axis=1)
        merged: npt.NDArray[np.intp] = groups[first]
        return merged

    def error(self, choice: Choice) -> float:
        """Squared error on left-out rows, each weighted by its noise."""
        q = self.precision(choice)
        values = filled(q, self.targets.values)
        basis, kept = self.components(values)
        total = 0.0
        for groups in self.groups:
            predicted = left_out(q, values, groups) @ (basis.T * kept) @ basis
            missed = np.nansum((self.targets.values - predicted) ** 2, axis=1) / self.targets.noise
            total += float(missed.sum())
        return total

    def choose(self) -> Choice:
        """The settings with the least error on left-out treatments; of equals, the first offered.

        Whole treatments are left out, in all their contexts. Where a treatment stands in several contexts,
        conditions are left out one by one as well, so that the context share is chosen for both uses.
        """
        several = len({c.context for c in self.conditions}) > 1
        shares = self.settings.context_shares if several else (1.0,)
        grid = product(self.settings.mixtures, shares, self.settings.ridges)
        offered = [Choice(mixture, ridge, share) for mixture, share, ridge in grid]
        if len(offered) == 1:
            return offered[0]
        inner = self.take(self.tuning_rows())
        return min(offered, key=inner.error)

    def tuning_rows(self) -> npt.NDArray[np.intp]:
        """Rows to choose settings on: all, or whole treatments drawn with a fixed seed."""
        if len(self.conditions) <= MOST_TUNING_ROWS:
            return np.arange(len(self.conditions))
        treatment = self.groups[0]
        order = np.random.default_rng(0).permutation(treatment.max() + 1)
        return np.sort(np.argsort(order[treatment], kind="stable")[:MOST_TUNING_ROWS])


def fit_ridge(responses: Responses, source: KernelSource, settings: RidgeSettings) -> RidgeFit:
    """Choose the settings by inner cross-validation and solve with them."""
    check_every_gene_is_measured(responses)
    treatments = _treatments(responses.conditions)
    parts = source.parts(treatments, treatments)
    noise = relative_noise(responses) if settings.weighted else np.ones(len(responses))
    targets = Targets.of(responses, noise, centred=settings.centred, unit_norm=settings.unit_norm)
    problem = Problem(responses.conditions, parts, targets, settings)
    choice = problem.choose()
    q = problem.precision(choice)
    values = filled(q, problem.targets.values)
    basis, kept = problem.components(values)
    dual = (q @ values) @ (basis.T * kept)
    fit = RidgeFit(choice, responses.conditions, dual, basis, problem.targets.means)
    lengths = problem.targets.lengths
    return fit if lengths is None else _with_lengths(fit, lengths, q)


def _with_lengths(fit: RidgeFit, lengths: Floats, q: Floats) -> RidgeFit:
    means = GroupMeans.of(fit.conditions, lengths)
    left = lengths - means.rows(fit.conditions)
    extremes = np.array([lengths.min(), lengths.max()])
    return replace(fit, lengths=means, length_dual=q @ left, length_range=extremes)


def _treatments(conditions: Sequence[Condition]) -> list[Treatment]:
    return [c.treatment.active for c in conditions]
