"""Names and labels from a file: decoded as UTF-8, of a sane length, without characters that do not show."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from xpert.data.guard.words import shown
from xpert.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

# Control characters, marks that turn the writing direction, and characters without width: a name that
# holds one looks like another name.
_HIDDEN = r"\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff"
_IN_NAME = re.compile(rf"[\x00-\x1f{_HIDDEN}]")
_IN_LABEL = re.compile(rf"[\x00-\x08\x0b\x0c\x0e-\x1f{_HIDDEN}]")


def check_names(names: Sequence[str], where: str, *, longest: int, first: int = 0) -> None:
    """Refuse names (of genes, cells, columns) that are too long or hold a hidden character.

    Parameters
    ----------
    names
        Some consecutive names.
    where
        What they name, for the message.
    longest
        Most characters of a name.
    first
        Place of ``names[0]`` among all names, from 0.
    """
    _check(names, where, _IN_NAME, longest, first)


def check_labels(labels: Sequence[str], where: str, *, longest: int, first: int = 0) -> None:
    """Refuse text values that are too long or hold a hidden character; tabs and line ends may stand."""
    _check(labels, where, _IN_LABEL, longest, first)


def _check(texts: Sequence[str], where: str, hidden: re.Pattern[str], longest: int, first: int) -> None:
    if not texts:
        return
    if max(map(len, texts)) > longest:
        place, text = next((i, t) for i, t in enumerate(texts) if len(t) > longest)
        raise InputError(
            f"{where}: entry {first + place + 1:,} is {len(text):,} characters long "
            f"({shown(text, width=30)}); at most {longest:,} are read. Shorten it."
        )
    if hidden.search("".join(texts)):
        place, match = next((i, m) for i, t in enumerate(texts) if (m := hidden.search(t)))
        raise InputError(
            f"{where}: entry {first + place + 1:,}, {shown(texts[place])}, holds the hidden character "
            f"U+{ord(match.group()):04X}, which can make two names look alike. Remove it and try again."
        )


def decode(raw: Sequence[bytes], where: str, *, first: int = 0) -> list[str]:
    """Bytes as text; bytes that are not UTF-8 are refused with their place."""
    try:
        return [entry.decode() for entry in raw]
    except UnicodeDecodeError as error:
        place = next(i for i, entry in enumerate(raw) if entry == error.object)
        raise InputError(
            f"{where}: entry {first + place + 1:,}, {shown(error.object)}, is not UTF-8 text. "
            "Write the file again with its names encoded as UTF-8."
        ) from None
