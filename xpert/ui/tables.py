"""How the app's tables look: every column with its unit and a plain heading."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from xpert.plots.volcano import signal

if TYPE_CHECKING:
    import pandas as pd

    from xpert.prediction.prediction import Prediction
    from xpert.ui.observed import Observed


def gene_table(prediction: Prediction, observed: Observed | None) -> pd.DataFrame:
    """One row per gene, the largest predicted shift first, with the observed shift where there is one."""
    table = prediction.table
    table["signal"] = signal(table)
    if observed is not None:
        table["observed"] = observed.delta
    return table.sort_values("delta", key=abs, ascending=False, kind="stable", ignore_index=True)


def gene_columns(prediction: Prediction) -> dict[str, Any]:
    """Headings and formats of a gene table."""
    number = st.column_config.NumberColumn
    unit, shift = prediction.readout.label, prediction.readout.delta_label
    return {
        "gene": st.column_config.TextColumn("Gene", pinned=True),
        "delta": number("Predicted Δ", format="%+.3f", help=f"{shift}: predicted minus control"),
        "lower": number("from", format="%+.3f", help="Lower end of the 90 % interval of Δ"),
        "upper": number("to", format="%+.3f", help="Upper end of the 90 % interval of Δ"),
        "signal": number(
            "Signal", format="%.2f", help="|Δ| in half-widths of its interval; above 1 zero is outside"
        ),
        "observed": number("Observed Δ", format="%+.3f", help=f"{shift} as measured"),
        "control": number("Control", format="%.3f", help=f"{unit}, mean of the control cells"),
        "predicted": number("Predicted", format="%.3f", help=f"{unit}, control + Δ"),
        "readout": None,
    }


GENE_ORDER = ("gene", "delta", "lower", "upper", "signal", "observed", "control", "predicted")
