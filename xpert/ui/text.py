"""Words for the page: text from files drawn as it stands, never as markup."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from xpert.plots.labels import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:^=&])")


def escaped(text: object, *, longest: int = 400) -> str:
    """Text for a place that reads Markdown, so that every character stands for itself."""
    return _MARKUP.sub(r"\\\1", plain(text, longest=longest))


def counted(number: int, one: str, many: str = "") -> str:
    """``1 cell``, ``2,000 cells``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(names: Sequence[object], *, most: int = 6) -> str:
    """Names separated by commas, and how many more there are."""
    shown = ", ".join(plain(n) for n in names[:most])
    return f"{shown} and {len(names) - most:,} more" if len(names) > most else shown


def megabytes(size: int) -> str:
    """A file size for people."""
    return f"{size / 1e6:,.1f} MB" if size >= 1e5 else f"{size / 1e3:,.1f} kB"
