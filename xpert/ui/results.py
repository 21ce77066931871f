"""The predictions of the plan in the page's URL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from xpert.plots.comparison import comparison, comparison_alt
from xpert.ui import downloads, evidence_panel, gene_view, load, run, session, support_panel
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
    _draw_comparison(predictions)
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
    gene_view.draw(gene_view.View(plan, shown, bundle, measured))
    downloads.draw(plan, predictions, shown, measured)


def _draw_comparison(predictions: Sequence[Prediction]) -> None:
    """Several predictions side by side."""
    if len(predictions) == 1:
        return
    from xpert.prediction.export import gene_table

    shifts = gene_table(predictions)[["gene", "treatment", "delta"]]
    st.header("Side by side")
    st.altair_chart(comparison(shifts, predictions[0].readout), alt=comparison_alt(shifts))


def _pick(predictions: Sequence[Prediction]) -> Prediction:
    """One of several predictions; the last one first, as it is the one in the controls."""
    if len(predictions) == 1:
        return predictions[0]
    by_text = {str(p.treatment): p for p in predictions}
    if session.value(SHOWN) not in by_text:
        session.put(SHOWN, next(reversed(by_text)))
    chosen = st.segmented_control("Showing", list(by_text), key=SHOWN, format_func=escaped, required=True)
    return by_text[chosen or next(reversed(by_text))]
