"""Names from files, made safe to draw: a label can hold anything, and Plotly reads some of it as markup."""

from __future__ import annotations

import html
import unicodedata

LONGEST = 48


def plain(label: object, *, longest: int = LONGEST) -> str:
    """A label on one line, without control or direction characters, cut in the middle where it is too long."""
    text = "".join(" " if unicodedata.category(c) in _UNPRINTABLE else c for c in str(label))
    text = " ".join(text.split())
    if len(text) <= longest:
        return text
    tail = (longest - 1) // 3
    return f"{text[: longest - 1 - tail]}…{text[-tail:]}"


def escaped(label: object, *, longest: int = LONGEST) -> str:
    """The same for Plotly, which draws a subset of HTML in every text."""
    return html.escape(plain(label, longest=longest), quote=False)


_UNPRINTABLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
