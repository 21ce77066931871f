"""Propose the columns that name the cell state, the batch and the guide, and the genes' names."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from xpert.data.columns import combine, numbers
from xpert.data.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xpert.data.clues import Clues
    from xpert.data.schema import ObsSchema

IDENTITIES = (
    "cell_line", "cell_iname", "cell_id", "cell_name", "cellline", "cell_type", "celltype", "cell_type_name",
    "tissue", "tissue_type", "sampleid",
)  # fmt: skip
TIMES = (
    "time",
    "pert_time",
    "pert_itime",
    "timepoint",
    "time_point",
    "duration",
    "hours",
    "time_h",
    "timepoint_hr",
)
BACKGROUNDS = ("stimulation", "background", "co_treatment")
BATCHES = (
    "batch", "batch_id", "batchid", "gem_group", "gemgroup", "gem_batch", "lane", "library", "channel", "rna_plate",
    "det_plate", "plate", "plate_id", "bio_rep", "replicate", "rep", "donor", "donor_id", "donor_name", "patient",
    "sample", "sample_id",
)  # fmt: skip
GUIDES = (
    "guide",
    "guide_id",
    "guide_identity",
    "guide_ids",
    "sgRNA",
    "sgRNA_ID",
    "gRNA",
    "sgID_AB",
    "feature_call",
)
PURITIES = ("guide_frac", "guide_purity", "purity", "guide_fraction", "proportion_guide")
GENE_NAMES = (
    "gene_symbols",
    "gene_symbol",
    "symbol",
    "feature_name",
    "gene_name",
    "gene_short_name",
    "gene_names",
)
PURE = 0.8


def propose_context(
    clues: Clues, schema: ObsSchema, given: dict[str, Any], convention: str, *, ask_purity: bool = True
) -> ObsSchema:
    """Fill in context, batch, guide, purity and gene names where the user did not."""
    if "context_keys" not in given:
        schema = _context(clues, schema, convention)
    if "batch_key" not in given:
        schema = _batch(clues, schema)
    if "guide_key" not in given:
        schema = _guide(clues, schema)
    if "purity_key" not in given:
        schema = _purity(clues, schema, is_asked=ask_purity)
    return schema if "gene_key" in given else _gene_names(clues, schema)


def _context(clues: Clues, schema: ObsSchema, convention: str) -> ObsSchema:
    taken = {column for name, column in schema.columns.items()}
    background = ("treatment", *BACKGROUNDS) if convention == "PerturBench" else BACKGROUNDS
    identity = _adding(clues, [c for c in clues.grouping(*IDENTITIES) if c not in taken])
    times = [c for c in clues.grouping(*TIMES) if c not in taken][:1]
    varied = [c for c in clues.grouping(*background, least=2) if c not in taken]
    keys = tuple(identity + times + varied)
    if keys:
        words = ", ".join(f"{key!r} ({len(clues.factor(key).values):,})" for key in keys)
        clues.reasons["context_keys"] = f"The cell state is named by {words}, in number of values."
    return replace(schema, context_keys=keys)


def _adding(clues: Clues, columns: Iterable[str]) -> list[str]:
    """Columns that each tell cells apart which those before do not; the first at least names them all."""
    kept: list[str] = []
    distinct = 0
    for column in columns:
        rows = combine([clues.factor(name).codes for name in [*kept, column]])[1]
        if len(rows) > max(distinct, 0 if not kept else 1):
            kept.append(column)
            distinct = len(rows)
    if len(kept) > 1 and len(clues.factor(kept[0]).values) == 1:
        kept = kept[1:]
    return kept


def _batch(clues: Clues, schema: ObsSchema) -> ObsSchema:
    taken = {*schema.columns.values(), *schema.context_keys}
    for column in clues.grouping(*BATCHES, least=2):
        if column not in taken:
            clues.reasons["batch_key"] = (
                f"Column {column!r} names {len(clues.factor(column).values):,} batches."
            )
            return replace(schema, batch_key=column)
    return schema


def _guide(clues: Clues, schema: ObsSchema) -> ObsSchema:
    for column in clues.grouping(*GUIDES, least=2):
        if column != schema.perturbation_key and not clues.is_numeric(column):
            count = len(clues.factor(column).values)
            clues.reasons["guide_key"] = f"Column {column!r} names {count:,} guides; kept as evidence."
            return replace(schema, guide_key=column)
    return schema


def _purity(clues: Clues, schema: ObsSchema, *, is_asked: bool) -> ObsSchema:
    """The guide's share of a cell's guide molecules: evidence of efficacy, and a filter that is offered."""
    for column in clues.named(*PURITIES):
        values = numbers(clues.obs[column])
        known = values[np.isfinite(values)]
        if not len(known) or known.min() < 0 or known.max() > 1:
            continue
        clues.reasons["purity_key"] = (
            f"Column {column!r} is the guide's share of a cell's guide molecules, kept as evidence."
        )
        low = float((known <= PURE).mean())
        if is_asked and low > 0:
            clues.questions.append(
                Problem(
                    "warning",
                    column,
                    f"{low:.0%} of the cells have a guide purity of {PURE} or less: they may carry another "
                    "guide as well. Purity says how surely the guide is there, not how well it works.",
                    f"To leave them out: --map minimum_purity={PURE}.",
                )
            )
        return replace(schema, purity_key=column)
    return schema


def _gene_names(clues: Clues, schema: ObsSchema) -> ObsSchema:
    """Take gene names from a column of ``var`` where its index means less to HGNC than the column."""
    index = _known_share(clues, map(str, clues.var.index))
    if index >= 0.5:
        return schema
    by_fold = {str(column).casefold(): str(column) for column in clues.var.columns}
    shares = {
        by_fold[name]: _known_share(clues, map(str, clues.var[by_fold[name]]))
        for name in GENE_NAMES
        if name in by_fold
    }
    best = max(shares, key=lambda column: shares[column], default=None)
    if best is None or shares[best] <= index:
        return schema
    clues.reasons["gene_key"] = f"Column {best!r} of var holds gene names; the index of var does not."
    return replace(schema, gene_key=best)


def _known_share(clues: Clues, names: Iterable[str]) -> float:
    """Share of up to 500 names, evenly spread, that HGNC knows."""
    listed = list(names)
    sample = listed[:: max(1, len(listed) // 500)]
    known = sum(clues.genes.match(name, aliases=False).symbol is not None for name in sample)
    return known / max(1, len(sample))
