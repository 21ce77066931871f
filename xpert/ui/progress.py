"""A bar for work that takes more than a second, with the time that is left as measured so far."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import streamlit as st

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

T = TypeVar("T")


@contextmanager
def told(label: str) -> Iterator[Callable[[float], None]]:
    """A bar that goes away at the end; what is yielded moves it, from 0 to 1.

    Parameters
    ----------
    label
        What is being done, as Markdown.
    """
    bar = st.progress(0.0, text=f"{label} …")
    start = time.monotonic()

    def tell(done: float) -> None:
        share = min(max(done, 0.0), 1.0)
        bar.progress(share, text=f"{label}: {share:.0%}{_left(time.monotonic() - start, share)}")

    try:
        yield tell
    finally:
        bar.empty()


def tracked(items: Sequence[T], label: str) -> Iterator[T]:
    """Go through `items` under a bar."""
    with told(label) as tell:
        for done, item in enumerate(items):
            yield item
            tell((done + 1) / len(items))


def _left(seconds: float, share: float) -> str:
    """The time that is left when the rest goes as fast as what is done."""
    rest = seconds / share * (1 - share) if share > 0 else 0.0
    return f", about {rest:.0f} s left" if rest >= 1 else ""
