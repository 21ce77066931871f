"""The ranking: what to know of it, the best as bars, every row as a table, and files to take away."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import streamlit as st

from xpert.model.question import Question
from xpert.plots.labels import plain
from xpert.plots.score_bars import score_bars, score_bars_alt
from xpert.ui import figures, session
from xpert.ui.files import table_buttons
from xpert.ui.frame import fragment
from xpert.ui.links import predict_link
from xpert.ui.text import escaped

if TYPE_CHECKING:
    import pandas as pd

    from xpert.design.screen import Ranking
    from xpert.ui.screen.asked import Asked

SCORE_TITLE = "score, in usual shifts of these genes"
MEASURED_ONLY, FIND, SHOWN = "screen measured only", "screen find", "screen shown"
_FEW, _USUAL, _MANY = 10, 20, 50
_EXPLAINED = """
**Score**: the mean shift of genes wanted up less that of genes wanted down, each in units of how far the measured
perturbations of this model usually move that gene (root mean square). The line is its 90 % interval, from errors on
held-out measurements; it is computed for the best 100. The diamond is the score of the measured shift, where there is one.

**p**: how often a random set of as many genes scores at least as high in the same prediction; **q** is the same, corrected
for all rows (Benjamini–Hochberg). Genes that move together make p small more easily than they should, and p says nothing
of whether the prediction itself is right.

**Held-out r**: how well such predictions correlated with measurements that were left out, for the same kind of question.
Of thousands of treatments the best are also the luckiest: expect the top to do less well when measured.
"""


def draw() -> None:
    """Draw the last ranking."""
    job = session.current().ranked
    if job is None:
        st.info("Say what is wanted, and press “Rank the treatments”.", icon=":material/touch_app:")
        return
    ranking = job.future.result()
    opening, *rest = ranking.sentences
    st.subheader(escaped(label(job.asked), longest=120))
    st.markdown(escaped(opening, longest=600))
    for sentence in rest:
        st.caption(escaped(sentence, longest=700))
    with st.expander("How to read this", icon=":material/help:"):
        st.markdown(_EXPLAINED)
    _draw_views(job.asked, ranking)
    _draw_files(job.asked, ranking)


def label(asked: Asked) -> str:
    """What is wanted, on one line."""
    if asked.pathway:
        return f"{asked.pathway} {asked.direction}"
    return " · ".join(
        f"{sign} {plain(', '.join(names), longest=60)}"
        for sign, names in (("▲", asked.up), ("▼", asked.down))
        if names
    )


@fragment
def _draw_views(asked: Asked, ranking: Ranking) -> None:
    find, measured, count = st.columns([6, 3, 3], vertical_alignment="bottom")
    text = find.text_input(
        "Find in the ranking",
        key=FIND,
        placeholder="A name or mechanism, e.g. HDAC",
        icon=":material/search:",
    )
    has_both = 0 < int(ranking.table["measured_score"].notna().sum()) < len(ranking.table)
    only_new = has_both and measured.toggle(
        "Never measured only",
        key=MEASURED_ONLY,
        help="Leave out treatments that were measured in this context.",
    )
    with count:
        most = st.segmented_control("Bars", [_FEW, _USUAL, _MANY], key=SHOWN, default=_USUAL, required=True)
    shown = _filtered(ranking.table, text or "", only_new=bool(only_new))
    bars, table = st.columns([9, 13], gap="medium")
    with bars:
        top = _bars(shown.head(most or _USUAL), with_context=len(ranking.contexts) > 1)
        if top.empty:
            st.caption("No ranked treatment fits.")
        else:
            title = f"{label(asked)}: {ranking.model}, {', '.join(ranking.contexts)}"
            drawn = score_bars(top, SCORE_TITLE, measured="measured score")
            figures.chart(drawn, "xpert-screen", words=score_bars_alt(top, "score"), about=title)
    with table:
        _draw_table(ranking, shown)


def _filtered(table: pd.DataFrame, text: str, *, only_new: bool) -> pd.DataFrame:
    """Rows that hold a text, and those that were never measured."""
    if only_new:
        table = table[table["measured_score"].isna()]
    if text.strip():
        wanted = text.strip().casefold()
        joined = table["treatment"] + "\n" + table["mechanism"].fillna("") + "\n" + table["context"]
        table = table[joined.str.casefold().str.contains(wanted, regex=False)]
    return table.reset_index(drop=True)


def _bars(table: pd.DataFrame, *, with_context: bool) -> pd.DataFrame:
    ranked = table[table["rank"].notna()]
    name = ranked["treatment"] + (" · " + ranked["context"] if with_context else "")
    return ranked.assign(
        name=name,
        value=ranked["score"],
        measured=ranked["measured_score"],
        is_measured=ranked["question"].eq(Question.SEEN.value),
    )[["name", "value", "lower", "upper", "measured", "is_measured"]]


def _draw_table(ranking: Ranking, shown: pd.DataFrame) -> None:
    number = st.column_config.NumberColumn
    event = st.dataframe(
        shown.assign(question=shown["question"].map(lambda q: Question(q).label)),
        key=f"screen table {id(ranking)} {len(shown)}",
        on_select="rerun",
        selection_mode="single-row",
        hide_index=True,
        height=560,
        lazy=False,
        column_config={
            "rank": number("Rank", width="small", pinned=True),
            "treatment": st.column_config.TextColumn("Treatment", pinned=True),
            "context": "Context",
            "score": number("Score", format="%.3f"),
            "lower": number("from", format="%.3f", help="Lower end of the 90 % interval; for the best 100"),
            "upper": number("to", format="%.3f", help="Upper end of the 90 % interval; for the best 100"),
            "measured_score": number("Measured score", format="%.3f", help="The score of the measured shift"),
            "p_value": number("p", format="%.2g", help="How often a random set of as many genes scores as high"),
            "q_value": number("q", format="%.2g", help="p corrected for all rows (Benjamini–Hochberg)"),
            "expected_correlation": number(
                "Held-out r", format="%.2f", help="Correlation with held-out measurements, for this kind of question"
            ),
            "question": "Question",
            "predictor": "Answered by",
            "mechanism": "Mechanism",
            "modality": None,
        },
        column_order=[
            "rank", "treatment", "score", "q_value", "expected_correlation", "lower", "upper",
            *(["mechanism"] if shown["mechanism"].fillna("").ne("").any() else []),
            *(["context"] if len(ranking.contexts) > 1 else []),
            "measured_score", "p_value", "question", "predictor",
        ],
        alt=f"Treatments by rank: {', '.join(map(plain, shown['treatment'].head(5)))}",
    )  # fmt: skip
    rows = event["selection"]["rows"]
    chosen = shown.iloc[rows[0] if rows and rows[0] < len(shown) else 0] if len(shown) else None
    if chosen is None:
        return
    st.caption("Select a row to open its full prediction.")
    predict_link(ranking.model, str(chosen["treatment"]), str(chosen["context"]))


def _draw_files(asked: Asked, ranking: Ranking) -> None:
    st.subheader("Take it away")
    with st.container(horizontal=True):
        table_buttons(ranking.table, "xpert-screen", label="Ranking")
        st.download_button(
            "Settings (JSON)",
            lambda: as_json(ranking.settings),
            file_name="xpert-screen.json",
            mime="application/json",
            icon=":material/download:",
            on_click="ignore",
        )
        st.download_button(
            "Objective (JSON)",
            lambda: as_json(ranking.objective.objective.to_dict()),
            file_name="objective.json",
            mime="application/json",
            icon=":material/download:",
            on_click="ignore",
            help="For `xpert screen --objective`",
        )
    with st.expander("Show the Python lines", icon=":material/code:"):
        st.code(asked.lines, language="python")


def as_json(found: object) -> bytes:
    """Plain values as a JSON file."""
    return json.dumps(found, indent=2, ensure_ascii=False).encode()
