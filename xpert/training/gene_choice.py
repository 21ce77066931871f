"""Which genes a model predicts where a file has more than it should: those that vary among control cells.

Responses have no say: a gene that was chosen because it responds to a held-out treatment would be a leak.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from xpert.data.readout import Readout

if TYPE_CHECKING:
    from xpert.data.dataset import PerturbationDataset
    from xpert.data.responses import Floats, Responses

MOST_CELLS = 20_000


def variable_genes(dataset: PerturbationDataset, most: int, *, seed: int = 0) -> tuple[str, ...]:
    """At most `most` genes, in the order of the file: the perturbed ones, then the most variable ones.

    Method: normalised dispersion of ln(1 + CP10k) within bins of the mean (Satija et al. 2015), by scanpy; the
    standard deviation where values stand in another readout.

    Parameters
    ----------
    dataset
        Cells; only its control cells are looked at, and at most `MOST_CELLS` of them.
    most
        Number of genes wanted.
    seed
        Of the draw of control cells.
    """
    if len(dataset.genes) <= most:
        return dataset.genes
    log_scale = dataset.readout is Readout.LOG1P
    variability = _dispersion(dataset, seed) if log_scale else _spread(dataset)
    targets = {target for condition in dataset.conditions for target in condition.treatment.targets}
    is_target = np.array([gene in targets for gene in dataset.genes])
    order = np.lexsort((-np.nan_to_num(variability, nan=-np.inf), ~is_target))
    return tuple(dataset.genes[i] for i in np.sort(order[:most]))


def often_measured_genes(responses: Responses, most: int) -> tuple[str, ...]:
    """At most `most` genes, in the order of the data: the perturbed ones, then those measured in most conditions.

    For collections that hold no control cells: how large a response is has no say here either.
    """
    if len(responses.genes) <= most:
        return responses.genes
    measured = np.isfinite(responses.delta).sum(axis=0)
    targets = {target for condition in responses.conditions for target in condition.treatment.targets}
    is_target = np.array([gene in targets for gene in responses.genes])
    order = np.lexsort((-measured, ~is_target))
    return tuple(responses.genes[i] for i in np.sort(order[:most]))


def _dispersion(dataset: PerturbationDataset, seed: int) -> Floats:
    """Normalised dispersion over control cells, shape ``(genes,)``; NaN where it cannot be told."""
    import scanpy as sc
    from anndata import AnnData

    controls = np.concatenate([dataset.control_rows(context) for context in dataset.contexts])
    if len(controls) > MOST_CELLS:
        controls = np.sort(np.random.default_rng(seed).choice(controls, MOST_CELLS, replace=False))
    cells = AnnData(dataset.expression(controls))
    table = sc.pp.highly_variable_genes(cells, flavor="seurat", n_top_genes=1, inplace=False)
    dispersion: Floats = table["dispersions_norm"].to_numpy(dtype=np.float64)
    return dispersion


def _spread(dataset: PerturbationDataset) -> Floats:
    """Mean standard deviation over the control cells of each context, shape ``(genes,)``."""
    spread: Floats = np.mean([dataset.context(name).spread for name in dataset.contexts], axis=0)
    return spread
