"""`xpert benchmark`: every task with its baselines and its ceiling, on folds that nobody has looked at."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    import pandas as pd

    from xpert.evaluation.run import Plan
    from xpert.evaluation.task import Task

DATA_VARIABLE = "XPERT_DATA"


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the sub-command."""
    parser = subparsers.add_parser("benchmark", help="measure models beside their baselines on public data")
    parser.add_argument(
        "tasks",
        nargs="*",
        metavar="TASK",
        help="names of tasks, or perturbverse for those of retrieval; all without any",
    )
    parser.add_argument("--list", action="store_true", help="list the tasks and stop")
    parser.add_argument(
        "--splits", type=Path, help="folder of split files; without it folds are dealt by seed"
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[1], help="seeds to deal folds for (1)")
    parser.add_argument(
        "--network", action="store_true", help="train the network too: minutes to hours a task"
    )
    parser.add_argument("--fresh", action="store_true", help="ask anew what an earlier run has kept")
    parser.add_argument("--model", action="append", default=[], help="ask this model only; may be repeated")
    parser.add_argument(
        "--data", type=Path, help=f"folder of the data sets (${DATA_VARIABLE}, or ../shared/data)"
    )
    parser.add_argument(
        "--work", type=Path, default=Path("runs/benchmark"), help="where outcomes are kept (runs/benchmark)"
    )
    parser.add_argument(
        "--confidence", action="store_true", help="measure intervals and expected errors instead of scores"
    )
    parser.add_argument("--docs", type=Path, help="write tables and figures into this folder too")
    parser.add_argument("--json", action="store_true", help="print a list of objects instead of tables")


def run(args: argparse.Namespace) -> int:
    """Run, compare and print; exit code 0."""
    from xpert.evaluation.compare import compare
    from xpert.evaluation.report import task_table
    from xpert.evaluation.run import Plan
    from xpert.evaluation.run import run as run_plan
    from xpert.evaluation.tasks import TASKS, members, task
    from xpert.training.bar import Bar

    tasks = tuple(task(name) for name in members(args.tasks) or TASKS)
    if args.list:
        for found in tasks:
            sys.stdout.write(f"{found.name}\n  {found.title}\n")
        return 0
    plan = Plan(
        tasks=tasks,
        data=_data_folder(args.data),
        work=args.work,
        seeds=tuple(args.seeds),
        splits=args.splits,
        models=tuple(args.model),
        network=args.network,
        fresh=args.fresh,
    )
    if args.confidence:
        return _confidence(args, plan)
    scores = compare(run_plan(plan, Bar("benchmark").draw), tasks)
    if args.json:
        sys.stdout.write(json.dumps(json.loads(scores.to_json(orient="records")), indent=1) + "\n")
    else:
        for found in tasks:
            sys.stdout.write(f"{task_table(scores, found)}\n")
    if args.docs is not None:
        _write_docs(args.docs, scores, tasks, plan)
    return 0


def _confidence(args: argparse.Namespace, plan: Plan) -> int:
    """Whether intervals hold what they state, and whether expected errors know where answers go wrong."""
    from xpert.evaluation.confidence_report import measure, page, write
    from xpert.evaluation.report import Folds
    from xpert.training.bar import Bar

    table = measure(plan, Bar("confidence").draw)
    folds = Folds.of_files() if plan.splits is not None else Folds.dealt(plan.seeds)
    if args.json:
        sys.stdout.write(json.dumps(json.loads(table.to_json(orient="records")), indent=1) + "\n")
    else:
        sys.stdout.write(page(table, folds.words))
    if args.docs is not None:
        from xpert.plots.reliability import write_reliability

        write(args.docs, table, folds.words)
        write_reliability(table, args.docs / "confidence.svg")
    return 0


def _data_folder(given: Path | None) -> Path:
    """The folder that was named, that of the environment, or the one beside the checkout.

    Raises
    ------
    InputError
        When there is none, saying how to name one.
    """
    from xpert.errors import InputError

    named = given or (Path(os.environ[DATA_VARIABLE]) if os.environ.get(DATA_VARIABLE) else None)
    folder = named or Path(__file__).resolve().parents[3] / "shared" / "data"
    if not folder.is_dir():
        raise InputError(
            f"There is no folder of data sets at {folder}. Name it with --data or ${DATA_VARIABLE}; "
            "docs/benchmarks says which data sets each task reads."
        )
    return folder


def _write_docs(folder: Path, scores: pd.DataFrame, tasks: Sequence[Task], plan: Plan) -> None:
    from xpert.evaluation.report import Folds, gain_table, write_report
    from xpert.plots.gains import write_gains

    folds = Folds.of_files() if plan.splits is not None else Folds.dealt(plan.seeds)
    write_report(folder, scores, tasks, folds)
    write_gains(gain_table(scores, tasks), folder / "gains.svg")
