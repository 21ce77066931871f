"""The Compare page: model and context on top, and a tab for each way to compare."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from xpert.errors import InputError
from xpert.ui import builder, load, session
from xpert.ui.compare import combination_view, controls, dose_view, side_by_side, state
from xpert.ui.compare.asked import View
from xpert.ui.examples import first_plan
from xpert.ui.frame import Guard, guarded

if TYPE_CHECKING:
    from xpert.model.bundle import Bundle, BundleInfo

_DRAWN = {
    View.SIDE_BY_SIDE: side_by_side.draw,
    View.COMBINATION: combination_view.draw,
    View.DOSES: dose_view.draw,
}


def draw() -> None:
    """Draw the page."""
    infos = load.installed()
    _follow_address(infos)
    place = _draw_place(infos)
    tabs = st.tabs([view.label for view in View], key=state.TAB, on_change=_tab_changed)
    for tab, view in zip(tabs, View, strict=True):
        if tab.open:
            with tab, Guard():
                _DRAWN[view](*place)


def _follow_address(infos: tuple[BundleInfo, ...]) -> None:
    """Show in the controls what the address asks, once; without a question, the last one or an example."""
    names = [i.name for i in infos]
    with Guard():
        asked = state.in_address()
        if session.has(state.MODEL) and asked in {None, state.shown()}:
            return
        asked = asked or state.last()
        if asked is not None and asked.model not in names:
            raise InputError(f"There is no model {asked.model!r} here; choose one of: {', '.join(names)}.")
        if asked is None:
            plan = session.current().plan
            session.put(state.MODEL, plan.model if plan and plan.model in names else first_plan(infos).model)
            return
        session.put(state.MODEL, asked.model)
        session.put(state.PLACE, builder.Place(asked.context, asked.data))
        session.put(state.TAB, asked.view.label)
        controls.show(asked)
        state.ask(asked)
    if not session.has(state.MODEL):
        session.put(state.MODEL, names[0])


def _draw_place(infos: tuple[BundleInfo, ...]) -> tuple[Bundle, builder.Place]:
    left, right = st.columns(2)
    left.selectbox("Model", [i.name for i in infos], key=state.MODEL, on_change=guarded(controls.forget))
    bundle = load.bundle(session.value(state.MODEL))
    found = builder.places(bundle)
    if session.value(state.PLACE) not in found:
        session.put(state.PLACE, found[0])
    right.selectbox(
        "Context: the cells before treatment", found, key=state.PLACE, format_func=lambda p: p.label
    )
    return bundle, session.value(state.PLACE)


@guarded
def _tab_changed() -> None:
    """Put the question of the tab into the address."""
    label = session.value(state.TAB)
    state.open_tab(next(view for view in View if view.label == label))
