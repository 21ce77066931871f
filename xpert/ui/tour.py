"""A guided first visit on the data that come with the program: five steps, each one sentence and one link."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from xpert.ui import load, sample, session
from xpert.ui.examples import EXAMPLES, available

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xpert.perturbation import Treatment
    from xpert.ui.session import Session

_MEASURED, _NEW = EXAMPLES[0], EXAMPLES[1]
_Query = dict[str, str | list[str]]


class Step(NamedTuple):
    """One step of the tour.

    Attributes
    ----------
    label
        What to do.
    words
        What is to be seen there, in one sentence.
    page
        File of the page.
    query
        State in which the page opens.
    is_done
        Whether this session has been there.
    """

    label: str
    words: str
    page: str
    query: _Query
    is_done: bool


def steps(now: Session) -> list[Step]:
    """The steps of the tour as they stand in this session."""
    here = available(load.bundle_infos())
    measured: _Query = _MEASURED.plan.query if _MEASURED in here else {}
    new: _Query = _NEW.plan.query if _NEW in here else {}
    seen = {*now.addresses, *now.restored}
    return [
        Step(
            "Open a prediction",
            "Two genes are activated at once: see every gene's predicted shift beside what was measured.",
            "pages/2_Predict.py",
            measured,
            bool(_predicted(now)),
        ),
        Step(
            "Read the evidence",
            "These two were never measured together: “What stands behind it” says how far the answer can be trusted.",
            "pages/2_Predict.py",
            new,
            _NEW.plan.treatments[0] in _predicted(now),
        ),
        Step(
            "Meet the neighbours",
            "In the Perturbverse all treatments stand in one map; click a point to see what acts like it.",
            "pages/3_Perturbverse.py",
            {},
            "Perturbverse" in seen,
        ),
        Step(
            "Compare, then test a guess",
            "See whether the two genes add up; the page Hypothesis then says how likely a guess of yours is.",
            "pages/5_Compare.py",
            new | {"view": "combination"} if new else {},
            bool(seen & {"Compare", "Hypothesis"}),
        ),
        Step(
            "Try your own data",
            "Open a file of yours, or the sample file, confirm what its columns mean, and predict from its cells.",
            "pages/1_Data.py",
            {},
            now.upload is not None or now.uploads > 0,
        ),
    ]


def draw() -> None:
    """Draw the tour, or the button that calls it back."""
    now = session.current()
    if now.is_tour_hidden:
        if st.button("Show the guided tour", icon=":material/tour:", type="tertiary"):
            now.is_tour_hidden = False
            st.rerun()
        return
    all_steps = steps(now)
    with st.container(border=True):
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap=None
        ):
            st.header("A first visit in five steps", width="content")
            if st.button("Hide the tour", icon=":material/close:", type="tertiary"):
                now.is_tour_hidden = True
                st.rerun()
        for number, step in enumerate(all_steps, 1):
            _draw_step(number, step)
        _draw_end(all_steps)


def draw_next() -> None:
    """Draw the next step in the menu, once the tour has been begun and until it is done or put away."""
    now = session.current()
    if now.is_tour_hidden or not (now.addresses.keys() | now.restored.keys()) - {"Start", "Data"}:
        return
    all_steps = steps(now)
    done = sum(step.is_done for step in all_steps)
    following = next((step for step in all_steps if not step.is_done), None)
    if following is None or not done:
        return
    st.caption(f"Guided tour: {done} of {len(all_steps)} steps done. Next:")
    st.page_link(
        following.page,
        label=following.label,
        icon=":material/tour:",
        query_params=following.query,
        help=following.words,
        width="stretch",
    )


def _draw_step(number: int, step: Step) -> None:
    link, words = st.columns([3, 8], vertical_alignment="center")
    link.page_link(
        step.page,
        label=f"**{step.label}**",
        icon=":material/check_circle:" if step.is_done else f":material/counter_{number}:",
        query_params=step.query or None,
    )
    words.caption(f"**Done.** {step.words}" if step.is_done else step.words)


def _draw_end(all_steps: Sequence[Step]) -> None:
    done = sum(step.is_done for step in all_steps)
    with st.container(horizontal=True, vertical_alignment="center"):
        sample.download()
        if done == len(all_steps):
            st.caption("All five are done: the tour can be hidden.")
        elif done:
            st.caption(f"{done} of {len(all_steps)} done in this session.")
        else:
            st.caption(
                "Nothing has to be installed or uploaded for the first four; the sample is for the fifth."
            )


def _predicted(now: Session) -> set[Treatment]:
    """Treatments that were predicted in this session, once the Predict page was opened: others predict as well."""
    if "Predict" not in now.addresses and "Predict" not in now.restored:
        return set()
    return {treatment for plan in now.results for treatment in plan.treatments}
