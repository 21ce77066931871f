"""A pasted or typed list of genes, sorted into those in the table and those that are not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from xpert.errors import nearest_names

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST = 500


class Search(NamedTuple):
    """What a search found.

    Attributes
    ----------
    found
        Names in the table, in the order in which they were asked for.
    missing
        For each name that is not there, the names spelt most like it.
    """

    found: tuple[str, ...]
    missing: dict[str, tuple[str, ...]]


def search(text: str, genes: Sequence[str]) -> Search:
    """Look up names separated by commas, spaces, tabs or lines, regardless of case; a name may end in ``*``."""
    by_fold: dict[str, list[str]] = {}
    for gene in genes:
        by_fold.setdefault(gene.casefold(), []).append(gene)
    found: dict[str, None] = {}
    missing: dict[str, tuple[str, ...]] = {}
    for word in re.split(r"[\s,;]+", text.strip())[:_MOST]:
        hits = _hits(word.casefold(), by_fold)
        found |= dict.fromkeys(hits)
        if word and not hits:
            missing[word] = nearest_names(word, genes, count=3)
    return Search(tuple(found), missing)


def _hits(word: str, by_fold: dict[str, list[str]]) -> list[str]:
    if word.endswith("*") and len(word) > 1:
        return [gene for fold, genes in by_fold.items() if fold.startswith(word[:-1]) for gene in genes]
    return by_fold.get(word, [])
