"""What a hypothesis can be about: a model's genes, and gene sets of which it predicts enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from xpert.response.gene_sets import gene_sets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xpert.model.bundle import Bundle

COLLECTIONS = ("HALLMARK", "REACTOME")
FEWEST = 5


def subjects(bundle: Bundle) -> Mapping[str, int]:
    """Names for type-ahead: genes, with 0, then sets, with how many of their genes the model predicts."""
    return _subjects(bundle.name, bundle)


@st.cache_resource(show_spinner=False, max_entries=8)
def _subjects(name: str, _bundle: Bundle) -> dict[str, int]:
    del name  # what the cache goes by
    genes = frozenset(_bundle.genes)
    found = dict.fromkeys(sorted(_bundle.genes), 0)
    for collection in COLLECTIONS:
        sizes = {name: len(genes.intersection(members)) for name, members in gene_sets(collection).items()}
        found |= {name: size for name, size in sizes.items() if size >= FEWEST and name not in genes}
    return found
