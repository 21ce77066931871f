"""What is frequent among selected treatments: mechanisms, pathways of their targets, pathways of what they move."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from xpert.response.gene_sets import COLLECTIONS, enriched
from xpert.response.in_common import (
    DOWN,
    UP,
    in_common_by_chance,
    moved_in_common,
    overrepresented,
)
from xpert.ui.files import table_button
from xpert.ui.perturbverse import responses, snippet
from xpert.ui.text import counted, escaped, listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from xpert.model.bundle import Bundle

MOVED, TARGETS, MECHANISMS = "genes that they move in common", "what they target", "mechanisms"
_BOTH = "up or down"
_TOPS = (20, 50, 100, 200)
_ROWS = 10


def draw(bundle: Bundle, rows: tuple[int, ...]) -> None:
    """Draw the choice and the table."""
    st.subheader("What is frequent in the selection")
    if len(rows) < 2:
        st.caption("Select at least two treatments.")
        return
    what = st.segmented_control(
        "Look at", _possible(bundle), default=MOVED, key=f"enriched in {bundle.name}", required=True
    )
    if what == MECHANISMS:
        everyone = mechanisms(bundle)
        table = overrepresented([everyone[row] for row in rows], everyone)
        _draw_table(
            table, f"{bundle.name}-mechanisms", "mechanism", "No mechanism is known of these treatments."
        )
        st.caption("Against all treatments of the map of which a mechanism is known.")
    elif what == TARGETS:
        _draw_targets(bundle, rows)
    else:
        _draw_moved(bundle, rows)


def mechanisms(bundle: Bundle) -> list[set[str]]:
    """Mechanisms of each point of a map; none where none is known."""
    texts = bundle.perturbverse["mechanism"].fillna("").astype(str)
    return [{part.strip() for part in text.split(";") if part.strip()} for text in texts]


def targets(bundle: Bundle) -> list[set[str]]:
    """Genes that each point of a map acts on: those perturbed, and the known targets of compounds."""
    from xpert.perturbation import Treatment

    found = []
    for text in bundle.perturbverse["treatment"]:
        genes: set[str] = set()
        for p in Treatment.parse(str(text)).ordered:
            compound = None if p.modality.is_genetic else bundle.features.compound(p.target)
            genes |= {p.target} if p.modality.is_genetic else set(compound.targets if compound else ())
        found.append(genes)
    return found


def _possible(bundle: Bundle) -> list[str]:
    return [MOVED, TARGETS] + ([MECHANISMS] if any(mechanisms(bundle)) else [])


def _draw_targets(bundle: Bundle, rows: tuple[int, ...]) -> None:
    collection = _draw_collection("targets")
    everyone = targets(bundle)
    background = set().union(*everyone)
    chosen = set().union(*(everyone[row] for row in rows))
    table = enriched(chosen, background, collection)
    _draw_table(
        table, f"{bundle.name}-targets", "set", "No set of this collection holds any of their targets."
    )
    st.caption(
        f"{counted(len(chosen), 'target')} of the selection against all {len(background):,} targets of the map, with the "
        f"known targets of compounds: {escaped(listed(sorted(chosen), most=8))}."
    )


def _draw_moved(bundle: Bundle, rows: tuple[int, ...]) -> None:
    sets, direction, top, share = st.columns(4, vertical_alignment="bottom")
    with sets:
        collection = _draw_collection("moved")
    way = direction.selectbox("Genes that go", [_BOTH, UP, DOWN], key="in common way")
    count = top.selectbox(
        "Top genes of each", _TOPS, index=1, key="in common top", help="Of each treatment and direction"
    )
    least = (
        share.slider("Shared by at least", 10, 100, 50, step=10, format="%d%%", key="in common share") / 100
    )
    shifts = responses.shifts(bundle.name)[list(rows)]
    genes = moved_in_common(shifts, bundle.genes, top=count, share=least)
    chance = in_common_by_chance(len(rows), len(bundle.genes), top=count, share=least)
    if way != _BOTH:
        genes, chance = genes[genes["direction"] == way], chance / 2
    st.caption(
        f"{counted(len(genes), 'gene')} in common, {chance:.1f} expected if each treatment moved genes at random: "
        f"{escaped(listed([f'{g} ({d})' for g, d in zip(genes['gene'], genes['direction'], strict=True)], most=10)) or 'none'}."
    )
    table = enriched(genes["gene"], bundle.genes, collection)
    _draw_table(table, f"{bundle.name}-moved", "set", "No set of this collection holds any of these genes.")
    with st.container(horizontal=True):
        table_button(genes, f"xpert-genes-in-common-{bundle.name}", "Genes in common (CSV)")
        with st.popover("Python lines ", icon=":material/code:", type="tertiary"):
            lines = snippet.in_common_lines(bundle.name, rows, top=count, share=least, collection=collection)
            st.code(lines, language="python")
    st.caption(
        f"Against the {len(bundle.genes):,} genes that the model measures. A model that measures few genes finds few "
        "pathways; many treatments raise the same stress genes whatever they are."
    )


def _draw_collection(name: str) -> str:
    return str(
        st.selectbox(
            "Gene sets", list(COLLECTIONS), format_func=COLLECTIONS.__getitem__, key=f"sets of {name}"
        )
    )


def _draw_table(table: pd.DataFrame, name: str, first: str, nothing: str) -> None:
    if table.empty:
        st.info(nothing, icon=":material/info:")
        return
    number = st.column_config.NumberColumn
    heading = {"set": "Gene set", "label": "Mechanism"}
    st.dataframe(
        table,
        hide_index=True,
        lazy=False,
        height=38 + 35 * min(len(table), _ROWS),
        column_config={
            **{key: st.column_config.TextColumn(text, pinned=True) for key, text in heading.items()},
            "size": number("Genes in it", help="Of the background"),
            "in_map": number("On the map"),
            "shared": number("Here"),
            "expected": number("By chance", format="%.2f"),
            "fold": number("Times chance", format="%.1f"),
            "p_value": number("p", format="%.2g", help="One-sided hypergeometric"),
            "q_value": number("q", format="%.2g", help="Benjamini and Hochberg, over all that were tested"),
            "genes": "Which",
        },
        alt=_words(table, first),
    )
    table_button(table, f"xpert-enriched-{name}", "This table (CSV)")


def _words(table: pd.DataFrame, first: str) -> str:
    names: Sequence[str] = [str(n) for n in table.iloc[:3, 0]]
    return (
        f"Most frequent {first}s in the selection: {listed(names)}; smallest q {table['q_value'].min():.2g}."
    )
