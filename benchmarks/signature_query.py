"""How long a signature query over every bundled model takes, beside loading the models.

python benchmarks/signature_query.py
"""

from __future__ import annotations

import time

import numpy as np

from xpert import list_bundles, load_bundle
from xpert.data.signature_file import Signature
from xpert.perturbverse.query import Direction, query

SOURCE, TREATMENT, REPEATS = "l1000", "vorinostat:compound", 5


def main() -> None:
    begin = time.perf_counter()
    bundles = [load_bundle(info.name) for info in list_bundles()]
    loading = time.perf_counter() - begin
    bundle = next(b for b in bundles if b.name == SOURCE)
    values = bundle.signatures.values[list(bundle.perturbverse["treatment"]).index(TREATMENT)]
    order = np.argsort(values)
    asked = {
        "150 genes up and 150 down": Signature.of_lists(
            [bundle.genes[i] for i in order[-150:]], [bundle.genes[i] for i in order[:150]]
        ),
        f"a table of {len(bundle.genes)} changes": Signature(
            {g: float(v) for g, v in zip(bundle.genes, values, strict=True) if v}, is_list=False, said=""
        ),
    }
    print(
        f"{len(bundles)} models with {sum(len(b.perturbverse) for b in bundles):,} treatments, loaded in {loading:.1f} s"
    )
    for name, signature in asked.items():
        times = []
        for _ in range(REPEATS + 1):
            begin = time.perf_counter()
            query(bundles, signature, Direction.MIMIC)
            times.append(time.perf_counter() - begin)
        print(
            f"{name}: first {times[0]:.2f} s, then median {np.median(times[1:]):.2f} s ({np.median(times[1:]) / loading:.2f} of loading)"
        )


if __name__ == "__main__":
    main()
