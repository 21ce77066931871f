"""The front page's parts; all of them read the bundles' own descriptions and no weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from xpert.ui import load
from xpert.ui.examples import available
from xpert.ui.text import counted, escaped, listed

if TYPE_CHECKING:
    from xpert.model.bundle import BundleInfo

_NEXT = (
    ("pages/1_Data.py", "Open your own data", ":material/table_view:", "Check a file, confirm what its columns mean, "
     "and start predictions from your own control cells."),
    ("pages/2_Predict.py", "Ask a question", ":material/genetics:", "Choose genes or compounds with their strength, "
     "alone or together, and see every gene's shift."),
    ("pages/3_Perturbverse.py", "Look around", ":material/bubble_chart:", "Genes and compounds in one map: click a "
     "point to see what acts like it."),
)  # fmt: skip


def examples() -> None:
    """Links that open the Predict page with a question already asked."""
    found = available(load.bundle_infos())
    if not found:
        return
    st.header("A first prediction")
    for column, example in zip(st.columns(len(found)), found, strict=True):
        with column.container(border=True, height="stretch"):
            st.page_link(
                "pages/2_Predict.py",
                label=f"**{escaped(example.treatment)}**",
                icon=":material/play_arrow:",
                query_params=example.plan.query,
            )
            st.caption(
                f"{escaped(example.why)} Model {escaped(example.model)}, context {escaped(example.context)}."
            )


def models() -> None:
    """What is loaded, with readout, contexts and targets."""
    infos = load.bundle_infos()
    st.header("Models on this server")
    if not infos:
        st.warning(
            "No model is installed. Train one with `xpert train`, or set XPERT_MODELS to a folder that holds some.",
            icon=":material/warning:",
        )
        return
    for column, info in zip(st.columns(max(2, len(infos))), infos, strict=False):
        with column.container(border=True, height="stretch"):
            _draw_model(info)


def _draw_model(info: BundleInfo) -> None:
    st.markdown(f"**{escaped(info.name)}**")
    st.markdown(
        f"- {counted(info.targets, 'target')}: {escaped(listed([m.label for m in info.modalities]))}\n"
        f"- {counted(len(info.contexts), 'context')}: {escaped(listed(info.contexts))}\n"
        f"- {counted(info.genes, 'gene')} predicted, as {escaped(info.readout.label)}"
    )
    with st.popover("Card: data, skill, limits", icon=":material/description:"):
        st.markdown(info.card)


def where_next() -> None:
    """One line on each page."""
    st.header("Where to go")
    for column, (path, label, icon, words) in zip(st.columns(len(_NEXT)), _NEXT, strict=True):
        with column:
            st.page_link(path, label=f"**{label}**", icon=icon)
            st.caption(words)
