"""Time differential expression beside scanpy, turn by turn in one process.

    python benchmarks/differential.py [--cells 50000] [--genes 2000] [--groups 200] [--rounds 3]

scanpy is timed on a few groups and compared per group; absolute times depend on the machine, ratios less so.
"""

from __future__ import annotations

import argparse
import time
import warnings

import numpy as np
from scipy import sparse


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", type=int, default=50_000)
    parser.add_argument("--genes", type=int, default=2_000)
    parser.add_argument("--groups", type=int, default=200, help="the reference among them")
    parser.add_argument("--scanpy-groups", type=int, default=5, help="how many of them scanpy is timed on")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    matrix, labels = cells(args.cells, args.genes, args.groups)
    print(f"{args.cells:,} cells × {args.genes:,} genes, {matrix.nnz:,} values, {args.groups - 1} groups")
    started = time.perf_counter()
    import_ours()
    print(f"import and warm-up (nothing is compiled): {time.perf_counter() - started:.2f} s")
    for method, theirs in (("wilcoxon", "wilcoxon"), ("welch", "t-test")):
        compare(matrix, labels, method, theirs, args)


def cells(cells: int, genes: int, groups: int) -> tuple[sparse.csr_matrix, np.ndarray]:
    """Log-normalised counts, one in ten not zero; a tenth of the cells is control."""
    rng = np.random.default_rng(0)
    counts = sparse.random(cells, genes, density=0.1, format="csr", random_state=0, dtype=np.float32)
    depth = rng.uniform(0.5, 1.5, size=cells)[np.repeat(np.arange(cells), np.diff(counts.indptr))]
    counts.data = np.log1p((1 + rng.poisson(1.0, counts.nnz)) / depth).astype(np.float32)
    labels = np.array([f"p{i}" for i in rng.integers(1, groups, cells)], dtype=object)
    labels[rng.uniform(size=cells) < 0.1] = "control"
    return counts, labels


def import_ours() -> None:
    from xpert.response.differential import differential_expression

    differential_expression(np.eye(4), np.eye(4), [f"g{i}" for i in range(4)])


def compare(
    matrix: sparse.csr_matrix, labels: np.ndarray, method: str, theirs: str, args: argparse.Namespace
) -> None:
    from xpert.response.differential import rank_groups

    genes = [f"g{i}" for i in range(args.genes)]
    few = [f"p{i}" for i in range(1, args.scanpy_groups + 1)]
    data = as_anndata(matrix, labels)
    ours_s, scanpy_s, worst = [], [], 0.0
    for _ in range(args.rounds):
        started = time.perf_counter()
        table = rank_groups(matrix, labels, "control", genes, method=method)
        ours_s.append((time.perf_counter() - started) / (args.groups - 1))
        started = time.perf_counter()
        scores = scanpy_scores(data, few, theirs)
        scanpy_s.append((time.perf_counter() - started) / len(few))
        ours = table.pivot(index="gene", columns="group", values="score").loc[genes, few]
        worst = max(worst, float(np.abs(ours.to_numpy() - scores.loc[genes, few].to_numpy()).max()))
    print(
        f"{method:9s} X-Pert {1e3 * min(ours_s):8.2f} ms a group   scanpy {1e3 * min(scanpy_s):8.1f} ms a group   "
        f"ratio {min(scanpy_s) / min(ours_s):6.1f}   largest difference of scores {worst:.1e}"
    )


def as_anndata(matrix: sparse.csr_matrix, labels: np.ndarray):
    import anndata as ad
    import pandas as pd

    obs = pd.DataFrame({"group": pd.Categorical(labels)}, index=[f"c{i}" for i in range(len(labels))])
    return ad.AnnData(matrix, obs=obs, var=pd.DataFrame(index=[f"g{i}" for i in range(matrix.shape[1])]))


def scanpy_scores(data, groups: list[str], method: str):
    import scanpy as sc

    options = {"tie_correct": True} if method == "wilcoxon" else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sc.tl.rank_genes_groups(data, "group", groups=groups, reference="control", method=method, **options)
    table = sc.get.rank_genes_groups_df(data, None)
    return table.pivot(index="names", columns="group", values="scores")


if __name__ == "__main__":
    main()
