"""The one palette: colours that stay apart for every kind of colour vision, each with a shape beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

# Okabe & Ito, "Color Universal Design", 2008.
ORANGE, SKY, TEAL, YELLOW = "#E69F00", "#56B4E9", "#009E73", "#F0E442"
BLUE, VERMILION, PURPLE = "#0072B2", "#D55E00", "#CC79A7"
GREY = "#8A919C"

OKABE_ITO = (BLUE, VERMILION, TEAL, ORANGE, PURPLE, SKY, YELLOW)
UP, DOWN = VERMILION, BLUE
# Blue, white, orange: up and down are never told apart by red and green.
DIVERGING = ("#0072B2", "#7DB6D8", "#F4F4F2", "#F2A65A", "#D55E00")
SEQUENTIAL = ("#00224E", "#35456C", "#666970", "#948E77", "#C8B866", "#FEE838")
OTHER = "other"

SYMBOLS = ("circle", "diamond", "square", "triangle-up", "triangle-down", "cross", "x", "circle-open")


class Mark(NamedTuple):
    """How one class is drawn: never by its colour alone."""

    color: str
    symbol: str


OTHER_MARK = Mark(GREY, "circle-open")

# The same modality looks the same in every figure; a triangle points the way the target's own expression goes.
MODALITY_MARKS = {
    "compound": Mark(BLUE, "circle"),
    "crispra": Mark(VERMILION, "triangle-up"),
    "overexpression": Mark(ORANGE, "triangle-up"),
    "crispri": Mark(TEAL, "triangle-down"),
    "knockdown": Mark(PURPLE, "triangle-down"),
    "knockout": Mark(SKY, "x"),
}


def marks(classes: Iterable[str]) -> dict[str, Mark]:
    """A mark for each class, most important first; the last one, `OTHER`, takes all that are too many.

    Parameters
    ----------
    classes
        Names in falling importance. Modalities keep their fixed marks.
    """
    names = list(dict.fromkeys(classes))
    if set(names) <= MODALITY_MARKS.keys():
        return {name: MODALITY_MARKS[name] for name in names}
    shown = [name for name in names if name != OTHER][: len(OKABE_ITO)]
    chosen = {name: Mark(OKABE_ITO[i], SYMBOLS[i]) for i, name in enumerate(shown)}
    return chosen | {OTHER: OTHER_MARK}
