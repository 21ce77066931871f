"""All treatments of the plan side by side, gene by gene."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from xpert.plots.treatment_heatmap import scale_end, strongest, treatment_heatmap, treatment_heatmap_alt
from xpert.ui import figures, session
from xpert.ui.text import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xpert.prediction.prediction import Prediction

_MOST_ROWS = 60
_MOST_MOVED, _ASKED = "Most moved", "The genes that you asked for"
_ROWS, _COUNT = "rows of the heat map", "genes of the heat map"


def draw(predictions: Sequence[Prediction], asked: Sequence[str]) -> None:
    """Draw the heat map of several predictions.

    Parameters
    ----------
    predictions
        Of one model in one context.
    asked
        Genes that were searched or picked; without any, those that move most under any treatment.
    """
    from xpert.prediction.export import gene_table

    shifts = gene_table(predictions)[["gene", "treatment", "delta", "lower", "upper"]]
    st.subheader("Side by side")
    genes, count = _which(asked)
    figures.chart(
        treatment_heatmap(shifts, predictions[0].readout, genes=genes, count=count),
        "xpert-side-by-side",
        words=treatment_heatmap_alt(shifts, genes=genes),
        about=f"{predictions[0].context}, by {predictions[0].model}; a dot: 90 % interval leaves zero out",
    )
    drawn = shifts[shifts["gene"].isin(genes or strongest(shifts, count))]["delta"]
    end, largest = scale_end(drawn), float(drawn.abs().max())
    ends = f" They end at ±{end:.2g}; the largest shift is {largest:.2g}." if largest > end else ""
    unshown = len(asked) - len(genes) if genes else 0
    more = f" {counted(unshown, 'more gene')} of your choice would not fit." if unshown else ""
    st.caption(
        f"The colours are even about zero.{ends} A dot marks where the 90 % interval leaves zero out. Genes that move "
        f"alike stand together, unless you asked for them by name.{more}"
    )


def _which(asked: Sequence[str]) -> tuple[list[str], int]:
    """The genes to show, and how many where they are to be found."""
    if not session.has(_COUNT):
        session.put(_COUNT, 25)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if asked:
            if session.value(_ROWS) not in {_MOST_MOVED, _ASKED}:
                session.put(_ROWS, _ASKED)
            if st.segmented_control("Genes", [_ASKED, _MOST_MOVED], key=_ROWS, required=True) == _ASKED:
                return list(asked[:_MOST_ROWS]), len(asked)
        return [], int(st.slider("Genes that move most", 10, _MOST_ROWS, step=5, key=_COUNT))
