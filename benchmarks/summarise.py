"""Time and peak memory of summarising a large file: mean, variance and count of every condition.

    python benchmarks/summarise.py                     # 1,000,000 cells × 2,000 genes, 10 % of values non-zero
    python benchmarks/summarise.py --cells 100000

The file is made in a temporary folder, value by value as it is written, and is read through the guarded reader.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

import h5py
import numpy as np
import pandas as pd

BLOCK = 5_000
MIB = 2**20


def main():
    options = _options()
    with tempfile.TemporaryDirectory(prefix="xpert-benchmark-") as folder:
        path = Path(folder) / "large.h5ad"
        started = time.perf_counter()
        write_large(path, options.cells, options.genes, options.density, options.conditions)
        made = time.perf_counter() - started
        print(f"made         {path.stat().st_size / MIB:8,.0f} MiB in {made:6.1f} s")
        summarise_large(path)


def summarise_large(path):
    """Read, understand and summarise the file, and print what each step took."""
    from xpert.data.dataset import PerturbationDataset
    from xpert.data.detect import detect_schema
    from xpert.data.read import read

    clock = time.perf_counter()
    table = read(path)
    clock = _told("read", clock)
    schema = detect_schema(table).schema
    dataset = PerturbationDataset.of(table, schema)
    clock = _told("understood", clock)
    summary = dataset.summarise()
    clock = _told("summarised", clock)
    cells, genes = table.shape
    print(
        f"{cells:,} cells × {genes:,} genes in {len(summary.conditions):,} conditions, values {dataset.file_readout}"
    )
    print(f"normalised   {'; '.join(dataset.normalisation) or 'no'}")
    peaks = [
        resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    ]
    print(f"peak memory  {peaks[0]:,.0f} MiB here, {peaks[1]:,.0f} MiB in the reading process")
    assert summary.cells.sum() == cells


def write_large(path, cells, genes, density, conditions):
    """Write Poisson-like counts as CSR, a block of cells at a time."""
    from anndata.io import write_elem

    random = np.random.default_rng(0)
    names = _gene_names(genes)
    with h5py.File(path, "w") as file:
        file.attrs.update({"encoding-type": "anndata", "encoding-version": "0.1.0"})
        write_elem(file, "obs", _obs(cells, names[:conditions], random))
        write_elem(file, "var", pd.DataFrame(index=pd.Index(names)))
        x = file.create_group("X")
        x.attrs.update({"encoding-type": "csr_matrix", "encoding-version": "0.1.0", "shape": [cells, genes]})
        _write_values(x, cells, genes, density, random)


def _write_values(x, cells, genes, density, random):
    data = x.create_dataset("data", (0,), "f4", maxshape=(None,), chunks=(MIB,))
    indices = x.create_dataset("indices", (0,), "i4", maxshape=(None,), chunks=(MIB,))
    pointer = [np.zeros(1, dtype=np.int64)]
    for start in range(0, cells, BLOCK):
        rows = min(BLOCK, cells - start)
        filled = random.random((rows, genes), dtype=np.float32) < density
        where = np.flatnonzero(filled)
        stored = data.shape[0]
        for array, values in ((data, 1 + random.poisson(1.0, len(where))), (indices, where % genes)):
            array.resize((stored + len(where),))
            array[stored:] = values
        pointer.append(stored + np.cumsum(filled.sum(axis=1), dtype=np.int64))
    x.create_dataset("indptr", data=np.concatenate(pointer))


def _obs(cells, targets, random):
    labels = ["control", *targets]
    return pd.DataFrame(
        {
            "target_gene": pd.Categorical.from_codes(random.integers(0, len(labels), cells), labels),
            "perturbation_type": pd.Categorical.from_codes(np.zeros(cells, dtype=int), ["CRISPRi"]),
            "cell_line": pd.Categorical.from_codes(random.integers(0, 2, cells), ["K562", "RPE1"]),
        },
        index=pd.Index([f"cell{i}" for i in range(cells)]),
    )


def _gene_names(genes):
    from xpert.data.genes import GeneNames

    names = sorted(GeneNames.load().approved.values())
    return names[:: len(names) // genes][:genes]


def _told(what, since):
    now = time.perf_counter()
    print(f"{what:<12} {now - since:6.1f} s", flush=True)
    return now


def _options():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cells", type=int, default=1_000_000)
    parser.add_argument("--genes", type=int, default=2_000)
    parser.add_argument("--density", type=float, default=0.1, help="share of values that are not 0")
    parser.add_argument(
        "--conditions", type=int, default=500, help="number of perturbations, in two lines each"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
