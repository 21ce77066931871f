"""What the Compare page remembers: the question of each tab, and the address of the one that is open."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from xpert.ui import run, session
from xpert.ui.compare.asked import NAMES, Asked, View

if TYPE_CHECKING:
    from xpert.prediction.prediction import Prediction

MODEL, PLACE, TAB = "compare model", "compare context", "compare tab"
TREATMENTS, WHOLE, COMPOUND, DOSES = (
    "compare treatments", "compare combination", "compare compound", "compare doses",
)  # fmt: skip
_ASKED, _SHOWN = "compare asked", "compare shown"


def in_address() -> Asked | None:
    """The question that stands in the page's address.

    Raises
    ------
    InputError
        When it cannot be read.
    """
    return Asked.from_query({name: st.query_params.get_all(name) for name in NAMES})


def of(view: View) -> Asked | None:
    """What was asked last in a tab."""
    return _all().get(view)


def last() -> Asked | None:
    """What was asked last in any tab."""
    return next(reversed(_all().values()), None)


def shown() -> Asked | None:
    """The question that the controls were last set to."""
    found: Asked | None = session.value(_SHOWN)
    return found


def remember(asked: Asked) -> None:
    """Keep a question as the last one of its tab, and as the one that the controls show."""
    kept = {view: question for view, question in _all().items() if view is not asked.view}
    session.put(_ASKED, kept | {asked.view: asked})
    session.put(_SHOWN, asked)


def ask(asked: Asked) -> None:
    """Remember a question and write it into the address."""
    remember(asked)
    st.query_params.from_dict(asked.query)


def change(view: View, **settings: Any) -> None:  # noqa: ANN401 - fields of `Asked`
    """Change some settings of a tab's question; in a callback."""
    asked = of(view)
    if asked is not None:
        ask(replace(asked, **settings))


def open_tab(view: View) -> None:
    """Write the question of a tab into the address; none where nothing was asked there."""
    asked = of(view)
    if asked is None:
        session.put(_SHOWN, None)
        st.query_params.clear()
    else:
        ask(asked)


def predictions(asked: Asked) -> list[Prediction]:
    """Predict what is asked, in its order; kept for the session."""
    return [p for plan in asked.plans for p in run.predictions(plan)]


def _all() -> dict[View, Asked]:
    found: dict[View, Asked] = session.value(_ASKED, {})
    return found
