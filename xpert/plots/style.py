"""What every Plotly figure has in common; colours of text and ground come from the page's theme."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt

if TYPE_CHECKING:
    import plotly.graph_objects as go

GRID = "rgba(128, 138, 150, 0.25)"
ZERO_LINE = "rgba(128, 138, 150, 0.7)"


def bars_height(rows: int, *, row: int = 20) -> int:
    """Height in pixels of an Altair figure with a bar per row: Streamlit fits axis and legend into it too."""
    return 100 + row * max(rows, 2)


def name_axis(*, limit: int = 200) -> alt.Axis:
    """A vertical Altair axis on which every name is written, each beside its own row."""
    return alt.Axis(labelOverlap=False, labelFlush=False, labelBound=False, labelLimit=limit)


def styled(figure: go.Figure, *, x: str, y: str, height: int = 460) -> go.Figure:
    """Set axis titles, quiet grids and a transparent ground on `figure`, and give it back.

    Parameters
    ----------
    figure
        Changed in place.
    x, y
        Axis titles with their units.
    height
        In pixels.
    """
    axis: dict[str, Any] = {
        "gridcolor": GRID,
        "zerolinecolor": ZERO_LINE,
        "automargin": True,
        "title": {"standoff": 10},
    }
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis)
    figure.update_layout(
        xaxis_title_text=x,
        yaxis_title_text=y,
        height=height,
        margin={"l": 8, "r": 8, "t": 28, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0, "title_text": ""},
        hoverlabel={"align": "left"},
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": "#808A96", "activecolor": "#0072B2"},
    )
    return figure


def export_config(name: str) -> dict[str, Any]:
    """Plotly's settings: a camera that saves vectors, on the reader's own machine."""
    return {
        "displaylogo": False,
        "toImageButtonOptions": {"format": "svg", "filename": name},
        "modeBarButtonsToRemove": ["autoScale2d", "toggleSpikelines"],
    }
