"""Why a prediction may be wrong, and what to do about it; always shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from xpert.prediction.doubts import doubts
from xpert.ui import python_view
from xpert.ui.own_cells import context_for
from xpert.ui.run import upload_of
from xpert.ui.snippet import Part
from xpert.ui.text import escaped

if TYPE_CHECKING:
    from xpert.model.bundle import Bundle
    from xpert.prediction.prediction import Prediction
    from xpert.ui.plan import Plan


def draw(plan: Plan, place: int, prediction: Prediction, bundle: Bundle) -> None:
    """Draw every reason, the serious ones first.

    Parameters
    ----------
    plan
        What was asked.
    place
        Of the shown prediction among those of the plan.
    prediction, bundle
        What was predicted, by which model.
    """
    with st.container(border=True):
        st.subheader("Why this may be wrong")
        found = doubts(prediction, bundle, control_cells=control_cells(plan, bundle))
        if not found:
            st.markdown(
                "Nothing is done to the cells, so nothing is predicted that could be wrong."
                if prediction.treatment.active.is_control
                else "Nothing in the evidence speaks against it. That is no proof: confirm the genes that matter to you."
            )
            return
        for doubt in found:
            icon = ":material/warning:" if doubt.is_serious else ":material/info:"
            color = "orange" if doubt.is_serious else "gray"
            st.markdown(
                f":{color}[{icon}] {escaped(doubt.reason, longest=600)}  \n"
                f"**What to do:** {escaped(doubt.advice, longest=600)}"
            )
        if any(doubt.is_serious for doubt in found):
            st.caption("The orange sign marks what alone is enough not to act on the prediction.")
        python_view.draw(plan, Part.REASONS, place)


def control_cells(plan: Plan, bundle: Bundle) -> int | None:
    """Control cells of the reader's file, where the plan starts from them."""
    upload = upload_of(plan)
    if upload is None or upload.dataset is None:
        return None
    return context_for(bundle, upload.dataset, plan.context).cells
