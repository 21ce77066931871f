"""How many drugs of one mechanism each way of finding neighbours finds, for each bundle that has a task of its own.

    python benchmarks/retrieval_quality.py --data ../shared/data [--write]

`--write` keeps the table in ``xpert/perturbverse/quality.csv``, from which the default way is chosen and which the app shows.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

from xpert.evaluation.compare import compare
from xpert.evaluation.run import Plan, run
from xpert.evaluation.tasks import task
from xpert.evaluation.tasks.mechanism_retrieval import AVERAGE_PRECISION
from xpert.perturbverse.quality import TABLE
from xpert.perturbverse.similarity import By
from xpert.training.bar import Bar

TASKS = {"l1000": "moa_retrieval_l1000", "tahoe": "moa_retrieval_tahoe"}
CONTESTANTS = {By.LATENT: "latent space", By.RESPONSE: "signature cosine", By.PRIOR: "Morgan Tanimoto"}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=Path("runs/benchmark"))
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    tasks = tuple(task(name) for name in TASKS.values())
    plan = Plan(tasks=tasks, data=args.data, work=args.work, seeds=(1,))
    scores = compare(run(plan, Bar("retrieval").draw), tasks)
    rows = []
    for bundle, name in TASKS.items():
        for way, contestant in CONTESTANTS.items():
            found = scores[
                (scores["task"] == name)
                & (scores["model"] == contestant)
                & (scores["metric"] == AVERAGE_PRECISION.name)
            ].iloc[0]
            value, lower, upper = (round(float(found[part]), 4) for part in ("value", "lower", "upper"))
            rows.append((bundle, way.value, value, lower, upper, int(found["conditions"])))
    table = pd.DataFrame(rows, columns=["bundle", "by", "precision", "lower", "upper", "drugs"])
    print(table.to_string(index=False))
    if args.write:
        table.to_csv(TABLE, index=False)


if __name__ == "__main__":
    main()
