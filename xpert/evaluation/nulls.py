"""Checks that must show no skill: a predictor that has skill without its labels has found a leak."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from xpert.data.responses import Condition
from xpert.perturbation import Perturbation, Treatment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xpert.data.responses import Context, Floats, Responses
    from xpert.model.predictor import Predictor


@dataclass(frozen=True, eq=False)
class ShuffledLabels:
    """A predictor that learns from responses whose treatments were exchanged within their context.

    Attributes
    ----------
    predictor
        Unfitted.
    seed
        Of the exchange.
    fitted
        What was learned from the wrong labels; None before `fit`.
    """

    predictor: Predictor
    seed: int = 0
    fitted: Predictor | None = None

    @property
    def name(self) -> str:
        """Name as shown beside a score."""
        return "shuffled labels"

    def fit(self, responses: Responses) -> Self:
        """Exchange the rows of each context at random, and learn."""
        draw = np.random.default_rng([self.seed, len(responses)])
        where = np.array([c.context for c in responses.conditions])
        source = np.arange(len(responses))
        for context in dict.fromkeys(where.tolist()):
            rows = np.flatnonzero(where == context)
            source[rows] = draw.permutation(rows)
        wrong = replace(
            responses,
            delta=responses.delta[source],
            spread=responses.spread[source],
            cells=responses.cells[source],
        )
        return replace(self, fitted=self.predictor.fit(wrong))

    def predict(self, conditions: Sequence[Condition], contexts: Mapping[str, Context]) -> Floats:
        """What was learned from the wrong labels, shape ``(conditions, genes)``."""
        if self.fitted is None:
            raise ValueError(f"{self.name} was asked before it was fitted")
        return self.fitted.predict(conditions, contexts)


@dataclass(frozen=True, eq=False)
class ShuffledTargets:
    """A predictor that knows every target by the features of another: shuffled fingerprints and gene sets.

    Every target is renamed by one permutation of the panel before learning and before asking, so that which
    conditions share a target stays true and only what is known of targets is wrong.

    Attributes
    ----------
    predictor
        Unfitted.
    panel
        Targets of every condition, learned or asked.
    seed
        Of the permutation.
    fitted
        What was learned; None before `fit`.
    """

    predictor: Predictor
    panel: tuple[str, ...]
    seed: int = 0
    fitted: Predictor | None = None

    @property
    def name(self) -> str:
        """Name as shown beside a score."""
        return "shuffled features"

    def fit(self, responses: Responses) -> Self:
        """Rename and learn."""
        conditions = tuple(self._renamed(c) for c in responses.conditions)
        return replace(self, fitted=self.predictor.fit(replace(responses, conditions=conditions)))

    def predict(self, conditions: Sequence[Condition], contexts: Mapping[str, Context]) -> Floats:
        """Rename and ask, shape ``(conditions, genes)``."""
        if self.fitted is None:
            raise ValueError(f"{self.name} was asked before it was fitted")
        return self.fitted.predict([self._renamed(c) for c in conditions], contexts)

    def _renamed(self, condition: Condition) -> Condition:
        names = sorted(self.panel)
        order = np.random.default_rng([self.seed, len(names)]).permutation(len(names))
        other = {name: names[place] for name, place in zip(names, order.tolist(), strict=True)}
        parts = condition.treatment.perturbations
        renamed = frozenset(Perturbation(other[p.target], p.modality, p.strength) for p in parts)
        return Condition(condition.context, Treatment(renamed))


def shuffled(predictor: Predictor) -> ShuffledLabels:
    """The predictor with shuffled perturbation labels."""
    return ShuffledLabels(predictor)


def shuffled_features(predictor: Predictor, responses: Responses) -> ShuffledTargets:
    """The predictor with the features of targets exchanged among the panel of the responses."""
    return ShuffledTargets(predictor, tuple({t for c in responses.conditions for t in c.treatment.targets}))
