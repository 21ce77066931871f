"""What was drawn round on the map: a table, and what its treatments have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from xpert.plots.labels import plain
from xpert.plots.universe import Response, context_counts, kind_label
from xpert.ui import session
from xpert.ui.files import table_button
from xpert.ui.frame import guarded
from xpert.ui.perturbverse import enrichment_panel, state
from xpert.ui.text import counted, escaped

if TYPE_CHECKING:
    import pandas as pd

    from xpert.model.bundle import Bundle

_TABLE = "selection table"
_ORDER = ("treatment", "response", "modality", "mechanism", "context", "contexts measured", "expected_error")


def draw(bundle: Bundle, response: Response | None) -> None:
    """Draw the table of the selection and the panel of what is frequent in it."""
    rows = state.chosen()
    st.header(f"Selection: {counted(len(rows), 'treatment')}" if rows else "Selection")
    if not rows:
        st.caption(
            "Choose lasso or box over the map and draw round some points: they are listed here, with what they have in "
            "common."
        )
        return
    table = selected(bundle, rows, response)
    _draw_counts(table)
    session.put(f"{_TABLE} rows", tuple(int(row) for row in table.index))
    st.dataframe(
        table.assign(modality=table["modality"].map(kind_label)),
        key=_TABLE,
        on_select=_ring,
        selection_mode="single-row",
        hide_index=True,
        lazy=False,
        height=38 + 35 * min(max(len(table), 1), 8),
        column_config=_headings(response),
        column_order=[name for name in _ORDER if name in table and _is_told(table[name])],
        alt=f"{counted(len(table), 'selected treatment')}: {', '.join(plain(t) for t in table['treatment'][:12])}",
    )
    with st.container(horizontal=True):
        table_button(table, f"xpert-selection-{bundle.name}", "Selection (CSV)")
        st.button("Clear the selection", icon=":material/close:", on_click=_clear)
    st.caption("Press a row to see it on the map with its neighbours.")
    enrichment_panel.draw(bundle, rows)


def selected(bundle: Bundle, rows: tuple[int, ...], response: Response | None) -> pd.DataFrame:
    """The selected points, with the gene's response by which the map is coloured, the strongest first."""
    points = bundle.perturbverse
    table = points.assign(**{"contexts measured": context_counts(points).astype(int)}).loc[list(rows)]
    if response is None:
        return table
    table.insert(1, "response", response.values[list(rows)])
    return table.sort_values("response", key=abs, ascending=False, kind="stable")


def _draw_counts(table: pd.DataFrame) -> None:
    kinds = table["modality"].astype(str).value_counts()
    st.caption(
        ". ".join(f"{escaped(kind_label(str(name)))}: {count:,}" for name, count in kinds.items()) + "."
    )


def _headings(response: Response | None) -> dict[str, Any]:
    number = st.column_config.NumberColumn
    gene = plain(response.gene) if response else ""
    return {
        "treatment": st.column_config.TextColumn("Treatment", pinned=True),
        "response": number(
            gene, format="%+.3f", help=f"Shift of {gene}: {response.unit if response else ''}"
        ),
        "modality": "Kind",
        "mechanism": "Mechanism",
        "context": "Context",
        "contexts measured": number("Contexts", help="In how many contexts it was measured"),
        "expected_error": number("Expected error", format="%.3g"),
    }


def _is_told(column: pd.Series) -> bool:
    return bool(column.replace("", None).notna().any())


@guarded
def _ring() -> None:
    rows = session.value(_TABLE)["selection"]["rows"]
    shown = session.value(f"{_TABLE} rows", ())
    if rows and rows[0] < len(shown):
        session.put(state.PICKED, int(shown[rows[0]]))


@guarded
def _clear() -> None:
    session.put(state.CHOSEN, ())
