"""What the mouse does on a map, and which part of it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from xpert.ui import session
from xpert.ui.perturbverse import state

if TYPE_CHECKING:
    from collections.abc import Sequence

_MODES = (state.REPLACE, state.ADD, state.REMOVE)


def draw(drag_key: str, mode_key: str, views: Sequence[str] = ()) -> str:
    """Draw the choices, and give the name that Plotly has for what dragging does.

    Parameters
    ----------
    drag_key, mode_key
        Of the two controls.
    views
        Parts of the map to choose from; no choice where there is one.
    """
    with st.container(horizontal=True):
        drag = st.segmented_control(
            "Drag to",
            list(state.DRAGS),
            default="pan",
            key=drag_key,
            required=True,
            format_func=state.DRAGS.__getitem__,
        )
        if drag != "pan":
            st.segmented_control(
                "A new outline will",
                list(_MODES),
                default=state.REPLACE,
                key=mode_key,
                required=True,
            )
        if len(views) > 1:
            if session.value(state.VIEW) not in views:
                session.put(state.VIEW, state.WHOLE)
            st.segmented_control("View", list(views), key=state.VIEW, required=True)
    return str(drag or "pan")
