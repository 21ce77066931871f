"""`xpert neighbors`: the measured treatments nearest to one."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from xpert.errors import InputError

if TYPE_CHECKING:
    import argparse

_DETAILS = """
Examples
  xpert neighbors papalexi --treat JAK2:ko
  xpert neighbors l1000 --treat vorinostat@1uM --by response -k 20 --json
  xpert neighbors l1000 --treat '"CC(=O)Oc1ccccc1C(=O)O"@10uM' --modality compound
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the sub-command."""
    import argparse

    parser = subparsers.add_parser(
        "neighbors",
        help="find the measured treatments nearest to one",
        epilog=_DETAILS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("model", metavar="MODEL", help="name of a model (see `xpert models`) or its folder")
    parser.add_argument("--treat", metavar="TEXT", required=True, help="treatment, measured or not")
    parser.add_argument("-k", metavar="N", type=int, default=10, help="how many to give (10)")
    parser.add_argument(
        "--by",
        metavar="WAY",
        help="latent (knowledge and response together), response, or prior (structure, mechanism, pathways); the one that "
        "was measured best without it",
    )
    parser.add_argument(
        "--modality", metavar="KIND", help="only treatments of this kind, such as compound or knockout"
    )
    parser.add_argument(
        "--context", metavar="NAME", help="compare by the response in this context of the model alone"
    )
    parser.add_argument("--json", action="store_true", help="print a list of objects instead of text")


def run(args: argparse.Namespace) -> int:
    """Find and print."""
    from xpert.cli.listing import write_listing
    from xpert.model.bundle import load_bundle
    from xpert.perturbation import Treatment
    from xpert.perturbverse.embed import standing
    from xpert.perturbverse.neighbours import neighbours, read_by
    from xpert.perturbverse.quality import default_by
    from xpert.prediction.controls import find_name

    if args.k < 1:
        raise InputError(f"-k is a number from 1 upwards, not {args.k}.")
    treatment, way = Treatment.parse(args.treat), read_by(args.by) if args.by else None
    bundle = load_bundle(args.model)
    context = args.context and (find_name(args.context, bundle.contexts) or args.context)
    table = neighbours(bundle, treatment, by=way, k=args.k, modality=args.modality, context=context)
    sys.stderr.write(f"Neighbours in {bundle.name}, by {(way or default_by(bundle.name)).label}\n")
    sys.stderr.write(f"{standing(bundle, treatment)}\n")
    write_listing(table, as_json=args.json)
    return 0
