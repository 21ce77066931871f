"""A signature against every measured treatment of every model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from xpert.data.gene_list import words
from xpert.data.guard.small import decoded
from xpert.data.signature_file import LARGEST, Signature
from xpert.errors import InputError
from xpert.plots.labels import plain
from xpert.plots.null_distribution import null_alt, null_distribution
from xpert.ui import figures, load, session
from xpert.ui.files import table_buttons
from xpert.ui.frame import fragment, guarded
from xpert.ui.links import predict_link
from xpert.ui.look_up.lines import file_python, lists_python, query_lines
from xpert.ui.progress import tracked
from xpert.ui.text import counted, escaped, listed

if TYPE_CHECKING:
    import pandas as pd

    from xpert.perturbverse.query import Match

UP, DOWN, FILE, DIRECTION = "signature up", "signature down", "signature file", "signature direction"
RESULT, MODELS, FIND = "signature result", "signature models", "signature find"
MIMIC, REVERSE = "mimic", "reverse"
_DIRECTIONS = {MIMIC: "do the same (mimic)", REVERSE: "undo it (reverse)"}
_EXAMPLE = ("papalexi", "IFNGR1:ko", 20)
_SHOWN = 200
_EXPLAINED = """
**Score**: the cosine, −1 to 1, of the signature with what sets a treatment's measured response apart from all others of
its kind (averaged over contexts), over the genes that both have. **z** is the score's distance from those of random
signatures in their standard deviations.

**p**: the share of 1,000 random signatures that the treatment mimics (or undoes) as much. A random signature is drawn with
the covariance of the model's own responses and cut like yours, so that genes which move together do so in it too. **q** is the same,
corrected for all treatments of the model (Benjamini–Hochberg).

A treatment that undoes a disease's signature in other cells is a lead to test, not a therapy.
"""


@dataclass(frozen=True, eq=False)
class Found:
    """A signature, and what every model says of it."""

    direction: str
    python: str
    said: tuple[str, ...]
    left_out: tuple[str, ...]
    matches: dict[str, Match]
    table: pd.DataFrame


def draw() -> None:
    """Draw the form and the result."""
    with st.form("signature", border=True):
        up, down, file = st.columns(3)
        up.text_area("Genes that went up", key=UP, placeholder="STAT1, IRF1, GBP1 …", height=150)
        down.text_area("Genes that went down", key=DOWN, placeholder="MYC, CCND1 …", height=150)
        file.file_uploader(
            "Or a table with a column of genes and one of fold changes",
            type=["csv", "tsv", "txt"],
            key=FILE,
            max_upload_size=LARGEST // 2**20,
            help="A heading such as gene and log2FC (logFC, log2FoldChange, stat, score). Where a file is given, it is taken.",
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.radio(
                "Find treatments that",
                list(_DIRECTIONS),
                key=DIRECTION,
                format_func=_DIRECTIONS.get,
                horizontal=True,
            )
            st.form_submit_button("Search", type="primary", icon=":material/search:", on_click=_search)
            st.form_submit_button(
                "Fill in an example",
                icon=":material/lightbulb:",
                on_click=_fill_example,
                help="The genes that losing the interferon-γ receptor lowers and raises",
            )
    found: Found | None = session.value(RESULT)
    if found is None:
        st.info("Paste genes or choose a file, then press Search.", icon=":material/touch_app:")
        return
    for sentence in found.said:
        st.caption(escaped(sentence, longest=600))
    if found.left_out:
        st.caption(escaped(f"Not asked, for want of measured genes: {listed(found.left_out)}."))
    with st.expander("How to read this", icon=":material/help:"):
        st.markdown(_EXPLAINED)
    _draw_result(found)


@guarded
def _fill_example() -> None:
    import numpy as np

    model, treatment, count = _EXAMPLE
    bundle = load.bundle(model)
    row = list(bundle.perturbverse["treatment"]).index(treatment)
    order = np.argsort(bundle.signatures.values[row])
    session.put(UP, ", ".join(bundle.genes[i] for i in order[::-1][:count]))
    session.put(DOWN, ", ".join(bundle.genes[i] for i in order[:count]))


@guarded
def _search() -> None:
    """Compare with every model; what was found stays until the next search."""
    session.put(RESULT, None)
    signature, python = _read()
    from xpert.perturbverse.query import Direction, Match, gathered

    matches, left_out = {}, []
    for info in tracked(load.bundle_infos(), "Comparing with each model"):
        bundle = load.bundle(info.name)
        try:
            matches[info.name] = Match.of(bundle, signature)
        except InputError:
            left_out.append(info.name)
    direction = session.value(DIRECTION, MIMIC)
    table = gathered(list(matches.values()), Direction(direction))
    session.put(RESULT, Found(direction, python, _names(signature), tuple(left_out), matches, table))


def _read() -> tuple[Signature, str]:
    """The signature that was given, and the same as Python."""
    file = session.value(FILE)
    if file is not None:
        name = str(file.name)
        return Signature.of_text(decoded(file.getvalue(), name, most=LARGEST)), file_python(name)
    up, down = (words(session.value(key, "") or "") for key in (UP, DOWN))
    if not up and not down:
        raise InputError("Name genes that went up or down, or choose a file.")
    return Signature.of_lists(up, down), lists_python(up, down)


def _names(signature: Signature) -> tuple[str, ...]:
    """What became of the names."""
    from xpert.data.gene_list import GeneList

    every = {gene for info in load.bundle_infos() for gene in load.bundle(info.name).genes}
    return (f"Read {signature.said}.", *GeneList.read(signature.changes, sorted(every)).sentences)


@fragment
def _draw_result(found: Found) -> None:
    table = found.table
    models, find = st.columns([1, 1], vertical_alignment="bottom")
    with models:
        chosen = st.pills(
            "Models", list(found.matches), selection_mode="multi", default=list(found.matches), key=MODELS
        )
    text = find.text_input(
        "Find in the result", key=FIND, placeholder="A name or mechanism, e.g. JAK", icon=":material/search:"
    )
    shown = table[table["model"].isin(chosen or list(found.matches))]
    if text:
        joined = (shown["treatment"] + "\n" + shown["mechanism"]).str.casefold()
        shown = shown[joined.str.contains(text.strip().casefold(), regex=False)]
    shown = shown.reset_index(drop=True)
    rows, figure = st.columns([13, 9], gap="medium")
    with rows:
        picked = _draw_table(shown.head(_SHOWN), found)
        st.caption(
            f"The best {min(_SHOWN, len(shown)):,} of {counted(len(shown), 'treatment')}; the files hold all."
        )
    with figure:
        if picked is not None:
            _draw_picked(found, picked)
    with st.container(horizontal=True):
        table_buttons(shown, "xpert-signature", label="Result")
    with st.expander("Show the Python lines", icon=":material/code:"):
        st.code(query_lines(found.python, found.direction), language="python")


def _draw_table(shown: pd.DataFrame, found: Found) -> pd.Series | None:
    number = st.column_config.NumberColumn
    event = st.dataframe(
        shown,
        key=f"signature table {id(found)} {len(shown)}",
        on_select="rerun",
        selection_mode="single-row",
        hide_index=True,
        height=520,
        column_order=[
            "treatment",
            "score",
            "q_value",
            "mechanism",
            "model",
            "p_value",
            "z",
            "modality",
            "contexts",
            "genes",
        ],
        column_config={
            "treatment": st.column_config.TextColumn("Treatment", pinned=True),
            "model": "Model",
            "score": number("Score", width=60, format="%.2f", help="Cosine with the response, −1 to 1"),
            "z": number(
                "z", format="%.1f", help="Distance from random signatures in their standard deviations"
            ),
            "p_value": number("p", format="%.2g", help="Share of random signatures that score as far"),
            "q_value": number(
                "q", width=60, format="%.2g", help="p corrected for all treatments of the model"
            ),
            "modality": "Kind",
            "mechanism": "Mechanism",
            "contexts": number("Contexts", help="In how many it was measured"),
            "genes": number("Genes", help="Of the signature, measured by the model"),
        },
        alt=f"Treatments by how well they {found.direction} the signature: "
        f"{', '.join(map(plain, shown['treatment'].head(5)))}",
    )
    rows = event["selection"]["rows"]
    if not len(shown):
        st.caption("No treatment fits.")
        return None
    row: pd.Series = shown.iloc[rows[0] if rows and rows[0] < len(shown) else 0]
    return row


def _draw_picked(found: Found, picked: pd.Series) -> None:
    """The null of one treatment, and where to go from it."""
    match, name = found.matches[str(picked["model"])], str(picked["treatment"])
    row = list(match.points["treatment"].astype(str)).index(name)
    score = float(match.scores[row])
    st.markdown(f"**{escaped(name)}** in the model {escaped(picked['model'])}")
    figures.plotly(
        null_distribution(match.null[:, row], score, name),
        "xpert-null",
        words=null_alt(match.null[:, row], score, name),
        about=f"{plain(name)} against 1,000 random signatures",
    )
    context = str(match.points["context"].iloc[row])
    predict_link(str(picked["model"]), name, context)
