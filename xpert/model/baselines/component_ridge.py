"""Kernel regression in which every component of the response finds its own similarities and its own penalty.

A large component of the responses, a common stress response for example, follows structure closely and should
be shrunk little; a small one is noise to structure and should not be predicted at all. One penalty for all,
as in ridge regression, is wrong for both.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from itertools import product
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from xpert.data.responses import Condition
from xpert.model.baselines.dual import filled
from xpert.model.baselines.kernels import KERNEL_SOURCES, Mixture, PriorKnowledge, mixed, same_context
from xpert.model.baselines.profiles import (
    GroupMeans,
    check_every_gene_is_measured,
    check_kind,
    require_fitted,
)
from xpert.model.baselines.ridge import Choice, Problem, RidgeSettings
from xpert.model.baselines.targets import Targets, present, relative_noise
from xpert.perturbation import Treatment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

    from xpert.data.responses import Context, Floats, Responses
    from xpert.model.baselines.kernels import KernelSource

# A mixture of parts, and the similarity of two contexts.
Kernel = tuple[Mixture, float]


@dataclass(frozen=True)
class ComponentSettings:
    """What is offered to every component.

    Attributes
    ----------
    mixtures
        Weights of the kernel's parts.
    ridges
        Penalties, on the scale of the kernel.
    context_shares
        Similarities of two contexts, 0 to 1.
    rank
        Principal components of the training responses that are predicted.
    evidence
        How many rows' worth of left-out error it takes to tell two settings apart: with r rows, settings are
        weighed by (error)^(−r / (2 · evidence)). 1 is the likelihood of independent rows; responses share
        noise and neighbours, so more is asked for.
    centred, unit_norm, weighted
        As in `RidgeSettings`.
    """

    mixtures: tuple[Mixture, ...]
    ridges: tuple[float, ...]
    context_shares: tuple[float, ...] = (0.0, 0.5, 1.0)
    rank: int = 150
    evidence: float = 5.0
    centred: bool = True
    unit_norm: bool = False
    weighted: bool = True

    def __post_init__(self) -> None:
        if not (self.mixtures and self.ridges and self.context_shares):
            raise ValueError("there must be at least one mixture, one ridge and one context share")
        if min(self.ridges) <= 0 or self.rank < 1 or self.evidence <= 0:
            raise ValueError("ridges, rank and evidence are positive")


@dataclass(frozen=True, eq=False)
class ComponentFit:
    """A solved regression.

    Attributes
    ----------
    conditions
        Training conditions, one per row of the duals.
    kernels
        The similarities that are in use.
    duals
        Coefficients per kernel, shape ``(kernels, rows, components)``; where responses were scaled to
        length 1 the last component is the length.
    basis
        Components of the response, shape ``(components, genes)``.
    means
        Mean shift per context and family that is added; None without centring.
    lengths
        Mean length per context and family; None without scaling.
    length_range
        Shortest and longest training response, shape ``(2,)``; None without scaling.
    """

    conditions: tuple[Condition, ...]
    kernels: tuple[Kernel, ...]
    duals: Floats
    basis: Floats
    means: GroupMeans | None = None
    lengths: GroupMeans | None = None
    length_range: Floats | None = None

    def predict(self, conditions: Sequence[Condition], source: KernelSource) -> Floats:
        """Mean shift of each condition, shape ``(conditions, genes)``."""
        parts = source.parts(_treatments(conditions), _treatments(self.conditions))
        scores = np.zeros((len(conditions), self.duals.shape[2]))
        for (mixture, share), dual in zip(self.kernels, self.duals, strict=True):
            scores += (mixed(parts, mixture) * same_context(conditions, self.conditions, share)) @ dual
        components = len(self.basis)
        shift: Floats = scores[:, :components] @ self.basis
        if self.means is not None:
            shift = shift + present(conditions, self.means)
        if self.lengths is not None and self.length_range is not None:
            # Directions of parts add up in the kernel; their lengths must not, so those are averaged.
            parts_in = np.array([max(len(c.treatment.active), 1) for c in conditions])
            length = self.lengths.rows(conditions) + scores[:, components:] / parts_in[:, None]
            shift = shift * np.clip(length, *self.length_range)
        return shift

    def config(self) -> dict[str, Any]:
        """Everything but arrays, as JSON."""
        return {
            "conditions": [[c.context, str(c.treatment)] for c in self.conditions],
            "kernels": [[mixture, share] for mixture, share in self.kernels],
            "means": None if self.means is None else self.means.config(),
            "lengths": None if self.lengths is None else self.lengths.config(),
        }

    def arrays(self) -> dict[str, Floats]:
        """Learned numbers by name."""
        kept = {"duals": self.duals, "basis": self.basis}
        if self.means is not None:
            kept["means"] = self.means.values
        if self.lengths is not None and self.length_range is not None:
            kept |= {"lengths": self.lengths.values, "length_range": self.length_range}
        return kept

    @classmethod
    def restore(cls, config: Mapping[str, Any], arrays: Mapping[str, Floats]) -> Self:
        """Inverse of `config` and `arrays`."""

        def means(name: str) -> GroupMeans | None:
            return None if config[name] is None else GroupMeans.restore(config[name], arrays[name])

        return cls(
            conditions=tuple(Condition(c, Treatment.parse(text)) for c, text in config["conditions"]),
            kernels=tuple((dict(mixture), float(share)) for mixture, share in config["kernels"]),
            duals=arrays["duals"],
            basis=arrays["basis"],
            means=means("means"),
            lengths=means("lengths"),
            length_range=arrays.get("length_range"),
        )


@dataclass(frozen=True, eq=False)
class ComponentRidge:
    """Kernel regression of each principal component of the responses, averaged over settings.

    For every component, each offered kernel and penalty predicts the training rows with their treatments left
    out, and so does "nothing but the mean"; the settings are averaged with weights by that error, as in
    stacking by pseudo-likelihood (Geisser and Eddy 1979), so that a component which nothing predicts is not
    predicted.

    Attributes
    ----------
    settings
        What is offered.
    source
        Where similarities come from.
    title
        Name as shown beside a score.
    state
        What was learned; None before `fit`.
    """

    kind: ClassVar[str] = "component_ridge"

    settings: ComponentSettings
    source: KernelSource = field(default_factory=PriorKnowledge)
    title: str = "component-wise kernel ridge"
    state: ComponentFit | None = None

    @property
    def name(self) -> str:
        """Name as shown beside a score."""
        return self.title

    def fit(self, responses: Responses) -> Self:
        """Weigh the settings of every component by leaving out treatments, and solve."""
        return replace(self, state=_fit(responses, self.source, self.settings))

    def predict(self, conditions: Sequence[Condition], contexts: Mapping[str, Context]) -> Floats:
        """Mean shift, shape ``(conditions, genes)``."""
        return require_fitted(self.state, self.name).predict(conditions, self.source)

    def config(self) -> dict[str, Any]:
        """Everything but arrays, as JSON."""
        fit = require_fitted(self.state, self.name)
        return {
            "kind": self.kind,
            "source": self.source.name,
            "title": self.title,
            "settings": asdict(self.settings),
            "fit": fit.config(),
        }

    def arrays(self) -> dict[str, Floats]:
        """Learned numbers by name."""
        return require_fitted(self.state, self.name).arrays()

    @classmethod
    def restore(cls, config: Mapping[str, Any], arrays: Mapping[str, Floats]) -> Self:
        """Inverse of `config` and `arrays`."""
        check_kind(config, cls.kind)
        settings: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in config["settings"].items()
        }
        return cls(
            settings=ComponentSettings(**settings),
            source=KERNEL_SOURCES[config["source"]],
            title=config["title"],
            state=ComponentFit.restore(config["fit"], arrays),
        )


@dataclass(frozen=True, eq=False)
class _Spectrum:
    """A kernel in the basis in which every penalty is a division; noise is scaled away."""

    values: Floats
    vectors: Floats
    root_noise: Floats

    @classmethod
    def of(cls, kernel: Floats, noise: Floats) -> Self:
        root = np.sqrt(noise)
        values, vectors = np.linalg.eigh(kernel / np.outer(root, root))
        return cls(np.maximum(values, 0.0), vectors, root)

    def solved(self, scores: Floats, ridge: float) -> tuple[Floats, Floats]:
        """Coefficients (K + λD)⁻¹ y, shape ``(rows, components)``, and the shrunk spectrum."""
        gain = 1.0 / (self.values + ridge)
        dual = self.vectors @ (gain[:, None] * (self.vectors.T @ (scores / self.root_noise[:, None])))
        return dual / self.root_noise[:, None], gain

    def left_out(self, dual: Floats, gain: Floats, groups: npt.NDArray[np.intp]) -> Floats:
        """How far each group's rows would have been missed, had it been left out; shape ``(rows, components)``.

        The block leave-one-out formula of ridge regression (Allen 1974): (Q_gg)⁻¹ (Qy)_g.
        """
        missed = np.empty_like(dual)
        order = np.argsort(groups, kind="stable")
        _, starts, sizes = np.unique(groups[order], return_index=True, return_counts=True)
        scaled = self.vectors / self.root_noise[:, None]
        for size in np.unique(sizes):
            rows = order[starts[sizes == size, None] + np.arange(size)]
            left = scaled[rows]
            if size == 1:
                own = (left[:, 0] ** 2) @ gain
                missed[rows[:, 0]] = dual[rows[:, 0]] / own[:, None]
            else:
                missed[rows] = np.linalg.solve((left * gain) @ left.transpose(0, 2, 1), dual[rows])
        return missed


def _fit(responses: Responses, source: KernelSource, settings: ComponentSettings) -> ComponentFit:
    check_every_gene_is_measured(responses)
    treatments = _treatments(responses.conditions)
    noise = relative_noise(responses) if settings.weighted else np.ones(len(responses))
    targets = Targets.of(responses, noise, centred=settings.centred, unit_norm=settings.unit_norm)
    offered = RidgeSettings(settings.mixtures, settings.ridges, settings.context_shares)
    problem = Problem(responses.conditions, source.parts(treatments, treatments), targets, offered)
    basis, scores, lengths = _components(problem, settings.rank)
    kernels, duals = _weighed(problem, scores, settings)
    fit = ComponentFit(responses.conditions, kernels, duals, basis, targets.means)
    if lengths is None or targets.lengths is None:
        return fit
    extremes = np.array([targets.lengths.min(), targets.lengths.max()])
    return replace(fit, lengths=lengths, length_range=extremes)


def _components(problem: Problem, rank: int) -> tuple[Floats, Floats, GroupMeans | None]:
    """Basis ``(components, genes)``, scores ``(rows, components)``, and the mean lengths where rows were scaled."""
    targets, settings = problem.targets, problem.settings
    values = targets.values
    if not targets.is_complete:
        middle = Choice(settings.mixtures[0], settings.ridges[len(settings.ridges) // 2], 1.0)
        values = filled(problem.precision(middle), values)
    _, _, axes = np.linalg.svd(values, full_matrices=False)
    basis = axes[: min(rank, len(axes))]
    scores = values @ basis.T
    if targets.lengths is None:
        return basis, scores, None
    means = GroupMeans.of(problem.conditions, targets.lengths)
    return basis, np.hstack([scores, targets.lengths - means.rows(problem.conditions)]), means


def _weighed(
    problem: Problem, scores: Floats, settings: ComponentSettings
) -> tuple[tuple[Kernel, ...], Floats]:
    """Kernels in use, and their coefficients averaged over penalties, shape ``(kernels, rows, components)``."""
    noise, sharpness = problem.targets.noise, len(scores) / (2 * settings.evidence)
    # Predicting nothing is one of the settings.
    errors = [(scores**2 / noise[:, None]).mean(axis=0)]
    duals: list[Floats] = []
    kernels = list(_kernels(problem, settings))
    for mixture, share in kernels:
        kernel = mixed(problem.parts, mixture) * same_context(problem.conditions, problem.conditions, share)
        spectrum = _Spectrum.of(kernel, noise)
        for ridge in settings.ridges:
            dual, gain = spectrum.solved(scores, ridge)
            missed = spectrum.left_out(dual, gain, problem.groups[0])
            errors.append((missed**2 / noise[:, None]).mean(axis=0))
            duals.append(dual.astype(np.float32))
    logits = -sharpness * np.log(np.maximum(errors, np.finfo(float).tiny))
    weights = np.exp(logits - logits.max(axis=0))
    weights /= weights.sum(axis=0)
    each = len(settings.ridges)
    averaged = [
        sum(w * d for w, d in zip(weights[1 + k * each :][:each], duals[k * each :][:each], strict=True))
        for k in range(len(kernels))
    ]
    return tuple(kernels), np.array(averaged)


def _kernels(problem: Problem, settings: ComponentSettings) -> Iterator[Kernel]:
    several = len({c.context for c in problem.conditions}) > 1
    yield from product(settings.mixtures, settings.context_shares if several else (1.0,))


def _treatments(conditions: Sequence[Condition]) -> list[Treatment]:
    return [c.treatment.active for c in conditions]
