"""What stands behind a prediction, before its numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from xpert.ui.text import escaped

if TYPE_CHECKING:
    from xpert.prediction.evidence import Evidence
    from xpert.prediction.prediction import Prediction


def draw(prediction: Prediction) -> None:
    """Draw the sentences, the expected error beside the baseline's, and the nearest measured treatments."""
    evidence = prediction.evidence
    with st.container(border=True):
        st.subheader("What stands behind it")
        words, numbers = st.columns([11, 10], gap="medium")
        with words:
            st.markdown("\n".join(f"- {escaped(sentence, longest=600)}" for sentence in evidence.sentences))
        with numbers:
            _draw_errors(evidence)
            _draw_nearest(evidence)


def _draw_errors(evidence: Evidence) -> None:
    error, baseline, correlation = st.columns(3)
    error.metric(
        "Expected error",
        _number(evidence.expected_error),
        help="Euclidean distance to the observed shift over all genes, on held-out treatments like this one. "
        "Smaller is better.",
    )
    baseline.metric(
        "Baseline's error",
        _number(evidence.baseline_error),
        help="The same for the best simple baseline on the same treatments.",
    )
    correlation.metric(
        "Expected r",
        _number(evidence.expected_correlation),
        help="Pearson correlation with the observed shift over genes, on held-out treatments like this one.",
    )
    if evidence.predictor == evidence.baseline_name:
        st.badge("Answered by the best simple baseline", icon=":material/straighten:", color="violet")
    elif evidence.beats_baseline is None:
        st.badge("Not measured against a baseline", icon=":material/help:", color="gray")
    elif evidence.beats_baseline:
        st.badge("Better than the best simple baseline", icon=":material/trending_up:", color="blue")
    else:
        st.badge("Not better than the best simple baseline", icon=":material/warning:", color="orange")
    baseline_name = evidence.baseline_name or "none was measured"
    st.caption(
        f"Predicted by: {escaped(evidence.predictor)}. Best simple baseline: {escaped(baseline_name)}."
    )


def _draw_nearest(evidence: Evidence) -> None:
    if not evidence.nearest:
        return
    st.caption("Nearest measured treatments")
    table = pd.DataFrame(
        {
            "Treatment": [str(n.treatment) for n in evidence.nearest],
            "Context": [n.context for n in evidence.nearest],
            "Distance": [n.distance for n in evidence.nearest],
        }
    )
    st.dataframe(
        table,
        hide_index=True,
        column_config={"Distance": st.column_config.NumberColumn(format="%.3f")},
        alt=f"Nearest measured treatments, nearest first: {', '.join(table['Treatment'])}",
    )


def _number(value: float | None) -> str:
    return "–" if value is None or pd.isna(value) else f"{value:.3f}"
