"""The genes that a prediction moves, as gene sets in the GMT form that enrichment programs read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from xpert.errors import InputError
from xpert.prediction.prediction import COVERAGE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xpert.prediction.prediction import Prediction


def clear_genes(prediction: Prediction, *, up: bool) -> tuple[str, ...]:
    """Genes whose interval leaves zero out on one side, the largest shift first."""
    clear = prediction.lower > 0 if up else prediction.upper < 0
    return _by_size(prediction, clear)


def furthest_genes(prediction: Prediction, count: int, *, up: bool) -> tuple[str, ...]:
    """The `count` genes that move furthest one way, whatever their intervals."""
    return _by_size(prediction, prediction.delta > 0 if up else prediction.delta < 0)[:count]


def gmt(predictions: Sequence[Prediction], *, furthest: int | None = None) -> str:
    """Two sets for each prediction, up and down; a set without genes has no line.

    Parameters
    ----------
    predictions
        What was predicted.
    furthest
        Without it, the genes whose 90 % interval leaves zero out. With it, that many genes that move furthest each
        way, whatever their intervals; the set's description says so.

    Raises
    ------
    InputError
        When no set has a gene.
    """
    lines = []
    for prediction in predictions:
        for up in (True, False):
            genes = (
                clear_genes(prediction, up=up)
                if furthest is None
                else furthest_genes(prediction, furthest, up=up)
            )
            if genes:
                name = f"{prediction.treatment} in {prediction.context} {'up' if up else 'down'}"
                lines.append("\t".join(map(_one_field, (name, _about(prediction, furthest), *genes))))
    if not lines:
        raise InputError(
            "No gene's interval leaves zero out, so there is no gene set to write. The genes that move furthest can "
            "be written without regard to their intervals."
        )
    return "\n".join(lines) + "\n"


def _by_size(prediction: Prediction, chosen: np.ndarray) -> tuple[str, ...]:
    places = np.flatnonzero(chosen)
    order = places[np.argsort(-np.abs(prediction.delta[places]), kind="stable")]
    return tuple(prediction.genes[i] for i in order)


def _about(prediction: Prediction, furthest: int | None) -> str:
    chosen = (
        f"{COVERAGE:.0%} interval of the shift leaves zero out"
        if furthest is None
        else f"the {furthest} genes that move furthest, whatever their intervals"
    )
    return f"predicted by X-Pert model {prediction.model}: {chosen}"


def _one_field(text: str) -> str:
    """A GMT file is apart by tabs and lines."""
    return " ".join(text.split())
