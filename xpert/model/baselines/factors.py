"""Many contexts × many treatments: effects of both and their interaction, each as similar as the data say."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from xpert.model.baselines.factors_fit import (
    FEW_CONTEXTS,
    MANY_CONTEXTS,
    SHARED,
    Assumed,
    Covariances,
    Effects,
    Grid,
    chosen,
    posterior,
)
from xpert.model.baselines.factors_state import FactorsState
from xpert.model.baselines.factors_support import Correction, SupportSettings
from xpert.model.baselines.kernels import KERNEL_SOURCES, KernelSource, PriorKnowledge
from xpert.model.baselines.profiles import (
    check_every_gene_is_measured,
    check_kind,
    mean_measured,
    require_fitted,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xpert.data.responses import Condition, Context, Floats, Responses
    from xpert.model.baselines.kernels import Mixture


@dataclass(frozen=True)
class FactorSettings:
    """What is fixed before the fit.

    Attributes
    ----------
    offered
        What may be taken for similarity and for noise; one is chosen on held-out rows.
    damping
        Rows without effect that an effect is averaged with when similarities are estimated.
    rank
        Components of the interaction over genes that are kept.
    mixture
        Weights of the parts of the similarity by which a treatment that was never measured is found.
    treatment_ridge, context_ridge
        How strongly the effect of a treatment, or a context, that was never measured is shrunk.
    support
        How rows that are added later are used.
    """

    offered: tuple[Assumed, ...] = (*MANY_CONTEXTS, *FEW_CONTEXTS)
    damping: float = 0.1
    rank: int = 384
    mixture: Mixture = field(
        default_factory=lambda: {
            "structure": 0.25,
            "annotation": 0.25,
            "target_of_compound": 0.5,
            "gene_prior": 0.5,
        }
    )
    treatment_ridge: float = 1.5
    context_ridge: float = 10.0
    support: SupportSettings = field(default_factory=SupportSettings)

    def __post_init__(self) -> None:
        if min(self.treatment_ridge, self.context_ridge) <= 0 or not all(
            0 < assumed.noise < SHARED for assumed in self.offered
        ):
            raise ValueError(f"shares of noise lie between 0 and {SHARED}, and ridges are positive")
        if self.damping < 0 or self.rank < 1:
            raise ValueError("damping is not negative, and at least one component is kept")


@dataclass(frozen=True, eq=False)
class Factors:
    """Mean + effect of the treatment + effect of the context + interaction, by one Gaussian process.

    How similar two treatments or contexts are is estimated from the training responses (`factors_fit`). So the
    rows of a context are its support set: a few measured treatments place the context among the others, and
    correct similar treatments in it. A treatment that was never measured takes a shrunk weighted sum of those
    that prior knowledge finds similar, interactions included; a context that was never measured takes one of
    the contexts with the same covariates. With neither, as much of the mean is left as repeats between contexts.

    Attributes
    ----------
    source
        Where prior similarities of treatments come from.
    settings
        What is fixed.
    title
        Name as shown beside a score.
    state
        What was learned; None before `fit`.
    corrections
        What rows that were added later say of their contexts.
    """

    kind: ClassVar[str] = "factors"

    source: KernelSource = field(default_factory=PriorKnowledge)
    settings: FactorSettings = field(default_factory=FactorSettings)
    title: str = "treatment and context factors"
    state: FactorsState | None = None
    corrections: tuple[Correction, ...] = ()

    @property
    def name(self) -> str:
        """Name as shown beside a score."""
        return self.title

    def fit(self, responses: Responses) -> Self:
        """Estimate similarities and condition on every row."""
        check_every_gene_is_measured(responses)
        treatments = tuple(sorted({c.treatment.active for c in responses.conditions}, key=str))
        contexts = tuple(sorted({c.context for c in responses.conditions}))
        grid = _grid(responses, {t: i for i, t in enumerate(treatments)}, contexts)
        effects = Effects.of(grid, self.settings.damping)
        assumed = chosen(grid, self.settings.damping, self.settings.offered)
        covariances = Covariances.of(effects, grid, assumed)
        found = posterior(effects.filled(grid), grid, covariances, self.settings.rank)
        state = FactorsState.of(
            treatments=treatments,
            contexts=tuple(responses.context[name] for name in contexts),
            effects=effects,
            found=found,
            covariances=covariances,
            prior=self.source.parts(treatments, treatments),
            mixture=self.settings.mixture,
            ridge=self.settings.treatment_ridge,
        )
        return replace(self, state=state, corrections=())

    def predict(self, conditions: Sequence[Condition], contexts: Mapping[str, Context]) -> Floats:
        """Mean shift, shape ``(conditions, genes)``."""
        state = require_fitted(self.state, self.name)
        weights = self._weights(conditions, contexts)
        shift = state.shift(*weights)
        for correction in self.corrections:
            rows = np.flatnonzero([c.context == correction.context for c in conditions])
            if rows.size:
                shift[rows] += correction.shift(state, weights[0][rows], weights[1][rows])
        return shift

    def with_support(self, responses: Responses) -> Self:
        """The same fit, corrected by a few more measured conditions of one or several contexts.

        Each context is corrected from its own rows, without a refit: see `factors_support`. Rows given earlier
        for the same context are replaced. Where many rows are at hand, `fit` on everything is more exact.

        Parameters
        ----------
        responses
            On the genes of the training data; contexts may be new.
        """
        state = require_fitted(self.state, self.name)
        fresh = []
        for name in dict.fromkeys(c.context for c in responses.conditions):
            rows = np.flatnonzero([c.context == name for c in responses.conditions])
            weights = self._weights([responses.conditions[i] for i in rows.tolist()], responses.context)
            fresh.append(Correction.of(name, state, weights, responses.delta[rows], self.settings.support))
        renewed = {correction.context for correction in fresh}
        kept = [correction for correction in self.corrections if correction.context not in renewed]
        return replace(self, corrections=(*kept, *fresh))

    def support_influence(self, conditions: Sequence[Condition], contexts: Mapping[str, Context]) -> Floats:
        """How far each row that was added to a context moves each answer there, shape ``(asked, added)``.

        Raises
        ------
        ValueError
            When the conditions do not stand in one context with added rows.
        """
        state = require_fitted(self.state, self.name)
        names = {c.context for c in conditions}
        (correction,) = [c for c in self.corrections if {c.context} == names]
        presence, treatment, _ = self._weights(conditions, contexts)
        return correction.influence(state, presence, treatment)

    def _weights(
        self, conditions: Sequence[Condition], contexts: Mapping[str, Context]
    ) -> tuple[Floats, Floats, Floats]:
        """Presence, and weights over measured treatments and contexts; see `FactorsState.shift`."""
        state = require_fitted(self.state, self.name)
        asked = list(dict.fromkeys(c.treatment.active for c in conditions))
        place = {treatment: row for row, treatment in enumerate(asked)}
        names = list(dict.fromkeys(c.context for c in conditions))
        where = {name: row for row, name in enumerate(names)}
        presence, treatment = state.treatment_weights(asked, self.source, self.settings.mixture)
        context = state.context_weights([contexts[name] for name in names], self.settings.context_ridge)
        row = np.array([place[c.treatment.active] for c in conditions], dtype=np.intp)
        column = np.array([where[c.context] for c in conditions], dtype=np.intp)
        return presence[row], treatment[row], context[column]

    def config(self) -> dict[str, Any]:
        """Everything but arrays, as JSON."""
        return {
            "kind": self.kind,
            "source": self.source.name,
            "title": self.title,
            "settings": asdict(self.settings),
            "state": require_fitted(self.state, self.name).config(),
            "corrections": [correction.context for correction in self.corrections],
        }

    def arrays(self) -> dict[str, Floats]:
        """Learned numbers by name."""
        kept = require_fitted(self.state, self.name).arrays()
        for number, correction in enumerate(self.corrections):
            kept |= {f"correction{number}.{name}": values for name, values in correction.arrays().items()}
        return kept

    @classmethod
    def restore(cls, config: Mapping[str, Any], arrays: Mapping[str, Floats]) -> Self:
        """Inverse of `config` and `arrays`."""
        check_kind(config, cls.kind)
        settings = dict(config["settings"])
        settings["offered"] = tuple(Assumed(*offered) for offered in settings["offered"])
        support = SupportSettings(**settings.pop("support"))
        corrections = (
            Correction.restore(
                name,
                {
                    key.split(".", 1)[1]: values
                    for key, values in arrays.items()
                    if key.startswith(f"correction{i}.")
                },
            )
            for i, name in enumerate(config["corrections"])
        )
        return cls(
            source=KERNEL_SOURCES[config["source"]],
            settings=FactorSettings(**settings, support=support),
            title=config["title"],
            state=FactorsState.restore(config["state"], arrays),
            corrections=tuple(corrections),
        )


def _grid(responses: Responses, treatments: Mapping[Any, int], contexts: Sequence[str]) -> Grid:
    """One row for each pair; what is the same treatment without its idle parts is averaged."""
    where = {name: i for i, name in enumerate(contexts)}
    pairs = [(treatments[c.treatment.active], where[c.context]) for c in responses.conditions]
    values = responses.delta.astype(np.float32, copy=False)
    rows: dict[tuple[int, int], list[int]] = {}
    for row, pair in enumerate(pairs):
        rows.setdefault(pair, []).append(row)
    if len(rows) < len(pairs):
        values = np.array([mean_measured(values[same]) for same in rows.values()], dtype=np.float32)
    treatment, context = np.array(list(rows), dtype=np.intp).T
    return Grid(values, treatment, context, (len(treatments), len(contexts)))
