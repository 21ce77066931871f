"""What every Plotly figure has in common; colours of text and ground come from the page's theme."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt

from xpert.plots.labels import escaped
from xpert.plots.palette import PURPLE

if TYPE_CHECKING:
    import plotly.graph_objects as go

GRID = "rgba(128, 138, 150, 0.25)"
_ON_TAG = "#18222C"
ZERO_LINE = "rgba(128, 138, 150, 0.7)"
DOTS_PER_INCH = 300


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


def write_name(
    figure: go.Figure, x: float, y: float, name: object, *, above: bool = True, strong: bool = False
) -> None:
    """Write a name beside a point, over everything else; WebGL's own text knows no markup.

    Parameters
    ----------
    figure
        Changed in place.
    x, y
        Where the point stands.
    name
        What to write; it is escaped here.
    above
        Whether it stands above the point or below.
    strong
        Whether on a tag of its own, which stands out from any crowd in a light and a dark page.
    """
    text = escaped(name, longest=40)
    figure.add_annotation(
        x=x,
        y=y,
        text=f"<b>{text}</b>" if strong else text,
        showarrow=False,
        yshift=(18 if strong else 14) if above else -20,
        font={"size": 12} | ({"color": _ON_TAG} if strong else {}),
        bgcolor=PURPLE if strong else None,
        borderpad=2,
    )


def export_config(name: str) -> dict[str, Any]:
    """Plotly's settings: a camera that saves vectors, on the reader's own machine."""
    return {
        "displaylogo": False,
        "toImageButtonOptions": {"format": "svg", "filename": name},
        "modeBarButtonsToRemove": ["autoScale2d", "toggleSpikelines"],
    }


def drawn_as_vectors() -> dict[str, Any]:
    """Vega's setting, for an Altair figure's ``usermeta``: drawn as vectors, however much it shows.

    The page can save nothing else.
    """
    return {"embedOptions": {"renderer": "svg"}}


def on_white(figure: go.Figure) -> go.Figure:
    """Dark text on white, as paper needs it whatever the page's theme; `figure` is changed in place."""
    return figure.update_layout(
        template="plotly_white", paper_bgcolor="#FFFFFF", plot_bgcolor="#FFFFFF", font={"color": _ON_TAG}
    )


def chart_on_white(chart: alt.Chart | alt.LayerChart) -> alt.Chart | alt.LayerChart:
    """The same for an Altair figure, which is given back as another one."""
    words = {"labelColor": _ON_TAG, "titleColor": _ON_TAG}
    drawn: alt.Chart | alt.LayerChart = (
        chart.configure(background="#FFFFFF")
        .configure_axis(**words, gridColor="#DDE1E6", domainColor="#808A96", tickColor="#808A96")
        .configure_legend(**words)
        .configure_view(stroke=None)
    )
    return drawn
