"""The frame round each page: its settings, the menu, and the last place where an error is caught."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec
from uuid import uuid4

import streamlit as st

from xpert import __version__
from xpert.errors import InputError, TreatmentSyntaxError
from xpert.ui import session, tour
from xpert.ui.text import escaped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from streamlit.delta_generator import DeltaGenerator

P = ParamSpec("P")

logger = logging.getLogger(__name__)

# Streamlit's wide layout leaves 5rem at each side, which a figure beside a table cannot spare on a laptop; and its
# primary colour cannot stand out by 4.5 to 1 both under white text and as text on a dark ground.
_STYLE = """<style>
.stMainBlockContainer {padding-left: 2.5rem; padding-right: 2.5rem; max-width: 1480px}
[data-testid="stSliderThumbValue"], button[role="radio"][aria-checked="true"] {color: inherit !important}
</style>"""


_ICON = Path(__file__).with_name("icon.svg")
_PAGES = {
    "Start": ("app.py", ":material/home:"),
    "Data": ("pages/1_Data.py", ":material/table_view:"),
    "Predict": ("pages/2_Predict.py", ":material/genetics:"),
    "Perturbverse": ("pages/3_Perturbverse.py", ":material/bubble_chart:"),
    "Look up": ("pages/4_Look_up.py", ":material/manage_search:"),
    "Compare": ("pages/5_Compare.py", ":material/compare_arrows:"),
    "Hypothesis": ("pages/6_Hypothesis.py", ":material/lightbulb:"),
    "Screen": ("pages/7_Screen.py", ":material/leaderboard:"),
}


@contextmanager
def page(title: str) -> Iterator[None]:
    """Frame one page: settings, menu, heading, and plain words for whatever goes wrong inside.

    Parameters
    ----------
    title
        One of the pages' names.
    """
    if title not in _PAGES:
        raise ValueError(f"{title!r} is none of the pages: {', '.join(_PAGES)}")
    # A ":material/…:" icon would make the reader's browser fetch it from another host.
    st.set_page_config(page_title=f"{title} · X-Pert", page_icon=str(_ICON), layout="wide")
    st.html(_STYLE)
    with Guard():
        session.note(title)
        tour_place = _menu()
        yield
        with tour_place:
            tour.draw_next()


class Guard:
    """Show an error that is raised inside in plain words; its trace goes to the server's log alone."""

    def __enter__(self) -> None:
        """Nothing to set up."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        """Swallow errors; let pass what Streamlit raises to stop or to run again."""
        if not isinstance(error, Exception):
            return False
        _say(error)
        return True


def guarded(part: Callable[P, None]) -> Callable[P, None]:
    """The same for a callback, which runs outside the page."""

    @wraps(part)
    def safe(*args: P.args, **kwargs: P.kwargs) -> None:
        with Guard():
            part(*args, **kwargs)

    return safe


def fragment(part: Callable[P, None]) -> Callable[P, None]:
    """A part of a page that runs again by itself, with its own guard; the page's address is remembered after it."""

    @wraps(part)
    def noted(*args: P.args, **kwargs: P.kwargs) -> None:
        guarded(part)(*args, **kwargs)
        session.note()

    return st.fragment(noted)


def _say(error: Exception) -> None:
    if isinstance(error, TreatmentSyntaxError):
        st.error(escaped(error.reason), icon=":material/edit_note:")
        st.code(f"{error.text}\n{' ' * error.position}^", language=None)
    elif isinstance(error, InputError):
        st.error(escaped(error, longest=1_200), icon=":material/info:")
    else:
        number = uuid4().hex[:8]
        logger.error("error %s on a page", number, exc_info=error)
        st.error(
            "This should not have happened. Try again, or start afresh; the server's log has the details "
            f"under **{number}**.",
            icon=":material/report:",
        )


def _menu() -> DeltaGenerator:
    """Draw the menu, and give the place in it where the tour goes on."""
    st.logo(str(_ICON), size="large")
    with st.sidebar:
        st.markdown("## X-Pert")
        st.caption("How cells respond to genetic and chemical perturbations")
        plan, restored = session.current().plan, session.current().restored
        for name, (path, icon) in _PAGES.items():
            query = plan.query if plan and name == "Predict" else restored.get(name)
            st.page_link(path, label=name, icon=icon, query_params=query, width="stretch")
        tour_place = st.container()
        upload = session.current().upload
        st.space("small")
        if upload is None:
            st.caption("No data of yours is loaded.")
        else:
            st.caption(f"Loaded: {escaped(upload.name, longest=40)}")
        st.caption(f"Version {escaped(__version__)}")
    return tour_place
