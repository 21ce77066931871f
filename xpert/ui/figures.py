"""How figures are drawn on a page and saved from it: as the page is or on white, as vectors or as dots for print."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from xpert.plots.labels import plain
from xpert.plots.style import DOTS_PER_INCH, chart_on_white, drawn_as_vectors, export_config, on_white
from xpert.ui import session

if TYPE_CHECKING:
    from collections.abc import Callable

    import altair as alt
    import plotly.graph_objects as go

WHITE = "figures on white"
_SCRIPT = Path(__file__).with_name("save_figure.js")
_BUTTONS = f"""<div role="group" aria-label="Save this figure">Save this figure:
<button type="button" data-format="svg">SVG</button>
<button type="button" data-format="png">PNG, {DOTS_PER_INCH} dpi</button></div>"""
_STYLE = """div {font: 0.875rem var(--st-font); color: var(--st-text-color)}
button {font: inherit; color: inherit; background: none; border: 1px solid var(--st-border-color);
border-radius: var(--st-button-radius, 0.4rem); padding: 0.1rem 0.5rem; margin-left: 0.25rem; cursor: pointer}
button:hover, button:focus-visible {border-color: var(--st-primary-color)}"""


def draw_choice() -> None:
    """Draw the choice of the ground on which figures stand."""
    st.toggle(
        "Figures on white",
        key=WHITE,
        help="Dark text on white in every figure, for print. A figure is saved as it is drawn, with its legend; PNG has "
        f"{DOTS_PER_INCH} dots per inch at the size on the screen.",
    )


def plotly(figure: go.Figure, name: str, *, words: str, about: object, **more: Any) -> None:  # noqa: ANN401 - Streamlit's own
    """Draw a Plotly figure with the buttons that save it.

    Parameters
    ----------
    figure
        What is drawn.
    name
        Of the file, which no other figure of the page has.
    words
        What it shows, in a sentence.
    about
        What stands over it in a saved picture: treatment, context, model.
    more
        Other arguments of ``st.plotly_chart``.
    """
    is_white = bool(session.value(WHITE))
    with st.container(key=_box(name)):
        st.plotly_chart(
            on_white(figure) if is_white else figure,
            theme=None if is_white else "streamlit",
            config=export_config(name),
            alt=words,
            **more,
        )
        _draw_buttons(name, about)


def chart(drawn: alt.Chart | alt.LayerChart, name: str, *, words: str, about: object) -> None:
    """Draw an Altair figure with the buttons that save it. See `plotly`."""
    is_white = bool(session.value(WHITE))
    with st.container(key=_box(name)):
        st.altair_chart(
            (chart_on_white(drawn) if is_white else drawn).properties(usermeta=drawn_as_vectors()),
            theme=None if is_white else "streamlit",
            alt=words,
        )
        _draw_buttons(name, about)


def _box(name: str) -> str:
    return f"figure-{name}"


def _draw_buttons(name: str, about: object) -> None:
    written = {"box": _box(name), "name": name, "about": plain(about, longest=110)}
    _buttons()(key=f"save {name}", data=written | {"white": bool(session.value(WHITE))})


@st.cache_resource(show_spinner=False)
def _buttons() -> Callable[..., object]:
    """The two buttons, known to this server once."""
    return st.components.v2.component(
        "xpert_save_figure", html=_BUTTONS, css=_STYLE, js=_SCRIPT.read_text(encoding="utf-8")
    )
