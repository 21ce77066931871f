"""`xpert query`: treatments that mimic or reverse a signature, in every model."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from xpert.errors import InputError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from xpert.data.signature_file import Signature
    from xpert.model.bundle import Bundle

_DETAILS = """
Examples
  xpert query --up up.txt --down down.txt
  xpert query --signature differential.csv --direction reverse --json

A list holds gene names apart by lines, commas or spaces: symbols in any case, aliases or Ensembl ids. A table has a
heading, a column of genes and one of changes (log2FC, logFC, log2FoldChange, stat, score …). Names that mean no gene are
said on standard error.
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the sub-command."""
    import argparse

    parser = subparsers.add_parser(
        "query",
        help="find treatments that mimic or reverse a signature",
        epilog=_DETAILS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--up", metavar="FILE", type=Path, help="genes that went up")
    parser.add_argument("--down", metavar="FILE", type=Path, help="genes that went down")
    parser.add_argument("--signature", metavar="FILE", type=Path, help="table of genes and their changes")
    parser.add_argument(
        "--direction",
        choices=("mimic", "reverse"),
        default="mimic",
        help="do the same, or the opposite (mimic)",
    )
    parser.add_argument(
        "--model", metavar="MODEL", action="append", default=[], help="ask this model only; may be repeated"
    )
    parser.add_argument("-k", metavar="N", type=int, default=50, help="how many to give (50)")
    parser.add_argument("--json", action="store_true", help="print a list of objects instead of text")


def run(args: argparse.Namespace) -> int:
    """Compare with every model, and print."""
    from xpert.cli.listing import write_listing
    from xpert.model.bundle import list_bundles, load_bundle
    from xpert.perturbverse.query import Direction, query

    if args.k < 1:
        raise InputError(f"-k is a number from 1 upwards, not {args.k}.")
    signature = _signature(args)
    bundles = [load_bundle(name) for name in args.model or [info.name for info in list_bundles()]]
    if not bundles:
        raise InputError("No model is installed; see `xpert models`.")
    _say(f"Read {signature.said}.")
    _say_names(signature, bundles)
    table = query(
        bundles, signature, Direction(args.direction), skipped=lambda _, why: _say(f"Left out: {why}")
    )
    write_listing(table.head(args.k), as_json=args.json)
    return 0


def _signature(args: argparse.Namespace) -> Signature:
    from xpert.data.signature_file import Signature, read_genes, read_signature

    lists = [path for path in (args.up, args.down) if path is not None]
    if bool(lists) == (args.signature is not None):
        raise InputError("Give --up and --down (or one of them), or --signature.")
    if args.signature is not None:
        return read_signature(args.signature)
    up, down = ([] if path is None else read_genes(path) for path in (args.up, args.down))
    return Signature.of_lists(up, down)


def _say_names(signature: Signature, bundles: Sequence[Bundle]) -> None:
    """What became of the names: those that mean no gene once, and how many each model has measured."""
    from xpert.data.gene_list import GeneList

    every = sorted({gene for bundle in bundles for gene in bundle.genes})
    for sentence in GeneList.read(signature.changes, every).sentences:
        _say(sentence)
    for bundle in bundles:
        found = len(GeneList.read(signature.changes, bundle.genes).genes)
        _say(f"{bundle.name} has measured {found:,} of {len(signature.changes):,}.")


def _say(text: str) -> None:
    sys.stderr.write(f"{''.join(c if c.isprintable() else '?' for c in text)}\n")
