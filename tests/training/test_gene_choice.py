"""Which genes are predicted where a file has more than a model should."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scanpy as sc

from xpert.data.dataset import PerturbationDataset
from xpert.data.detect import detect_schema
from xpert.data.readout import Readout
from xpert.data.synthetic import simulate
from xpert.data.table import CellTable
from xpert.training.gene_choice import often_measured_genes, variable_genes


def dataset_of(adata):
    table = CellTable.from_anndata(adata, name="simulated")
    return PerturbationDataset.of(table, detect_schema(table).schema)


def test_perturbed_genes_come_first_and_the_order_of_the_file_is_kept():
    dataset = dataset_of(simulate(cells=20, readout=Readout.LOG1P)[0])
    targets = {t for c in dataset.conditions for t in c.treatment.targets} & set(dataset.genes)
    chosen = variable_genes(dataset, len(targets) + 5)
    assert targets <= set(chosen)
    assert len(chosen) == len(targets) + 5
    assert list(chosen) == [gene for gene in dataset.genes if gene in chosen]


def test_the_rest_are_the_genes_that_scanpy_finds_most_variable_among_control_cells():
    dataset = dataset_of(simulate(cells=20, readout=Readout.LOG1P)[0])
    targets = {t for c in dataset.conditions for t in c.treatment.targets} & set(dataset.genes)
    controls = np.concatenate([dataset.control_rows(c) for c in dataset.contexts])
    adata = sc.AnnData(dataset.expression(controls))
    adata.var_names = list(dataset.genes)
    sc.pp.highly_variable_genes(adata, flavor="seurat", n_top_genes=1)
    ranked = adata.var["dispersions_norm"].drop(list(targets)).sort_values(ascending=False)
    chosen = set(variable_genes(dataset, len(targets) + 5)) - targets
    assert chosen == set(ranked.index[:5])


def test_responses_have_no_say():
    adata, _ = simulate(cells=20, readout=Readout.LOG1P)
    before = dataset_of(adata)
    changed = adata.copy()
    treated = np.ones(adata.n_obs, dtype=bool)
    treated[np.concatenate([before.control_rows(c) for c in before.contexts])] = False
    values = np.asarray(changed.X.todense() if hasattr(changed.X, "todense") else changed.X).copy()
    values[treated] = values[treated][:, ::-1]
    changed.X = values
    assert variable_genes(dataset_of(changed), 30) == variable_genes(before, 30)


def test_a_file_with_few_genes_keeps_them_all():
    dataset = dataset_of(simulate(cells=5)[0])
    assert variable_genes(dataset, len(dataset.genes)) == dataset.genes


def test_of_a_collection_those_stay_that_were_perturbed_or_measured_most_often():
    responses = dataset_of(simulate(cells=20, readout=Readout.LOG1P)[0]).responses()
    targets = {t for c in responses.conditions for t in c.treatment.targets} & set(responses.genes)
    others = [gene for gene in responses.genes if gene not in targets]
    delta = responses.delta.copy()
    delta[0, [responses.genes.index(gene) for gene in others[:-2]]] = np.nan
    gaps = replace(responses, delta=delta)
    assert set(often_measured_genes(gaps, len(targets) + 2)) == targets | set(others[-2:])
    assert often_measured_genes(gaps, len(gaps.genes)) == gaps.genes
