"""64-dimensional vectors of genes from gene sets and regulons, as the reference compresses them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from xpert.data.collections import file_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from xpert.data.responses import Floats

WIDTH = 64
SMALLEST, LARGEST = 5, 500
# Approved symbols that the gene sets know under their former name.
FORMER = {"MARCHF8": "MARCH8"}


def prior_vectors(data: Path, genes: Sequence[str], seed: int) -> Floats:
    """Truncated SVD of IDF-weighted membership in GO, Reactome and CollecTRI; zeros for an unknown gene.

    Returns
    -------
    Shape ``(genes, 64)``, scaled to a mean standard deviation of 1 over the known genes.
    """
    from scipy import sparse
    from sklearn.decomposition import TruncatedSVD

    place: dict[str, int] = {}
    rows, columns = [], []
    for column, members in enumerate(_sets(data)):
        for gene in members:
            rows.append(place.setdefault(gene, len(place)))
            columns.append(column)
    count = max(columns) + 1
    matrix = sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(place), count))
    matrix.data[:] = 1
    idf = np.log(matrix.shape[0] / np.maximum(np.asarray(matrix.sum(0)).ravel(), 1))
    matrix = matrix @ sparse.diags(idf)
    length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(1)).ravel())
    matrix = sparse.diags(1 / np.maximum(length, 1e-9)) @ matrix
    compressed = TruncatedSVD(WIDTH, random_state=seed).fit_transform(matrix)
    found = [place.get(gene, place.get(FORMER.get(gene, ""))) for gene in genes]
    vectors = np.array([np.zeros(WIDTH) if row is None else compressed[row] for row in found])
    known = np.array([row is not None for row in found])
    scaled: Floats = vectors / vectors[known].std(axis=0).mean()
    return scaled


def _sets(data: Path) -> Iterator[Sequence[str]]:
    import pandas as pd

    for name, skipped in (("enrichr.GO_Biological_Process_2021.gmt", 2), ("ReactomePathways.gmt", 3)):
        with file_in(data, "priors", name).open(encoding="utf-8") as lines:
            for line in lines:
                members = [gene for gene in line.rstrip("\n").split("\t")[skipped:] if gene]
                if SMALLEST <= len(members) <= LARGEST:
                    yield members
    regulons = pd.read_csv(file_in(data, "priors", "collectri_decoupler.csv"))
    for key, other in (("source", "target"), ("target", "source")):
        for _, rows in regulons.groupby(key):
            if len(rows) >= SMALLEST:
                yield list(rows[other])
