"""What corrected an answer, and how well the reader's measured conditions predict one another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from xpert.ui.own_cells import corrector_in
from xpert.ui.text import counted, escaped

if TYPE_CHECKING:
    import pandas as pd

    from xpert.data.dataset import PerturbationDataset
    from xpert.model.bundle import Bundle
    from xpert.prediction.prediction import Prediction


def draw(bundle: Bundle, dataset: PerturbationDataset, context: str, prediction: Prediction) -> None:
    """Draw which conditions corrected the prediction, then each one's error without and with the others."""
    support = prediction.evidence.support
    if support is None:
        return
    table = corrector_in(bundle, dataset, context).skill()
    with st.container(border=True):
        st.subheader("What your measured conditions add")
        by = ", ".join(f"{escaped(i.treatment)} ({i.share:.0%})" for i in support.corrected_by)
        st.markdown(f"Corrected by {counted(support.measured, 'measured condition')}; most by {by}.")
        if support.is_measured:
            st.warning(
                "This very condition is one of them: that the answer agrees with your measurement is no test of it.",
                icon=":material/warning:",
            )
        _draw_skill(table)


def _draw_skill(table: pd.DataFrame) -> None:
    if len(table) < 2:
        st.caption(
            "How much they help cannot be told: at least two conditions are needed that the model has not learned from."
        )
        return
    means = table[["l2_before", "l2_after", "pearson_before", "pearson_after"]].mean()
    helped = int((table["l2_after"] < table["l2_before"]).sum())
    error, correlation = st.columns(2)
    error.metric(
        "Mean error with them",
        f"{means['l2_after']:.3f}",
        f"{means['l2_after'] - means['l2_before']:+.3f}",
        delta_color="inverse",
        help="Euclidean distance to the measured shift of a condition that was left out; the change is against the "
        "model without your data.",
    )
    correlation.metric(
        "Mean r with them",
        f"{means['pearson_after']:.3f}",
        f"{means['pearson_after'] - means['pearson_before']:+.3f}",
    )
    st.caption(
        f"Each of {counted(len(table), 'condition')} was left out in turn and predicted from the others; "
        f"{helped} came out nearer to the measurement than by the model alone."
    )
    st.dataframe(
        table,
        hide_index=True,
        column_config=_columns(),
        alt=f"Error of {counted(len(table), 'left-out condition')} without and with the others; {helped} improved",
    )


def _columns() -> dict[str, Any]:
    number = st.column_config.NumberColumn
    return {
        "treatment": st.column_config.TextColumn("Left out", pinned=True),
        "cells": number("Cells"),
        "l2_before": number("Error, model alone", format="%.3f"),
        "l2_after": number("Error, with the others", format="%.3f"),
        "pearson_before": number("r, model alone", format="%.3f"),
        "pearson_after": number("r, with the others", format="%.3f"),
    }
