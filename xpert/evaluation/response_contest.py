"""Contests of predictors: fitted to some measured responses, asked about others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd

from xpert.evaluation.task import ALL, CEILING_COLUMNS, OUTCOME_COLUMNS, Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import numpy.typing as npt

    from xpert.data.responses import Condition, Floats, Responses
    from xpert.model.predictor import Predictor

    Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Ask:
    """One refit: which rows of the responses are learned from and which are asked.

    Attributes
    ----------
    fold
        Number of the fold.
    train, test
        Rows, without overlap.
    subset
        Where its conditions stand in the tables; a support set of five, for example, is a subset of its own.
    """

    fold: int
    train: Rows
    test: Rows
    subset: str = ALL

    def __post_init__(self) -> None:
        if np.intersect1d(self.train, self.test).size:
            raise ValueError("a row is learned from and asked")


class Scorer(Protocol):
    """How the answers to one `Ask` are scored."""

    def __call__(self, ask: Ask, predicted: Floats) -> pd.DataFrame:
        """Columns ``condition, subset, metric, value``; `predicted` has shape ``(test, genes)``."""
        ...


def scored(
    observed: Responses,
    ask: Ask,
    scores: Mapping[str, Floats],
    further: Callable[[Condition], Sequence[str]] = lambda _: (),
) -> pd.DataFrame:
    """The table that a `Scorer` gives.

    Parameters
    ----------
    observed, ask
        What was asked about.
    scores
        One value per asked row and metric, each of shape ``(test,)``.
    further
        Subsets that a condition stands in besides that of the ask.
    """
    asked = [observed.conditions[i] for i in ask.test.tolist()]
    rows = [
        (str(condition), subset, metric, values[place])
        for place, condition in enumerate(asked)
        for subset in (ask.subset, *further(condition))
        for metric, values in scores.items()
    ]
    return pd.DataFrame(rows, columns=["condition", "subset", "metric", "value"])


@dataclass(frozen=True, eq=False)
class Contestant:
    """A model in a contest.

    Attributes
    ----------
    role
        What it is in a table.
    predictor
        Unfitted; refitted for every ask.
    """

    role: Role
    predictor: Predictor


@dataclass(frozen=True, eq=False)
class ResponseContest:
    """Every contestant is refitted for every ask; satisfies `xpert.evaluation.task.Contest`.

    Attributes
    ----------
    learned
        What models are fitted to.
    observed
        What answers are compared with: the same conditions in the same order. It is another object only
        where both must not share measurements, for example control arrays.
    asks
        Every refit.
    models
        Contestants by name, the simplest first.
    score
        How answers are scored.
    replicate
        Computes what repeating the experiment would score, columns `CEILING_COLUMNS`; None where it cannot be had.
    """

    learned: Responses
    observed: Responses
    asks: tuple[Ask, ...]
    models: Mapping[str, Contestant]
    score: Scorer
    replicate: Callable[[], pd.DataFrame] | None = None

    def __post_init__(self) -> None:
        if self.learned.conditions != self.observed.conditions or self.learned.genes != self.observed.genes:
            raise ValueError("what is learned and what is observed differ in conditions or genes")

    def with_models(self, models: Mapping[str, Contestant]) -> ResponseContest:
        """The same contest with further contestants."""
        return replace(self, models={**self.models, **models})

    @property
    def shipped(self) -> Predictor:
        """What a bundle of such data answers with."""
        return next(model.predictor for model in self.models.values() if model.role is Role.SHIPPED)

    @property
    def contestants(self) -> dict[str, Role]:
        """Every model that can be asked."""
        return {name: model.role for name, model in self.models.items()}

    def answers(self, model: str) -> Iterator[tuple[Ask, Floats]]:
        """Refit one model for every ask; each with its predictions, shape ``(test, genes)``."""
        predictor = self.models[model].predictor
        for ask in self.asks:
            asked = [self.observed.conditions[i] for i in ask.test]
            fitted = predictor.fit(self.learned.take(ask.train))
            yield ask, np.asarray(fitted.predict(asked, self.observed.context), dtype=np.float64)

    def run(self, model: str) -> pd.DataFrame:
        """Refit and score, columns `OUTCOME_COLUMNS`."""
        scored = [self.score(ask, predicted).assign(fold=ask.fold) for ask, predicted in self.answers(model)]
        return pd.concat(scored, ignore_index=True)[list(OUTCOME_COLUMNS)]

    def ceiling(self) -> pd.DataFrame:
        """What repeating the experiment would score."""
        return pd.DataFrame(columns=list(CEILING_COLUMNS)) if self.replicate is None else self.replicate()
