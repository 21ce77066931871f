"""The predictions of the plan in the page's URL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from xpert.ui import (
    activity_view,
    doubts_panel,
    downloads,
    evidence_panel,
    figures,
    gene_view,
    load,
    run,
    session,
    support_panel,
)
from xpert.ui.observed import observed
from xpert.ui.text import escaped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xpert.prediction.prediction import Prediction

SHOWN = "shown treatment"


def draw() -> None:
    """Predict what the URL asks, and draw it; without a plan, say what to do."""
    plan = session.asked()
    if plan is None:
        st.info("Press Predict to see the shift of every gene.", icon=":material/play_arrow:")
        return
    predictions = run.predictions(plan)
    session.current().plan = plan
    bundle = load.bundle(plan.model)
    shown = _pick(predictions)
    upload = run.upload_of(plan)
    measured = observed(shown, bundle, upload.dataset if upload else None, plan.context)
    st.header(f"{escaped(shown.treatment)} in {escaped(shown.context)}")
    st.caption(
        f"{escaped(shown.readout.delta_label)} of {len(shown.genes):,} genes, by the model {escaped(shown.model)}"
    )
    evidence_panel.draw(shown)
    if plan.support and upload is not None and upload.dataset is not None:
        support_panel.draw(bundle, upload.dataset, plan.context, shown)
    place = next(i for i, prediction in enumerate(predictions) if prediction is shown)
    doubts_panel.draw(plan, place, shown, bundle)
    figures.draw_choice()
    gene_view.draw(gene_view.View(plan, shown, bundle, measured, predictions))
    activity_view.draw(plan, place, shown)
    downloads.draw(plan, predictions, place, bundle, measured)


def _pick(predictions: Sequence[Prediction]) -> Prediction:
    """One of several predictions; the last one first, as it is the one in the controls."""
    if len(predictions) == 1:
        return predictions[0]
    by_text = {str(p.treatment): p for p in predictions}
    if session.value(SHOWN) not in by_text:
        session.put(SHOWN, next(reversed(by_text)))
    chosen = st.segmented_control("Showing", list(by_text), key=SHOWN, format_func=escaped, required=True)
    return by_text[chosen or next(reversed(by_text))]
