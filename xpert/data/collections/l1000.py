"""L1000 in one table: drugs, overexpressed and knocked-out genes on 978 landmark genes.

All pool several cell lines, so they share one context, ``L1000 consensus``; values are z scores against control.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from xpert.data.collections import file_in
from xpert.data.collections.l1000_drugs import drug_signatures
from xpert.data.collections.l1000_genes import knockouts, overexpression
from xpert.data.genes import GeneNames
from xpert.data.readout import Readout
from xpert.data.responses import Condition, Context, Responses
from xpert.perturbation import Modality, Perturbation, Treatment

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CONTEXT = "L1000 consensus"
KNOCKOUT_CONVERSION = "mean log fold change of the top 20 genes per line, scaled to the drugs' median length"


def load(folder: Path) -> Responses:
    """Every signature of the collection on the landmark genes: drugs, overexpression, then knockouts."""
    names = GeneNames.load()
    drugs = drug_signatures(folder)
    genes = landmark_symbols(folder, drugs.entrez, names)
    typical = float(np.median(np.linalg.norm(drugs.z, axis=1)))
    raised = overexpression(folder, drugs.entrez, names)
    lost = knockouts(folder, genes, typical, names)
    delta = np.vstack([drugs.z, raised.values, lost.values]).astype(np.float32)
    return Responses(
        readout=Readout.Z,
        genes=genes,
        contexts=(_context(genes),),
        conditions=(
            *_conditions(drugs.names, Modality.COMPOUND),
            *_conditions(raised.names, Modality.OVEREXPRESSION),
            *_conditions(lost.names, Modality.KNOCKOUT),
        ),
        delta=delta,
        spread=np.full_like(delta, np.nan),
        cells=np.concatenate([drugs.profiles, raised.profiles, lost.profiles]),
    )


def _context(genes: tuple[str, ...]) -> Context:
    """The pooled lines; a z score against control is 0 in control."""
    unknown = np.full(len(genes), np.nan)
    covariates = {"assay": "L1000", "cells": "pooled lines", "knockouts": KNOCKOUT_CONVERSION}
    return Context(CONTEXT, genes, np.zeros(len(genes)), unknown, covariates=covariates)


def _conditions(names: Sequence[str], modality: Modality) -> list[Condition]:
    """Dose and efficacy are not stated: the signatures pool them."""
    return [Condition(CONTEXT, Treatment.of(Perturbation(name, modality))) for name in names]


def landmark_symbols(folder: Path, entrez: Sequence[str], names: GeneNames) -> tuple[str, ...]:
    """Approved symbols of landmark genes by their Entrez id, or the source's symbol where HGNC has none."""
    table = pd.read_csv(file_in(folder, "l1000_consensus", "genes.tsv"), sep="\t", dtype=str)
    listed = dict(zip(table["entrez_gene_id"], table["symbol"], strict=True))
    return tuple(names.resolve(gene) or listed[gene] for gene in entrez)
