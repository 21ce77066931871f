"""The controls of a screen: model, contexts, candidates and what is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from xpert.data.gene_list import GeneList, words
from xpert.design.candidates import Candidates, offered
from xpert.design.objective import DIRECTIONS, DOWN, UP
from xpert.design.objective_file import ENDINGS, objective_from_bytes
from xpert.errors import InputError
from xpert.plots.labels import plain
from xpert.response.gene_sets import COLLECTIONS, gene_sets
from xpert.ui import load, session
from xpert.ui.frame import Guard, fragment, guarded
from xpert.ui.screen.asked import Asked
from xpert.ui.screen.jobs import workers
from xpert.ui.text import counted, escaped

if TYPE_CHECKING:
    from xpert.model.bundle import Bundle

MODEL, CONTEXTS, CANDIDATES = "screen model", "screen contexts", "screen candidates"
BY, GENES_UP, GENES_DOWN = "screen by", "screen up", "screen down"
COLLECTION, PATHWAY, DIRECTION, FILE = (
    "screen collection", "screen pathway", "screen direction", "screen file",
)  # fmt: skip
BY_GENES, BY_PATHWAY = "Genes", "Pathway"
_EXAMPLE = Asked("papalexi", (), pathway="HALLMARK_INTERFERON_GAMMA_RESPONSE", direction=DOWN)
_WAYS = {
    Candidates.MEASURED: "Measured treatments",
    Candidates.LIBRARY: "+ everything known",
    Candidates.PAIRS: "+ pairs",
}
_HELP = (
    "Measured: every treatment that the model was trained on. Everything known: also each gene or compound of which "
    "enough is known to ask about it, thousands of them. Pairs: also every two measured perturbations together."
)


@fragment
def draw() -> None:
    """Draw every control and the button that starts the screen."""
    _remember()
    with st.container(border=True):
        bundle = _draw_place()
        by = st.segmented_control(
            "Wanted",
            [BY_GENES, BY_PATHWAY],
            key=BY,
            default=None if session.has(BY) else BY_GENES,
            required=True,
        )
        (_draw_pathway if by == BY_PATHWAY else _draw_genes)(bundle)
        _draw_buttons(bundle)


def asked_now() -> Asked:
    """What the controls say."""
    by_pathway = session.value(BY) == BY_PATHWAY
    return Asked(
        session.value(MODEL),
        tuple(session.value(CONTEXTS) or ()),
        session.value(CANDIDATES) or Candidates.MEASURED,
        () if by_pathway else tuple(dict.fromkeys(words(session.value(GENES_UP, "") or ""))),
        () if by_pathway else tuple(dict.fromkeys(words(session.value(GENES_DOWN, "") or ""))),
        (session.value(PATHWAY) or "") if by_pathway else "",
        session.value(DIRECTION) or UP,
    )


def show(asked: Asked) -> None:
    """Make the controls say `asked`; before they are drawn, or in a callback."""
    session.put(MODEL, asked.model)
    session.put(CONTEXTS, list(asked.contexts))
    session.put(CANDIDATES, asked.candidates)
    session.put(BY, BY_PATHWAY if asked.pathway else BY_GENES)
    session.put(GENES_UP, "\n".join(asked.up))
    session.put(GENES_DOWN, "\n".join(asked.down))
    if asked.pathway:
        session.put(COLLECTION, next((c for c in COLLECTIONS if asked.pathway in gene_sets(c)), "HALLMARK"))
        session.put(PATHWAY, asked.pathway)
        session.put(DIRECTION, asked.direction)


def _remember() -> None:
    """Show what the address asks, or what was asked last, when the page is come back to."""
    if session.has(MODEL):
        return
    names = [info.name for info in load.bundle_infos()]
    with Guard():
        last = session.current().screen
        asked = Asked.from_query({n: st.query_params.get_all(n) for n in st.query_params})
        asked = asked or (last.asked if last else None)
        if asked is not None and asked.model in names:
            show(asked)
            return
    plan = session.current().plan
    session.put(MODEL, plan.model if plan and plan.model in names else names[0])


def _draw_place() -> Bundle:
    model, contexts, candidates = st.columns([2, 4, 5])
    model.selectbox("Model", [i.name for i in load.bundle_infos()], key=MODEL, on_change=_model_changed)
    bundle = load.bundle(session.value(MODEL))
    names = list(bundle.contexts)
    kept = [name for name in session.value(CONTEXTS) or [] if name in names]
    session.put(CONTEXTS, kept or names[:1])
    contexts.multiselect("Contexts", names, key=CONTEXTS, format_func=plain, select_all=False)
    ways = offered(bundle)
    if session.value(CANDIDATES) not in ways:
        session.put(CANDIDATES, Candidates.MEASURED)
    candidates.segmented_control(
        "Candidates", ways, key=CANDIDATES, format_func=_WAYS.__getitem__, required=True, help=_HELP
    )
    return bundle


@guarded
def _model_changed() -> None:
    """The other model has other contexts."""
    session.drop(CONTEXTS)
    session.drop(CANDIDATES)
    session.drop(PATHWAY)


def _draw_genes(bundle: Bundle) -> None:
    up, down = st.columns(2)
    for column, side, key, example in (
        (up, UP, GENES_UP, "STAT1\nIRF1"),
        (down, DOWN, GENES_DOWN, "MYC, CCND1"),
    ):
        with column:
            text = st.text_area(
                f"{'▲' if side == UP else '▼'} Genes wanted {side}",
                key=key,
                height=120,
                max_chars=100_000,
                placeholder=f"{example}\n(paste a list)",
            )
            names = words(text or "")
            if names:
                _say_found(GeneList.read(names, among=bundle.genes))


def _say_found(found: GeneList) -> None:
    st.caption(f"{counted(len(found.genes), 'gene')} of this model.")
    for sentence in found.sentences:
        st.caption(escaped(sentence, longest=700))


def _draw_pathway(bundle: Bundle) -> None:
    collection, pathway, direction = st.columns([2, 6, 2])
    collection.selectbox("Collection", list(COLLECTIONS), key=COLLECTION, format_func=COLLECTIONS.__getitem__)
    genes = frozenset(bundle.genes)
    sets = gene_sets(session.value(COLLECTION))
    inside = {name: len(genes.intersection(members)) for name, members in sets.items()}
    names = sorted((n for n, count in inside.items() if count), key=lambda n: (-inside[n], n))
    if not names:
        st.info("None of these sets has a gene that this model measures.", icon=":material/info:")
        return
    if session.value(PATHWAY) not in names:
        session.put(PATHWAY, names[0])
    pathway.selectbox(
        f"Pathway: type to search {len(names):,} sets",
        names,
        key=PATHWAY,
        format_func=lambda name: (
            f"{plain(name, longest=80)} ({inside[name]} of {len(sets[name])} genes measured)"
        ),
    )
    if not session.has(DIRECTION):
        session.put(DIRECTION, UP)
    direction.segmented_control(
        "Direction",
        DIRECTIONS,
        key=DIRECTION,
        format_func=lambda d: "▲ up" if d == UP else "▼ down",
        required=True,
    )


def _draw_buttons(bundle: Bundle) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Rank the treatments", type="primary", icon=":material/leaderboard:", key="screen run"):
            _run()
            st.rerun()
        names = {info.name for info in load.bundle_infos()}
        if _EXAMPLE.model in names:
            st.button(
                "Example",
                icon=":material/lightbulb:",
                on_click=_show_example,
                help="What lowers interferon-γ response genes in THP-1 cells?",
            )
        with st.popover("Open a list", icon=":material/upload_file:"):
            st.file_uploader(
                "Genes with directions or weights, as for `xpert screen`",
                type=[ending[1:] for ending in ENDINGS],
                key=FILE,
                max_upload_size=1,
                on_change=_take_file,
            )
    if _is_long(bundle):
        st.caption("Thousands of treatments take up to a minute or two; you can leave this page meanwhile.")


def _is_long(bundle: Bundle) -> bool:
    return session.value(CANDIDATES) is not Candidates.MEASURED or (
        len(bundle.training.conditions) * len(session.value(CONTEXTS) or ()) > 5_000
    )


@guarded
def _show_example() -> None:
    show(_EXAMPLE)


@guarded
def _take_file() -> None:
    """Put the genes of the file into the two fields; weights other than 1 have no place there."""
    file = session.value(FILE)
    if file is None:
        return
    found = objective_from_bytes(file.getvalue(), file.name)
    weights = {*found.up.values(), *found.down.values()}
    session.put(BY, BY_GENES)
    session.put(GENES_UP, "\n".join(found.up))
    session.put(GENES_DOWN, "\n".join(found.down))
    if len(weights) > 1:
        raise InputError(
            "The genes are taken over, their weights are not: here each gene counts alike. "
            "`xpert screen` and Python use the weights."
        )


def _run() -> None:
    """Start the screen that the controls ask for, and end the one that runs."""
    asked = asked_now()
    if not asked.contexts:
        raise InputError("Choose at least one context.")
    mine = session.current()
    job = workers().start(asked, load.bundle(asked.model))
    if mine.screen is not None and not mine.screen.is_over:
        mine.screen.cancel()
    mine.screen = job
    st.query_params.from_dict(asked.query)
