"""What 10x Genomics files share: feature types of which one is read at a time, and the table of guide calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from xpert.data.guard.columns import Columns
from xpert.data.guard.words import listed, shown
from xpert.errors import InputError

if TYPE_CHECKING:
    from xpert.data.guard.facts import Indices

EXPRESSION = "Gene Expression"


def feature_table(
    ids: pa.ChunkedArray, names: pa.ChunkedArray | None, types: pa.ChunkedArray | None
) -> Columns:
    """Genes under their symbols (their ids where the file gives no symbol), with id and type beside."""
    table = Columns(names if names is not None else ids)
    table.add("gene_id", ids, "the features")
    if types is not None:
        table.add("feature_type", types, "the features")
    return table


def choose_features(
    table: Columns, wanted: str | None, hints: dict[str, str]
) -> tuple[Columns, Indices | None, str, tuple[str, ...]]:
    """Keep the features of one type: gene expression (as ``X``) or the one that `wanted` names.

    Returns
    -------
    tuple
        The kept features, the new place of each feature (−1 for one left out; None when all are kept),
        the name of the chosen layer, and of all that could be chosen.
    """
    if "feature_type" not in table.values:
        return table, None, _only_x(wanted), ("X",)
    types = table.values["feature_type"]
    kinds = sorted(set(types.to_pylist()))
    layers = tuple(["X"] * (EXPRESSION in kinds) + [kind for kind in kinds if kind != EXPRESSION])
    layer = wanted or "X"
    if layer not in layers:
        raise InputError(
            f"The file has no features of type {shown(layer)}. Layers are {listed(list(layers))}."
        )
    if len(kinds) == 1:
        return table, None, layer, layers
    is_kept = pc.equal(types, EXPRESSION if layer == "X" else layer)
    mask = np.asarray(is_kept)
    left = [kind for kind in layers if kind != layer]
    hints["feature_types"] = (
        f"{int((~mask).sum()):,} features of other types are other layers: {listed(left)}"
    )
    kept = Columns(
        pc.filter(table.names, is_kept), {k: pc.filter(v, is_kept) for k, v in table.values.items()}
    )
    return kept, np.where(mask, np.cumsum(mask) - 1, -1).astype(np.int64), layer, layers


def _only_x(wanted: str | None) -> str:
    if wanted not in {None, "X"}:
        raise InputError(f"The file has one matrix, X, and no layer {shown(wanted)}.")
    return "X"
