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
    ("pages/1_Data.py", "What is in my file?", ":material/table_view:", "Check it, confirm its columns, and start from "
     "your own control cells; save and reopen a project."),
    ("pages/2_Predict.py", "What will this do?", ":material/genetics:", "Genes or compounds with their strength, alone "
     "or together: every gene's shift, with its evidence."),
    ("pages/3_Perturbverse.py", "What acts alike?", ":material/bubble_chart:", "Genes and compounds in one map, with "
     "the nearest neighbours of each."),
    ("pages/4_Look_up.py", "What does or undoes this?", ":material/manage_search:", "Paste a signature, a gene or a "
     "compound, and find the treatments that mimic or reverse it."),
    ("pages/5_Compare.py", "How do these differ?", ":material/compare_arrows:", "Two to twenty treatments side by "
     "side; combinations against their sum; curves over doses."),
    ("pages/6_Hypothesis.py", "Is my guess likely?", ":material/lightbulb:", "A guess with its probability, what speaks "
     "for it, the cells needed to test it, and a report."),
    ("pages/7_Screen.py", "Which ones do what I want?", ":material/leaderboard:", "Rank thousands of treatments for "
     "genes that should rise or fall."),
)  # fmt: skip
_IN_A_ROW = 4


def examples() -> None:
    """Links that open the Predict page with a question already asked."""
    found = available(load.bundle_infos())
    if not found:
        return
    st.header("Or begin with an example")
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
    with st.container(border=True):
        for info in infos:
            _draw_model(info)


def _draw_model(info: BundleInfo) -> None:
    words, card = st.columns([10, 2], vertical_alignment="center")
    words.markdown(f"**{escaped(info.name)}** — {escaped(_summary(info))}")
    words.caption(
        f"{counted(info.targets, 'target')}: {escaped(listed([m.label for m in info.modalities]))} · "
        f"{counted(len(info.contexts), 'context')}: {escaped(listed(info.contexts, most=4))} · "
        f"{counted(info.genes, 'gene')} predicted, as {escaped(info.readout.label)}"
    )
    with card.popover("Card", icon=":material/description:", help="Data, skill and limits", width="stretch"):
        st.markdown(info.card)


def _summary(info: BundleInfo) -> str:
    """What the card says first, without its title."""
    lines = [line.strip() for line in info.card.splitlines()]
    return next((line for line in lines if line and not line.startswith("#")), "")


def where_next() -> None:
    """One line on each page, by the question that it answers."""
    st.header("What would you like to know?")
    for first in range(0, len(_NEXT), _IN_A_ROW):
        row = _NEXT[first : first + _IN_A_ROW]
        for column, (path, label, icon, words) in zip(st.columns(_IN_A_ROW), row, strict=False):
            with column:
                st.page_link(path, label=f"**{label}**", icon=icon)
                st.caption(words)
