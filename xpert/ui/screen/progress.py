"""How far the reader's screen is, and the button that ends it."""

from __future__ import annotations

from concurrent.futures import CancelledError as NeverBegunError

import streamlit as st

from xpert.training.bar import clock
from xpert.ui import session
from xpert.ui.frame import guarded
from xpert.ui.screen.jobs import CancelledError, workers
from xpert.ui.text import counted

_EVERY_SECONDS = 0.5


def draw() -> None:
    """Draw the progress while a screen runs; take its result when it is there."""
    mine = session.current()
    job = mine.screen
    if job is None:
        return
    if not job.is_over:
        _draw_running()
        return
    try:
        job.future.result()
        mine.ranked = job
    except (CancelledError, NeverBegunError):
        st.info("This screen was cancelled.", icon=":material/cancel:")


@st.fragment(run_every=_EVERY_SECONDS)
@guarded
def _draw_running() -> None:
    job = session.current().screen
    if job is None or job.is_over:
        st.rerun()
    bar, button = st.columns([8, 1], vertical_alignment="center")
    ahead = workers().ahead(job)
    if ahead:
        bar.progress(0.0, text=f"Waiting for {counted(ahead, 'screen')} of other readers …")
    elif job.seconds_left is None:
        bar.progress(0.0, text="Beginning …")
    else:
        bar.progress(
            job.share,
            text=f"{job.done:,} of {counted(job.total, 'treatment')}, about {clock(job.seconds_left)} left",
        )
    button.button("Cancel", icon=":material/cancel:", key="screen cancel", on_click=_cancel)


@guarded
def _cancel() -> None:
    job = session.current().screen
    if job is not None:
        job.cancel()
