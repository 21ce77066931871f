"""Links from a result to the page that goes on with it."""

from __future__ import annotations

import streamlit as st

from xpert.perturbation import Treatment
from xpert.ui.plan import Plan
from xpert.ui.text import escaped


def predict_link(model: str, treatment: str, context: str) -> None:
    """Opens one treatment on the Predict page."""
    plan = Plan(model, context, (Treatment.parse(treatment),))
    st.page_link(
        "pages/2_Predict.py",
        label=f"Predict {escaped(treatment, longest=60)} in {escaped(context, longest=30)}",
        icon=":material/genetics:",
        query_params=plan.query,
    )
