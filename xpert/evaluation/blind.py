"""The shipped predictor without knowledge of the treatment: how far it gets by knowing the context alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from xpert.data.responses import Condition
from xpert.errors import InputError
from xpert.evaluation.response_contest import Contestant
from xpert.evaluation.task import Role

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xpert.data.responses import Context, Floats, Responses
    from xpert.evaluation.response_contest import ResponseContest
    from xpert.model.predictor import Predictor
    from xpert.perturbation import Treatment

BLIND = "blind to the treatment"


@dataclass(frozen=True, eq=False)
class Blind:
    """A predictor whose answer is its mean over all training treatments; satisfies `Predictor`.

    A check with wrong labels keeps everything but the treatment, so this is what it may reach without a leak.
    Treatments that were measured nowhere do not count: a mean with their share in it would point at them.

    Attributes
    ----------
    predictor
        Unfitted.
    fitted
        What was learned; None before `fit`.
    treatments
        Of the training responses.
    """

    predictor: Predictor
    fitted: Predictor | None = None
    treatments: tuple[Treatment, ...] = ()

    @property
    def name(self) -> str:
        """Name as shown beside a score."""
        return BLIND

    def fit(self, responses: Responses) -> Self:
        """Fit the predictor."""
        treatments = tuple(dict.fromkeys(c.treatment for c in responses.conditions))
        return replace(self, fitted=self.predictor.fit(responses), treatments=treatments)

    def predict(self, conditions: Sequence[Condition], contexts: Mapping[str, Context]) -> Floats:
        """Mean answer for the context of each condition, shape ``(conditions, genes)``.

        Raises
        ------
        InputError
            When nothing was fitted.
        """
        if self.fitted is None:
            raise InputError(f"{self.name} was asked before it was fitted.")
        means = {}
        for name in dict.fromkeys(c.context for c in conditions):
            panel = [Condition(name, treatment) for treatment in self.treatments]
            means[name] = np.asarray(self.fitted.predict(panel, contexts), dtype=float).mean(axis=0)
        return np.array([means[c.context] for c in conditions])


def blind(contest: ResponseContest) -> Contestant:
    """The shipped predictor of a contest, without knowledge of the treatment."""
    return Contestant(Role.BLIND, Blind(contest.shipped))
