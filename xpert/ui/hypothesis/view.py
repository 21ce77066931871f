"""The verdict on the page: in words, as a figure, and what stands behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from xpert.design.report import marks
from xpert.design.said import chance, signed
from xpert.plots.hypothesis import shifts, shifts_alt
from xpert.plots.labels import plain
from xpert.ui import figures
from xpert.ui.hypothesis import panels
from xpert.ui.text import counted, escaped

if TYPE_CHECKING:
    from xpert.design.hypothesis import Verdict

_MOST_MARKS = 12


def draw(verdict: Verdict) -> None:
    """Draw everything that is said of a hypothesis."""
    asked, made = verdict.hypothesis, verdict.prediction
    st.header(escaped(str(asked), longest=300))
    _draw_verdict(verdict)
    figure, words = st.columns([11, 10], gap="medium")
    with figure:
        st.subheader("Predicted beside measured")
        shown = marks(verdict, most=_MOST_MARKS)
        figures.chart(
            shifts(shown, made.readout, asked.direction.sign),
            "xpert-hypothesis",
            words=shifts_alt(shown, asked.subject),
            about=f"{asked} ({made.model})",
        )
        st.caption(
            "Lines are 90 % intervals: of the prediction, and of measured means where the spread over cells is known. "
            "The shaded side is where the hypothesis holds."
        )
    with words:
        st.subheader("In words")
        st.markdown("\n".join(f"- {escaped(sentence, longest=700)}" for sentence in verdict.sentences))
    tabs = st.tabs(
        [
            "Measured evidence",
            "Known paths",
            "Confirm or refute",
            "Cells needed",
            "Its genes",
            "Behind the prediction",
        ]
    )
    drawers = (panels.measured, panels.paths, panels.readouts, panels.cells, panels.genes, panels.behind)
    for tab, drawer in zip(tabs, drawers, strict=True):
        with tab:
            drawer(verdict)


def _draw_verdict(verdict: Verdict) -> None:
    """The answer at a glance."""
    asked, made = verdict.hypothesis, verdict.prediction
    with st.container(border=True):
        st.markdown(f"### {escaped(verdict.headline)}")
        chances, shift, cells = st.columns([3, 4, 4])
        chances.metric(
            f"Probability that it goes {asked.direction.value}",
            chance(verdict.probability),
            help="That an experiment like the model's own shows a shift in this direction, calibrated on held-out "
            "conditions. 50 % says that the model cannot tell. It is no p value.",
        )
        chances.progress(verdict.probability)
        shift.metric(
            f"Predicted shift, {made.readout.delta_label}",
            signed(verdict.shift) if verdict.shift else "0",
            help="Of the gene, or the mean over the genes of the set.",
        )
        shift.caption(f"90 % interval {escaped(signed(verdict.lower))} to {escaped(signed(verdict.upper))}")
        needed = verdict.power.expected
        number = "–" if needed.fewest is None or needed.most is None else _range(needed.fewest, needed.most)
        cells.metric(f"{needed.unit.capitalize()} per arm to show it", number)
        cells.caption(
            escaped(f"{needed.reason[:1].upper()}{needed.reason[1:]}.")
            if needed.fewest is None
            else "80 % power, two-sided α = 0\\.05; the tab Cells needed has the cautious number"
        )
        st.caption(
            f"{plain(made.model)} · {counted(len(verdict.genes), 'gene')} · {escaped(made.evidence.question.label)}"
        )


def _range(fewest: int, most: int) -> str:
    if fewest > 1_000_000:
        return "over a million"
    last = f"{most:,}" if most <= 1_000_000 else "over a million"
    return last if fewest == most else f"{fewest:,} – {last}"
