"""The Python lines beside a result."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from xpert.ui.run import upload_of
from xpert.ui.snippet import Part, python_lines

if TYPE_CHECKING:
    from xpert.ui.plan import Plan


def draw(plan: Plan, part: Part, place: int, *, collection: str = "HALLMARK") -> None:
    """Draw a button that opens the lines which give the same in Python.

    Parameters
    ----------
    plan
        What the page shows.
    part
        What of it.
    place
        Of the shown treatment among those of the plan.
    collection
        Sets of genes whose activity is shown.
    """
    upload = upload_of(plan)
    with st.popover("Python lines", icon=":material/code:", type="tertiary", key=f"lines {part.name}"):
        st.code(
            python_lines(
                plan,
                part,
                place=place,
                file=upload.name if upload else "",
                mapping=upload.mapping if upload else None,
                collection=collection,
            ),
            language="python",
        )
