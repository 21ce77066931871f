"""The one interface of baselines and networks: fitted to responses, asked about conditions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xpert.data.responses import Condition, Context, Floats, Responses


class Predictor(Protocol):
    """Something that predicts the mean shift of every gene.

    A predictor is a frozen value: `fit` returns a fitted copy and never changes the original.
    """

    @property
    def name(self) -> str:
        """Name as shown beside a score."""
        ...

    def fit(self, responses: Responses) -> Self:
        """Learn from measured conditions; NaN in ``delta`` means not measured."""
        ...

    def predict(self, conditions: Sequence[Condition], contexts: Mapping[str, Context]) -> Floats:
        """Mean shift in the readout of the training data, shape ``(conditions, genes)``.

        Parameters
        ----------
        conditions
            What is asked. Control and zero strength give exactly zero.
        contexts
            Every context that a condition names, on the genes of the training data.
        """
        ...


@dataclass(frozen=True, eq=False)
class Shift:
    """What a model says of a list of conditions.

    Attributes
    ----------
    mean
        Shift of the mean against control, shape ``(conditions, genes)``.
    spread
        Standard deviation over treated cells, shape ``(conditions, genes)``; NaN where the training
        data hold no cells.
    error
        Standard error of `mean` as measured on held-out conditions of the same kind of question,
        shape ``(conditions, genes)``.
    half_width
        Half width of the 90 % interval of the shift, as it covered held-out values, same shape; errors have
        heavier tails than a normal distribution, so that this is no fixed multiple of `error`.
    predictor
        Name of the predictor that was used for each condition, length ``conditions``.
    """

    mean: Floats
    spread: Floats
    error: Floats
    half_width: Floats
    predictor: tuple[str, ...]

    def __post_init__(self) -> None:
        shapes = {part.shape for part in (self.mean, self.spread, self.error, self.half_width)}
        if len(shapes) > 1:
            raise ValueError(f"shapes differ: {sorted(shapes)}")
        if len(self.predictor) != len(self.mean):
            raise ValueError("one predictor name per condition is needed")
        if not np.isfinite(self.mean).all():
            raise ValueError("a predicted shift is not finite")
