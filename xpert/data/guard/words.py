"""Pieces of messages: text that came from a file, and sizes, as a person can read them."""

from __future__ import annotations

from xpert.data.guard.limits import GIB, MIB


def shown(text: object, *, width: int = 60) -> str:
    """Text from a file, quoted, cut, and with everything that does not print written as an escape."""
    words = str(text)
    return repr(words if len(words) <= width else f"{words[:width]}…")


def size(count: float) -> str:
    """A number of bytes, for example ``8.0 GiB``."""
    if count >= 1024 * GIB:
        return f"{count / (1024 * GIB):,.0f} TiB"
    if count >= GIB:
        return f"{count / GIB:.1f} GiB"
    if count >= MIB:
        return f"{count / MIB:.0f} MiB"
    return f"{count / 1024:.0f} KiB" if count >= 10_240 else f"{count:,.0f} bytes"


def listed(names: list[str], *, most: int = 8) -> str:
    """Some names from a file, quoted, and how many more there are."""
    text = ", ".join(shown(name) for name in names[:most])
    return f"{text} and {len(names) - most} more" if len(names) > most else text
