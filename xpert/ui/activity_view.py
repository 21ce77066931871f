"""Pathways and transcription factors behind the shown prediction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from xpert.plots.activity import activity_alt, activity_bars, readable
from xpert.plots.labels import plain
from xpert.response.activity import KINDS, REGULATORS, SMALL, activity, rests_on_one
from xpert.ui import figures, python_view, session
from xpert.ui.frame import fragment
from xpert.ui.snippet import Part
from xpert.ui.text import counted, escaped, listed

if TYPE_CHECKING:
    import pandas as pd

    from xpert.prediction.prediction import Prediction
    from xpert.ui.plan import Plan

COLLECTION = "activity of"
_PER_SIDE = 10


def collection() -> str:
    """The collection that is shown."""
    return str(session.value(COLLECTION) or next(iter(KINDS)))


def table_of(prediction: Prediction, chosen: str) -> pd.DataFrame:
    """Activities behind one prediction, its own targets left out."""
    return activity(prediction.table, chosen, without=prediction.treatment.targets)


@fragment
def draw(plan: Plan, place: int, prediction: Prediction) -> None:
    """Draw bars and table of one collection.

    Parameters
    ----------
    plan
        What was asked.
    place
        Of the shown prediction among those of the plan.
    prediction
        The shown one.
    """
    st.header("Pathways and transcription factors")
    if not session.has(COLLECTION):
        session.put(COLLECTION, next(iter(KINDS)))
    st.segmented_control(
        "Sets of genes",
        list(KINDS),
        key=COLLECTION,
        format_func=KINDS.__getitem__,
        required=True,
    )
    chosen = collection()
    with st.spinner("Reading the activity of gene sets …", show_time=True):
        table = table_of(prediction, chosen)
    if table.empty or not table["score"].any():
        st.info(
            "No gene moves, so no set does."
            if len(table)
            else f"No set of {KINDS[chosen]} has five genes that this model predicts.",
            icon=":material/info:",
        )
        return
    st.markdown(escaped(_summary(table), longest=900))
    bars, rows = st.columns([11, 10], gap="medium")
    with bars:
        figures.chart(
            activity_bars(table, count=_PER_SIDE),
            "xpert-activity",
            words=activity_alt(table, plain(prediction.treatment), count=_PER_SIDE),
            about=f"{KINDS[chosen]}: {prediction}",
        )
    with rows:
        _draw_table(table, prediction)
    _explain(table, chosen, prediction)
    python_view.draw(plan, Part.ACTIVITY, place, collection=chosen)


def _summary(table: pd.DataFrame) -> str:
    """Which sets stand out by several genes, in a sentence."""
    clear = table[(table["score"].abs() >= SMALL) & ~rests_on_one(table)]
    if clear.empty:
        return "No set stands out by several of its genes: take no pathway from this prediction."
    ends = ["up" if score > 0 else "down" for score in clear["score"].to_numpy(float)]
    words = [f"{readable(name)} {end}" for name, end in zip(clear["set"], ends, strict=True)]
    beyond = f"score beyond {SMALL:g} that more than one gene makes"
    return f"{counted(len(clear), 'set')} with a {beyond}: {listed(words)}."


def _draw_table(table: pd.DataFrame, prediction: Prediction) -> None:
    st.dataframe(
        table.assign(one=rests_on_one(table), set=table["set"].map(readable)),
        hide_index=True,
        height=430,
        column_config=_columns(prediction),
        column_order=(
            "set",
            "score",
            "genes",
            "agreeing",
            "one",
            "mean_shift",
            "without_strongest",
            "strongest",
        ),
        alt=f"Activity of {counted(len(table), 'set')} behind {plain(prediction.treatment)}, the furthest first.",
    )


def _columns(prediction: Prediction) -> dict[str, Any]:
    number = st.column_config.NumberColumn
    return {
        "set": st.column_config.TextColumn("Set or factor", pinned=True, width="medium"),
        "score": number(
            "Score", format="%+.2f", help="t statistic over genes: above 0 up, or the factor more active"
        ),
        "genes": number(
            "Genes", help="Genes of the set that this model predicts, without the perturbed ones"
        ),
        "agreeing": number("Agreeing", help="How many of them shift the way of the score"),
        "one": st.column_config.CheckboxColumn(
            "One gene", help="The score vanishes or turns round without its strongest gene"
        ),
        "mean_shift": number(
            "Mean shift", format="%+.3f", help=f"{prediction.readout.delta_label}, mean over the set's genes"
        ),
        "without_strongest": number(
            "Without strongest", format="%+.2f", help="The score when its strongest gene is left out"
        ),
        "strongest": st.column_config.TextColumn("Strongest genes", width="medium"),
    }


def _explain(table: pd.DataFrame, chosen: str, prediction: Prediction) -> None:
    acts = (
        "the sign with which the factor acts on it"
        if chosen == REGULATORS
        else "whether it belongs to the set"
    )
    st.caption(
        f"{counted(len(table), 'set')} with five or more of the {len(prediction.genes):,} predicted genes; the genes "
        f"that are perturbed themselves are left out. Each score is a t statistic: every gene’s predicted shift is "
        f"regressed on {acts} (decoupler’s univariate linear model). It says how far the genes of a set move together "
        "within this one prediction. It is not a test over cells and has no p value, and it is no surer than the "
        "prediction itself. A pale bar rests on one gene alone."
    )
