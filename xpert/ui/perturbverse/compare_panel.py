"""The signatures of two points, one against the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from xpert.plots.labels import plain
from xpert.plots.signatures import (
    OPPOSITE,
    OTHERS,
    SHARED_DOWN,
    SHARED_UP,
    signature_alt,
    signature_scatter,
    with_kind,
)
from xpert.ui import figures, session
from xpert.ui.files import table_button
from xpert.ui.perturbverse import responses, state
from xpert.ui.text import escaped, listed

if TYPE_CHECKING:
    from xpert.data.responses import Floats
    from xpert.model.bundle import Bundle

MODELLED, MEASURED = "the model's answer", "as measured"


def draw(bundle: Bundle, picked: int | None, near: pd.DataFrame) -> None:
    """Draw the choice of the second point, the figure and the tables."""
    points = bundle.perturbverse
    st.header("Two signatures")
    if picked is None:
        st.caption("Pick a point on the map; then a second one here, and see which genes both move.")
        return
    others = [int(row) for row in near.index] + [int(r) for r in points.index if r not in near.index]
    others = [row for row in others if row != picked]
    second, source, top = st.columns([5, 4, 3], vertical_alignment="bottom")
    if session.value(state.SECOND) not in others:
        session.put(state.SECOND, None)
    row = second.selectbox(
        f"Compare {plain(points['treatment'][picked])} with",
        others,
        index=None,
        key=state.SECOND,
        format_func=lambda r: f"{plain(points['treatment'][r])} · {plain(points['context'][r])}",
        placeholder="The neighbours come first; type for any other",
    )
    if row is None:
        return
    shown = source.segmented_control(
        "Signatures", [MODELLED, MEASURED], default=MODELLED, key="signature source", required=True
    )
    count = top.slider("Strongest genes of each", 10, 200, 50, step=10, key="signature top")
    table = with_kind(signatures(bundle, picked, row, shown or MODELLED), count)
    _draw_figure(bundle, points, (picked, row), table)


def signatures(bundle: Bundle, picked: int, other: int, source: str) -> pd.DataFrame:
    """Shifts of the genes that both have: ``gene``, ``first``, ``second``."""
    first, second = (_shift(bundle, row, source) for row in (picked, other))
    table = pd.DataFrame({"gene": list(bundle.genes), "first": first, "second": second})
    return table.dropna().reset_index(drop=True)


def _shift(bundle: Bundle, row: int, source: str) -> Floats:
    treatment, context = (str(bundle.perturbverse[name][row]) for name in ("treatment", "context"))
    if source == MODELLED:
        return np.asarray(responses.signature(bundle.name, context, treatment).delta, dtype=float)
    rows = [
        i
        for i, c in enumerate(bundle.training.conditions)
        if c.context == context and str(c.treatment.active) == treatment
    ]
    return np.asarray(bundle.training.delta[rows].mean(axis=0), dtype=float)


def _draw_figure(bundle: Bundle, points: pd.DataFrame, rows: tuple[int, int], table: pd.DataFrame) -> None:
    names = [str(points["treatment"][r]) for r in rows]
    if points["context"][rows[0]] != points["context"][rows[1]]:
        names = [f"{name} in {points['context'][r]}" for name, r in zip(names, rows, strict=True)]
    pearson = float(np.corrcoef(table["first"], table["second"])[0, 1])
    figure, words = st.columns([7, 5], gap="medium")
    with figure:
        figures.plotly(
            signature_scatter(table, names[0], names[1], bundle.readout.delta_label),
            "xpert-two-signatures",
            about=f"{names[0]} and {names[1]}, {bundle.name}",
            words=signature_alt(table, names[0], names[1], pearson),
            key=f"two signatures {bundle.name}",
        )
    with words:
        _draw_words(table, pearson)
        strong = table[table["kind"] != OTHERS].copy()
        strong["size"] = strong[["first", "second"]].abs().min(axis=1)
        number = st.column_config.NumberColumn
        st.dataframe(
            strong.sort_values("size", ascending=False),
            hide_index=True,
            lazy=False,
            height=250,
            column_order=["gene", "first", "second", "kind"],
            column_config={
                "gene": st.column_config.TextColumn("Gene", pinned=True),
                "first": number(plain(points["treatment"][rows[0]], longest=18), format="%+.3f"),
                "second": number(plain(points["treatment"][rows[1]], longest=18), format="%+.3f"),
                "kind": "Both",
            },
            alt=f"{len(strong)} genes among the strongest of both treatments.",
        )
        saved = table.rename(columns={"first": names[0], "second": names[1]})
        table_button(saved, f"xpert-two-signatures-{bundle.name}", "Both signatures (CSV)")


def _draw_words(table: pd.DataFrame, pearson: float) -> None:
    first, second = (table[side].to_numpy(dtype=float) for side in ("first", "second"))
    length = float(np.linalg.norm(first) * np.linalg.norm(second))
    cosine = float(first @ second) / length if length else 0.0
    one, two, three = st.columns(3)
    one.metric("Pearson r", f"{pearson:+.2f}", help="Over all genes that both have")
    two.metric("Cosine", f"{cosine:+.2f}")
    three.metric("Opposite", f"{int((table['kind'] == OPPOSITE).sum())}")
    for kind in (SHARED_UP, SHARED_DOWN, OPPOSITE):
        part = table[table["kind"] == kind]
        size = part[["first", "second"]].abs().min(axis=1).sort_values(ascending=False)
        genes = listed(list(part["gene"][size.index]), most=8) or "none"
        st.caption(f"**{kind[0].upper()}{kind[1:]}:** {escaped(genes)}")
