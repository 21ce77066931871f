"""`xpert check`: what a data file holds, and what is wrong with it."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from xpert.errors import InputError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

_DETAILS = """
A mapping says what a column means where it was not detected, for example
  --map perturbation=target_gene   --map control=DMSO   --map dose_unit=uM   --map context=cell_type,time
The keys are: {keys}.
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the sub-command."""
    import argparse

    from xpert.data.mapping import KEYS

    parser = subparsers.add_parser(
        "check",
        help="say what a data file holds and what is wrong with it",
        epilog=_DETAILS.format(keys=", ".join(KEYS)),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", metavar="FILE", help=".h5ad, 10x .h5, 10x folder, .csv or .tsv (also .gz)")
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="KEY=COLUMN",
        help="what a column means; may be repeated",
    )
    parser.add_argument("--layer", metavar="L", help="X, raw or a layer's name (default: the main matrix)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Print the report; problems of the data are part of it and not a failure."""
    from xpert.data.check import check

    report = check(args.file, mapping=read_map(args.map), layer=args.layer)
    if args.json:
        sys.stdout.write(json.dumps(report.to_dict(), ensure_ascii=True, allow_nan=False, indent=1) + "\n")
    else:
        sys.stdout.write(report.to_text())
    return 0


def read_map(pairs: Iterable[str]) -> dict[str, str]:
    """``KEY=COLUMN`` pairs as a mapping; a key that is repeated names several.

    Raises
    ------
    InputError
        When a pair has no ``=``.
    """
    mapping: dict[str, str] = {}
    for pair in pairs:
        key, found, value = pair.partition("=")
        if not found or not key.strip():
            raise InputError(f"--map {pair}: write KEY=COLUMN, for example --map perturbation=target_gene.")
        key = key.strip()
        mapping[key] = f"{mapping[key]},{value.strip()}" if key in mapping else value.strip()
    return mapping
