"""Saving a session as a project, and opening one; nothing else keeps anything after the session."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, BinaryIO

import streamlit as st

from xpert.errors import InputError
from xpert.ui import session
from xpert.ui.frame import Guard
from xpert.ui.progress import told, tracked
from xpert.ui.project.archive import Bounds
from xpert.ui.project.read import open_project
from xpert.ui.project.write import project_file
from xpert.ui.text import counted, escaped, listed, megabytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xpert.prediction.prediction import Prediction
    from xpert.ui.project.read import Opened
    from xpert.ui.session import Session

WITH_DATA = "project with data"
# Two numbers of one prediction that differ by less were computed on another machine, not by another model.
_SAME = 1e-4
_ROOM = 8 << 20


def draw() -> None:
    """Draw what was said of the project opened last, and both boxes."""
    now = session.current()
    _draw_told(now)
    with st.expander("Save or open a project", icon=":material/folder_zip:"):
        save, opening = st.columns(2, gap="medium")
        with save:
            _draw_save(now)
        with opening:
            _draw_open(now)


def _draw_told(now: Session) -> None:
    if now.told:
        st.info("  \n".join(now.told), icon=":material/folder_open:")
    if now.awaited is not None:
        st.warning(
            f"The project was made with the file **{escaped(now.awaited.name, longest=80)}** (sha256 "
            f"{now.awaited.sha256[:16]} …), which is not part of it. Open that file below: its mapping is then taken over.",
            icon=":material/upload_file:",
        )
    if not now.told:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if now.plan is not None:
            st.page_link(
                "pages/2_Predict.py",
                label="Go on where it was saved",
                icon=":material/genetics:",
                query_params=now.plan.query,
            )
        if st.button("Put these notes away", icon=":material/close:", type="tertiary"):
            now.told = ()
            st.rerun()


def _draw_save(now: Session) -> None:
    st.markdown("**Save this session**")
    parts = [
        counted(number, one, many)
        for number, one, many in (
            (len(now.results), "prediction", "predictions"),
            (len(now.basket), "treatment set aside", "treatments set aside"),
            (len(now.addresses), "page as it was", "pages as they were"),
        )
        if number
    ]
    st.caption(
        f"One zip with {listed(parts)}: settings as JSON, tables as CSV. It is made when the button is pressed and "
        "kept nowhere else."
    )
    with_data = False
    if now.upload is not None and now.upload.original is not None:
        size = now.upload.original.size
        fits = size + _ROOM <= _limit()
        with_data = st.checkbox(
            f"With the data file itself ({megabytes(size)})",
            key=WITH_DATA,
            disabled=not fits,
            help="Then the project opens without the file at hand. Leave it out where the cells must not leave this "
            "machine: the project then holds the file's name and hash, never a cell.",
        )
        if not fits:
            st.caption("The file is too large to be part of a project; open it again beside the project.")
    st.download_button(
        "Save project",
        partial(project_file, now, with_data=with_data),
        file_name=f"xpert-project-{datetime.now(UTC):%Y-%m-%d}.zip",
        mime="application/zip",
        icon=":material/save:",
        on_click="ignore",
    )


def _draw_open(now: Session) -> None:
    st.markdown("**Open a project**")
    offered = st.file_uploader(
        f"A project (.zip), up to {_limit() >> 20} MB", type=["zip"], key=f"project {now.uploads}"
    )
    st.caption("It takes the place of everything in this session. Its data file is checked like any upload.")
    if offered is not None:
        with Guard():
            _open(offered)
            st.rerun()


def _open(content: BinaryIO) -> None:
    limit = _limit()
    with told("Checking and reading the project") as tell:
        opened = open_project(content, tell, Bounds(archive=limit, data=limit))
    session.begin(opened.session)
    lines = [f"The project saved {escaped(opened.saved)} is open."]
    lines += [escaped(word) for word in opened.words]
    opened.session.told = (*lines, *_computed_again(opened))


def _computed_again(opened: Opened) -> list[str]:
    """Make every prediction anew, and say where it is not what was saved."""
    from xpert.ui.run import predictions

    same, lines = 0, []
    for plan, saved in tracked(list(opened.results.items()), "Computing the predictions again"):
        title = ", ".join(map(str, plan.treatments))
        try:
            found = predictions(plan)
        except InputError as error:
            lines.append(f"Not computed again: {escaped(title, longest=120)}. {escaped(error)}")
            continue
        gap = _largest_gap(found, saved)
        if gap is not None and gap <= _SAME:
            same += 1
        elif saved is not None:
            by = f"by up to {gap:.3g}" if gap is not None else "in its genes"
            lines.append(
                f"{escaped(title, longest=120)} differs from the saved table {by}: the model, its version or the data "
                "are others than when it was saved. The page shows the new numbers; the zip holds the old ones."
            )
    if same:
        lines.insert(0, f"{counted(same, 'prediction')} computed again, equal to the saved tables.")
    return lines


def _largest_gap(found: Sequence[Prediction], saved: list[float] | None) -> float | None:
    """The largest difference between two tables; None where they are not of the same length."""
    import numpy as np

    delta = np.concatenate([p.delta for p in found])
    if saved is None or len(saved) != len(delta):
        return None
    gap = float(np.abs(delta - np.array(saved)).max())
    return gap if np.isfinite(gap) else None


def _limit() -> int:
    return int(st.get_option("server.maxUploadSize")) << 20
