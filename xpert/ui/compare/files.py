"""Files of the Compare page; each is made when its button is pressed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import streamlit as st

from xpert.ui import figures, run
from xpert.ui.compare.lines import python_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from xpert.prediction.prediction import Prediction
    from xpert.ui.compare.asked import Asked


def settings_file(asked: Asked, predictions: Sequence[Prediction]) -> bytes:
    """What was asked and where the numbers come from, as JSON."""
    from xpert.prediction.export import provenance

    came_from = provenance(predictions)
    came_from["predictions"] = json.loads(came_from["predictions"])
    return json.dumps({"asked": asked.query, **came_from}, indent=2, ensure_ascii=False).encode()


def draw(
    asked: Asked,
    predictions: Sequence[Prediction],
    made: dict[str, Callable[[], bytes]],
    *,
    least: int = 2,
    signature: str = '""',
) -> None:
    """Draw a button for each file, the settings, and the Python lines.

    Parameters
    ----------
    asked
        What is shown.
    predictions
        Its predictions.
    made
        What makes each file, by the button's label; a label ends in the file's kind in brackets.
    least, signature
        As for `python_lines`.
    """
    st.subheader("Take it away")
    figures.draw_choice()
    everything = made | {"Settings (JSON)": lambda: settings_file(asked, predictions)}
    with st.container(horizontal=True):
        for label, make in everything.items():
            name, ending = label.removesuffix(")").split(" (")
            st.download_button(
                label,
                make,
                file_name=f"xpert-{asked.view.value}-{name.lower().replace(' ', '-')}.{ending.lower()}",
                icon=":material/download:",
                on_click="ignore",
                key=f"compare file {asked.view.value} {label}",
            )
    st.caption(
        "This page's address holds the same settings: send it to a colleague to show the same figures."
    )
    with st.expander("Show the Python lines", icon=":material/code:"):
        upload = run.upload_of(asked.plans[0])
        file, mapping = (upload.name, upload.mapping) if upload else ("", None)
        lines = python_lines(asked, least=least, signature=signature, file=file, mapping=mapping)
        st.code(lines, language="python")
