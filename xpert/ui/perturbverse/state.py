"""What the reader has chosen on the map: the keys of the widgets, and the rows that are picked and selected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xpert.ui import session

if TYPE_CHECKING:
    from collections.abc import Iterable

MODEL, COLORING, GENE, CONTEXT = "map model", "map coloring", "map gene", "map response in"
FIND, PICKED, SECOND, CHOSEN = "map find", "map picked", "map second", "map chosen"
MODE, VIEW, WAY, KIND, DRAG = "map mode", "map view", "map way", "map kind", "map drag"
REPLACE, ADD, REMOVE = "replace", "add", "remove"
WHOLE, AROUND, SELECTED = "all", "point", "selection"
DRAGS = {"pan": "move", "lasso": "lasso", "select": "box"}


def chart_key(model: str) -> str:
    """Key of the map of a model."""
    return f"map of {model}"


def picked() -> int | None:
    """Row of the point that is asked about."""
    row: int | None = session.value(PICKED)
    return row


def chosen() -> tuple[int, ...]:
    """Rows that were selected, ascending."""
    return tuple(session.value(CHOSEN, ()))


def merge(old: Iterable[int], new: Iterable[int], mode: str) -> tuple[int, ...]:
    """What is selected once `new` rows were drawn round; ascending."""
    before, drawn = set(old), set(new)
    kept = {REPLACE: drawn, ADD: before | drawn, REMOVE: before - drawn}[mode]
    return tuple(sorted(kept))


def forget() -> None:
    """Drop everything that is about the points of one model; in a callback."""
    for key in (PICKED, FIND, SECOND):
        session.put(key, None)
    session.put(CHOSEN, ())
    session.put(VIEW, WHOLE)


def restore(key: str, default: object) -> None:
    """Give a widget the value that it had when the page was last open; before it is drawn."""
    if not session.has(key):
        session.put(key, session.value(f"{key} kept", default))


def keep(key: str) -> None:
    """Remember a widget's value: Streamlit drops it with the page."""
    session.put(f"{key} kept", session.value(key))
