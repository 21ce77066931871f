"""The reader's own cells on the map that their file holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import streamlit as st

from xpert.plots.cells import by_expression, by_label, cell_map, cell_map_alt
from xpert.plots.labels import plain
from xpert.plots.lasso import inside, outlines
from xpert.plots.raster import Window
from xpert.ui import figures, session
from xpert.ui.files import table_button
from xpert.ui.frame import fragment, guarded
from xpert.ui.perturbverse import map_controls, state
from xpert.ui.perturbverse.cells_data import Labels, cell_ids, expression, treatment_counts
from xpert.ui.text import counted, escaped

if TYPE_CHECKING:
    import numpy.typing as npt

    from xpert.data.dataset import PerturbationDataset
    from xpert.plots.lasso import Outline
    from xpert.plots.point_map import Classes, Values
    from xpert.ui.upload import Upload

PLACE, COLORING, GENE, DRAG, MODE, CHOSEN, WINDOW = (
    "cells place", "cells coloring", "cells gene", "cells drag", "cells mode", "cells chosen", "cells window",
)  # fmt: skip
TREATMENT, CONTEXT, EXPRESSION = "treatment", "context", "a gene's expression"
CHART = "map of your cells"
_MOST_OUTLINES = 12
_HOW = (
    "This file holds no map of its cells that could be drawn. Make one and write the file again: "
    "`sc.pp.pca(adata); sc.pp.neighbors(adata); sc.tl.umap(adata); adata.write_h5ad(path)`."
)


@fragment
def draw() -> None:
    """Draw the map with its controls, and the table of what was drawn round."""
    upload = session.current().upload
    if upload is None or upload.dataset is None:
        st.info("Confirm on the Data page what the columns of your file mean; then its cells are drawn here.")
        st.page_link("pages/1_Data.py", label="Go to Data", icon=":material/table_view:")
        return
    if not upload.table.places:
        st.info(_HOW, icon=":material/info:")
        if "obsm_left_out" in upload.table.hints:
            st.caption(escaped(upload.table.hints["obsm_left_out"], longest=600))
        return
    labels = _labels(upload, upload.dataset)
    name, paint = _draw_controls(upload, upload.dataset, labels)
    chart, table = st.columns([8, 5], gap="medium")
    with chart:
        _draw_chart(upload, labels, name, paint)
    with table:
        _draw_selection(upload, labels, name)


def _labels(upload: Upload, dataset: PerturbationDataset) -> Labels:
    kept = session.current().computed
    key = ("cell labels", upload.sha256)
    if key not in kept or kept[key].dataset is not dataset:
        kept[key] = Labels(dataset)
    found: Labels = kept[key]
    return found


def _draw_controls(
    upload: Upload, dataset: PerturbationDataset, labels: Labels
) -> tuple[str, Classes | Values]:
    cells, genes = upload.table.shape
    st.caption(
        f"{counted(cells, 'cell')} of {escaped(upload.name)}, as your own file places them. More than 20,000 are drawn as a "
        "picture; hovering then shows some of them, and a lasso still finds every cell."
    )
    place, coloring, gene = st.columns([3, 3, 5])
    name = place.selectbox("Map", list(upload.table.places), key=PLACE, on_change=_forget, format_func=plain)
    by = coloring.selectbox("Cells coloured by", [TREATMENT, CONTEXT, EXPRESSION], key=COLORING)
    if by == EXPRESSION:
        chosen = gene.selectbox(f"Gene, one of {genes:,}", sorted(dataset.genes), key=GENE)
        return name, by_expression(expression(dataset, chosen), chosen, dataset.readout.label)
    if by == CONTEXT:
        return name, by_label(labels.context_codes, labels.contexts)
    return name, by_label(labels.treatment_codes, labels.treatments)


def _draw_chart(upload: Upload, labels: Labels, name: str, paint: Classes | Values) -> None:
    drag = map_controls.draw(DRAG, MODE)
    window: Window | None = session.value(WINDOW)
    with st.container(horizontal=True):
        st.button(
            "Zoom to selection",
            icon=":material/zoom_in:",
            on_click=_zoom,
            disabled=not np.any(_chosen(upload)),
        )
        st.button("Whole map", icon=":material/zoom_out_map:", on_click=_whole, disabled=window is None)
    place = upload.table.places[name]
    figure = cell_map(
        place,
        paint,
        labels.treatments,
        labels.treatment_codes,
        name,
        window=window,
        drawn=_selection(upload).drawn,
    )
    figures.plotly(
        figure.update_layout(dragmode=drag),
        "xpert-your-cells",
        words=cell_map_alt(len(place), name, paint),
        about=f"{len(place):,} cells of {upload.name} on {name}",
        key=CHART,
        on_select=_taken,
        selection_mode=("box", "lasso"),
    )


def _draw_selection(upload: Upload, labels: Labels, name: str) -> None:
    chosen = _chosen(upload)
    number = int(chosen.sum())
    st.header(f"Selection: {counted(number, 'cell')}" if number else "Selection")
    if not number:
        st.info("Choose lasso or box over the map and draw round cells.", icon=":material/gesture:")
        return
    table = treatment_counts(labels, chosen)
    number_column = st.column_config.NumberColumn
    st.dataframe(
        table,
        hide_index=True,
        lazy=False,
        height=38 + 35 * min(max(len(table), 1), 11),
        column_config={
            "treatment": st.column_config.TextColumn("Treatment", pinned=True),
            "cells": number_column("Cells here", format="localized"),
            "share": number_column("Of its cells", format="percent"),
            "times": number_column(
                "Times expected", format="%.2f", help="Cells here over those of an even spread over the file"
            ),
        },
        alt=f"Treatments of the {number:,} selected cells, the most over-represented first: "
        + ", ".join(plain(t) for t in table["treatment"][:6]),
    )
    st.caption(
        "“Times expected” is the treatment's share of the selection over its share of all cells. Cells of one dish are no "
        "independent replicates, so no p value is given."
    )
    with st.container(horizontal=True):
        table_button(table, "xpert-selected-treatments", "This table (CSV)")
        table_button(cell_ids(upload, labels, chosen, name), "xpert-selected-cells", "The cells (CSV)")
        st.button("Clear the selection", icon=":material/close:", on_click=_forget)


class Selection(NamedTuple):
    """Which cells of which file are selected, and how they were drawn round."""

    sha256: str
    cells: npt.NDArray[np.bool_]
    drawn: tuple[Outline, ...] = ()


def _selection(upload: Upload) -> Selection:
    """Nothing after another file was opened."""
    kept: Selection | None = session.value(CHOSEN)
    if kept is None or kept.sha256 != upload.sha256:
        return Selection(upload.sha256, np.zeros(upload.table.shape[0], dtype=bool))
    return kept


def _chosen(upload: Upload) -> npt.NDArray[np.bool_]:
    return _selection(upload).cells


@guarded
def _taken() -> None:
    upload = session.current().upload
    drawn = outlines(session.value(CHART)["selection"])
    if upload is None or not drawn:
        return
    x, y = upload.table.places[session.value(PLACE)].T
    hit, before = inside(x, y, drawn), _selection(upload)
    mode = session.value(MODE) or state.REPLACE
    new = {state.REPLACE: hit, state.ADD: before.cells | hit, state.REMOVE: before.cells & ~hit}[mode]
    lines = tuple(drawn) if mode == state.REPLACE else (*before.drawn, *drawn)
    session.put(CHOSEN, Selection(upload.sha256, new, lines[-_MOST_OUTLINES:]))


@guarded
def _zoom() -> None:
    upload = session.current().upload
    if upload is not None:
        place = upload.table.places[session.value(PLACE)][_chosen(upload)]
        session.put(WINDOW, Window.round(place[:, 0], place[:, 1]))


@guarded
def _whole() -> None:
    session.put(WINDOW, None)


@guarded
def _forget() -> None:
    session.put(CHOSEN, None)
    session.put(WINDOW, None)
