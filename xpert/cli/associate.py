"""`xpert associate`: genes that a compound may act through, and compounds that may act through a gene."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xpert.errors import InputError

if TYPE_CHECKING:
    import argparse

_DETAILS = """
Examples
  xpert associate l1000 --treat gefitinib@1uM
  xpert associate l1000 --treat ESR1:ko -k 20 --json

score is the share of compounds of similar structure that are known to hit the gene; the compound itself never counts.
response compares what both do, where the model has measured the gene.
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the sub-command."""
    import argparse

    parser = subparsers.add_parser(
        "associate",
        help="rank genes for a compound, or compounds for a gene",
        epilog=_DETAILS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("model", metavar="MODEL", help="name of a model (see `xpert models`) or its folder")
    parser.add_argument(
        "--treat", metavar="TEXT", required=True, help="one compound, or one gene and how it is perturbed"
    )
    parser.add_argument("-k", metavar="N", type=int, default=50, help="how many to give (50)")
    parser.add_argument("--json", action="store_true", help="print a list of objects instead of text")


def run(args: argparse.Namespace) -> int:
    """Rank and print."""
    from xpert.cli.listing import write_listing
    from xpert.model.bundle import load_bundle
    from xpert.perturbation import Treatment
    from xpert.perturbverse.associate import associate

    if args.k < 1:
        raise InputError(f"-k is a number from 1 upwards, not {args.k}.")
    treatment = Treatment.parse(args.treat)
    bundle = load_bundle(args.model)
    table = associate(bundle, treatment, k=args.k)
    write_listing(table, as_json=args.json)
    return 0
