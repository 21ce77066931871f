"""`xpert screen`: treatments in the order in which they are predicted to do what is wanted."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from xpert.errors import InputError

if TYPE_CHECKING:
    import argparse

    from xpert.design.screen import Ranking
    from xpert.perturbation import Dose

_SHOWN = 5
_DETAILS = """
Examples
  xpert screen papalexi --objective interferon.json --out ranked.csv
  xpert screen l1000 --objective genes.csv --candidates library --top 500 --out ranked.parquet
  xpert screen perturbseq --context K562 --objective wanted.txt --candidates pairs --out pairs.csv

An objective is one of
  .json, .toml   {"up": ["STAT1", "IRF1"], "down": ["MYC"]}, or with weights {"up": {"STAT1": 2, "IRF1": 1}},
                 or {"pathway": "HALLMARK_INTERFERON_GAMMA_RESPONSE", "direction": "down"}
  .csv, .tsv     a gene in the first column, and beside it a weight (below 0: wanted down), or up or down
  .txt           names, those after "down:" wanted down and all others up

The score is the mean shift of genes wanted up less that of genes wanted down, each in units of how far perturbations
usually move that gene. The table has rank, treatment, context, score, lower and upper (the 90 % interval, of the best
rows), p_value and q_value (against random sets of as many genes), measured_score, question, predictor,
expected_correlation, modality and mechanism. Treatments that get no shift at all have no rank and stand last.
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the sub-command."""
    import argparse

    parser = subparsers.add_parser(
        "screen",
        help="rank thousands of treatments for an objective",
        epilog=_DETAILS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("model", metavar="MODEL", help="name of a model (see `xpert models`) or its folder")
    parser.add_argument(
        "--objective", metavar="FILE", type=Path, required=True, help=".json, .toml, .csv, .tsv or .txt"
    )
    parser.add_argument("--out", metavar="FILE", type=Path, required=True, help=".csv or .parquet")
    parser.add_argument(
        "--context",
        metavar="NAME",
        action="append",
        help="one of the model's contexts; may be repeated, and left out where there is only one",
    )
    parser.add_argument(
        "--candidates",
        choices=("measured", "library", "pairs"),
        default="measured",
        help="measured treatments (default); with every gene or compound of which something is known; or with every "
        "pair of measured perturbations",
    )
    parser.add_argument(
        "--dose",
        metavar="DOSE",
        help="of compounds that were not measured, for example 10uM (default: the usual one)",
    )
    parser.add_argument("--top", metavar="N", type=int, help="write the N best rows only (default: all)")
    parser.add_argument("--json", action="store_true", help="print what was asked and the best rows as JSON")


def run(args: argparse.Namespace) -> int:
    """Rank, write, and say what was found."""
    from xpert.design.objective_file import read_objective
    from xpert.design.screen import WITH_INTERVAL, screen
    from xpert.model.bundle import load_bundle
    from xpert.prediction.export import check_target, write_table
    from xpert.training.bar import Bar

    check_target(args.out, inputs=[args.objective], endings=(".csv", ".parquet"))
    if args.top is not None and args.top < 1:
        raise InputError(f"--top is a number from 1 upwards, not {args.top}.")
    objective = read_objective(args.objective)
    bundle = load_bundle(args.model)
    bar = Bar("Screening")
    ranking = screen(
        bundle,
        objective,
        args.context,
        args.candidates,
        dose=_dose(args.dose),
        intervals=min(args.top or WITH_INTERVAL, WITH_INTERVAL),
        tell=lambda done, total: bar.draw(done, total, f"{total:,} treatments"),
    )
    write_table(ranking.table.head(args.top or len(ranking.table)), args.out, inputs=[args.objective])
    _report(args, ranking)
    return 0


def _dose(text: str | None) -> Dose | None:
    """The dose as it stands in a treatment."""
    from xpert.perturbation import Treatment

    if text is None:
        return None
    (perturbation,) = Treatment.parse(f"compound@{text}").perturbations
    return perturbation.dose


def _report(args: argparse.Namespace, ranking: Ranking) -> None:
    """The settings and best rows to stdout as JSON, or sentences to stderr."""
    best = ranking.table.head(_SHOWN)
    if args.json:
        rows = json.loads(best.to_json(orient="records", double_precision=15))
        said = {"out": str(args.out), **ranking.settings, "best": rows}
        sys.stdout.write(json.dumps(said, allow_nan=False, indent=1, ensure_ascii=False) + "\n")
        return
    for sentence in ranking.sentences:
        _say(sentence)
    for row in best[best["rank"].notna()].itertuples():
        _say(
            f"  {row.rank}. {row.treatment} in {row.context}: score {row.score:.3g} ({row.lower:.3g} to {row.upper:.3g}), q {row.q_value:.2g}"
        )
    _say(f"Written to {args.out}")


def _say(text: str) -> None:
    sys.stderr.write(f"{''.join(c if c.isprintable() else '?' for c in text)}\n")
