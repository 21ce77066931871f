"""What a closed tab held is dropped once it cannot come back.

Streamlit keeps the state of a closed tab for ``server.disconnectedSessionTTL`` seconds in case its connection was only
lost, and after that until another tab is closed, which on a quiet server may be never.
"""

from __future__ import annotations

import gc
import time
import weakref
from dataclasses import dataclass, field
from threading import Lock, Thread
from typing import TYPE_CHECKING, Protocol

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

if TYPE_CHECKING:
    from collections.abc import Callable

    from xpert.ui.session import Session

_PAUSE = 5.0


class Clearable(Protocol):
    """What can be emptied."""

    def clear(self) -> None:
        """Drop everything in it."""


@dataclass
class Watched:
    """One tab.

    Attributes
    ----------
    session
        What it holds of ours; not kept alive by being watched.
    state
        Everything it holds, the state of its controls too; empty where that cannot be had.
    gone
        When it was first seen to be closed; None while it is open.
    """

    session: weakref.ref[Session]
    state: Clearable
    gone: float | None = None

    def wipe(self) -> None:
        """Drop everything."""
        session = self.session()
        if session is not None:
            session.forget_all()
        self.state.clear()


@dataclass
class Watch:
    """Every tab of this server, and the thread that looks after them while there are any.

    Attributes
    ----------
    is_open
        Whether a tab of this id is connected.
    patience
        Seconds after which a closed tab cannot come back.
    pause
        Seconds between two looks.
    """

    is_open: Callable[[str], bool]
    patience: float
    pause: float = _PAUSE
    _tabs: dict[str, Watched] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)
    _is_running: bool = False

    def add(self, name: str, watched: Watched) -> None:
        """Look after one more tab."""
        with self._lock:
            self._tabs[name] = watched
            if not self._is_running:
                self._is_running = True
                Thread(target=self._run, name="xpert sweep", daemon=True).start()

    def look(self, now: float) -> None:
        """Drop what tabs held that have been closed for too long."""
        with self._lock:
            tabs = dict(self._tabs)
        late = []
        for name, tab in tabs.items():
            if self.is_open(name):
                tab.gone = None
            elif tab.gone is None:
                tab.gone = now
            elif now - tab.gone > self.patience:
                late.append(name)
        for name in late:
            tabs[name].wipe()
            with self._lock:
                self._tabs.pop(name)
        if late:
            gc.collect()  # tables refer to one another in circles

    def _run(self) -> None:
        while True:
            time.sleep(self.pause)
            self.look(time.monotonic())
            with self._lock:
                if not self._tabs:
                    self._is_running = False
                    return


def watch(session: Session) -> None:
    """Have what the present tab holds dropped after it was closed."""
    context = get_script_run_ctx(suppress_warning=True)
    if context is None or not runtime.exists():
        return
    # The state itself: what wraps it belongs to the run of a script, and refuses once that has ended.
    state = getattr(context.session_state, "_state", {})
    _watch().add(context.session_id, Watched(weakref.ref(session), state))


@st.cache_resource(show_spinner=False)
def _watch() -> Watch:
    patience = float(st.get_option("server.disconnectedSessionTTL"))
    return Watch(lambda name: runtime.exists() and runtime.get_instance().is_active_session(name), patience)
