"""The Python lines that give what the page shows."""

from __future__ import annotations

import json

_NEIGHBOURS = """\
import xpert
from xpert.perturbverse.neighbours import agreement, neighbours

bundle = xpert.load_bundle({model})
treatment = xpert.Treatment.parse({treatment})
table = neighbours(bundle, treatment, by={by}, k={k}{modality})
table["ways"] = agreement(bundle, treatment, k={k}{modality}).reindex(table.index)
table
"""

_IN_COMMON = """\
import xpert
from xpert.response.gene_sets import enriched
from xpert.response.in_common import moved_in_common
from xpert.response.point_shifts import point_shifts

bundle = xpert.load_bundle({model})
rows = {rows}  # of bundle.perturbverse
genes = moved_in_common(point_shifts(bundle)[rows], bundle.genes, top={top}, share={share})
table = enriched(genes["gene"], bundle.genes, {collection})
table
"""


def neighbour_lines(model: str, treatment: str, by: str, k: int, modality: str | None = None) -> str:
    """The lines for a table of neighbours."""
    kind = f", modality={_quoted(modality)}" if modality else ""
    return _NEIGHBOURS.format(
        model=_quoted(model), treatment=_quoted(treatment), by=_quoted(by), k=k, modality=kind
    )


def in_common_lines(model: str, rows: tuple[int, ...], *, top: int, share: float, collection: str) -> str:
    """The lines for the gene sets of what a selection moves in common."""
    return _IN_COMMON.format(
        model=_quoted(model), rows=list(rows), top=top, share=share, collection=_quoted(collection)
    )


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
