"""How far a direction that is the same for every drug gets in partial r on unseen drugs of Tahoe, beyond the training mean.

    python benchmarks/typical_drug.py --data ../shared/data [--seeds 1 2 3]

Partial r projects the training mean of a line out. The residuals of most drugs then point the same way, that of a weak drug, and the
mean of residuals of length one over the training drugs points there without knowing the drug that is asked.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from xpert.data.collections import load_responses
from xpert.evaluation.tasks import task


def residuals(rows, mean):
    """Centred rows without what lies along the mean, of length 1."""
    along = mean - mean.mean()
    along /= np.linalg.norm(along)
    rows = rows - rows.mean(axis=1, keepdims=True)
    rows = rows - np.outer(rows @ along, along)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    args = parser.parse_args()
    responses = load_responses("tahoe", args.data)
    drugs = np.array([c.treatment.targets[0] for c in responses.conditions])
    lines = np.array([c.context for c in responses.conditions])
    delta = np.nan_to_num(responses.delta).astype(float)
    for seed in args.seeds:
        found = []
        for fold in task("tahoe_unseen_drug").deal(args.data, seed).folds:
            is_test = np.isin(drugs, fold.test)
            for line in sorted(set(lines[is_test])):
                learned, asked = delta[~is_test & (lines == line)], delta[is_test & (lines == line)]
                mean = learned.mean(axis=0)
                typical = residuals(learned, mean).mean(axis=0)
                found.extend(residuals(asked, mean) @ (typical / np.linalg.norm(typical)))
        print(f"seed {seed}: partial r {np.mean(found):.3f} over {len(found)} conditions")


if __name__ == "__main__":
    main()
