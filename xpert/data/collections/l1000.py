"""L1000 in one table: drugs, overexpressed and knocked-out genes on 978 landmark genes.

All pool several cell lines, so they share one context, ``L1000 consensus``; values are z scores against control.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from xpert.data.collections import file_in
from xpert.data.collections.l1000_drugs import drug_signatures
from xpert.data.collections.l1000_genes import overexpression
from xpert.data.genes import GeneNames
from xpert.data.readout import Readout
from xpert.data.responses import Condition, Context, Responses
from xpert.perturbation import Modality, Perturbation, Treatment

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CONTEXT = "L1000 consensus"


def load(folder: Path) -> Responses:
    """Every signature of the collection on the landmark genes."""
    names = GeneNames.load()
    drugs = drug_signatures(folder)
    raised = overexpression(folder, drugs.entrez, names)
    genes = landmark_symbols(folder, drugs.entrez, names)
    conditions = [
        *(_condition(name, Modality.COMPOUND) for name in drugs.names),
        *(_condition(name, Modality.OVEREXPRESSION) for name in raised.names),
    ]
    delta = np.vstack([drugs.z, raised.values]).astype(np.float32)
    context = Context(
        CONTEXT, genes, np.zeros(len(genes)), np.full(len(genes), np.nan), covariates={"assay": "L1000"}
    )
    return Responses(
        readout=Readout.Z,
        genes=genes,
        contexts=(context,),
        conditions=tuple(conditions),
        delta=delta,
        spread=np.full_like(delta, np.nan),
        cells=np.concatenate([drugs.profiles, raised.profiles]),
    )


def landmark_symbols(folder: Path, entrez: Sequence[str], names: GeneNames) -> tuple[str, ...]:
    """Approved symbols of landmark genes by their Entrez id, or the source's symbol where HGNC has none."""
    table = pd.read_csv(file_in(folder, "l1000_consensus", "genes.tsv"), sep="\t", dtype=str)
    listed = dict(zip(table["entrez_gene_id"], table["symbol"], strict=True))
    return tuple(names.resolve(gene) or listed[gene] for gene in entrez)


def _condition(name: str, modality: Modality) -> Condition:
    return Condition(CONTEXT, Treatment.of(Perturbation(name, modality)))
