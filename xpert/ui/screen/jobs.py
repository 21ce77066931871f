"""Screens that run while the page is used: a few at a time for the whole server, each its reader's own."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import TYPE_CHECKING

import streamlit as st

from xpert.design.screen import screen
from xpert.errors import InputError

if TYPE_CHECKING:
    from xpert.design.objective import Objective
    from xpert.design.screen import Ranking
    from xpert.model.bundle import Bundle
    from xpert.ui.screen.asked import Asked

AT_ONCE, MOST_WAITING = 2, 12


class CancelledError(Exception):
    """The reader does not want the screen any more."""


@dataclass(eq=False)
class Job:
    """One screen, told of by the thread that computes it and looked at by the page.

    Attributes
    ----------
    asked
        What is computed.
    future
        Its result.
    stop
        Set when it is not wanted any more.
    done, total
        Conditions that are scored, and all of them; 0 before the first block.
    begun
        When the first block was begun, in seconds of a clock that only goes forward; 0 while it waits.
    """

    asked: Asked
    future: Future[Ranking] = field(default_factory=Future)
    stop: Event = field(default_factory=Event)
    done: int = 0
    total: int = 0
    begun: float = 0.0

    @property
    def is_over(self) -> bool:
        """Whether there is a result, an error, or nothing to wait for."""
        return self.future.done()

    @property
    def share(self) -> float:
        """Share that is done, 0 to 1."""
        return self.done / self.total if self.total else 0.0

    @property
    def seconds_left(self) -> float | None:
        """When the rest goes as fast as what is done; None before the first block is."""
        if not self.done:
            return None
        return (time.monotonic() - self.begun) / self.done * (self.total - self.done)

    def cancel(self) -> None:
        """End it after the block that is being scored."""
        self.stop.set()
        self.future.cancel()

    def compute(self, bundle: Bundle, objective: Objective) -> Ranking:
        """Rank; in a thread of its own, which knows nothing of the page."""
        self.begun = time.monotonic()
        return screen(bundle, objective, self.asked.contexts, self.asked.candidates, tell=self._tell)

    def _tell(self, done: int, total: int) -> None:
        if self.stop.is_set():
            raise CancelledError
        self.done, self.total = done, total


class Workers:
    """The threads that screen, and how many screens wait for one."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="screen")
        self._lock = Lock()
        self._jobs: list[Job] = []

    def start(self, asked: Asked, bundle: Bundle) -> Job:
        """Put a screen to work.

        Raises
        ------
        InputError
            When the objective cannot be used, or too many screens wait already.
        """
        objective = asked.objective
        objective.on(bundle.genes)
        with self._lock:
            self._jobs = [job for job in self._jobs if not job.is_over]
            if len(self._jobs) >= AT_ONCE + MOST_WAITING:
                raise InputError("Many screens are waiting on this server; try again in some minutes.")
            job = Job(asked)
            job.future = self._pool.submit(job.compute, bundle, objective)
            self._jobs.append(job)
        return job

    def ahead(self, job: Job) -> int:
        """How many screens have to end before this one begins."""
        with self._lock:
            waiting = [other for other in self._jobs if not other.is_over]
        return max(0, waiting.index(job) + 1 - AT_ONCE) if job in waiting and not job.begun else 0


@st.cache_resource(show_spinner=False)
def workers() -> Workers:
    """The one pool of this server."""
    return Workers()
