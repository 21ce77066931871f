"""`xpert train`: from a recipe, or from a data file, to a bundle."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from xpert.training.recipe import Recipe

RUNS = Path("runs")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the sub-command."""
    parser = subparsers.add_parser(
        "train",
        help="make a model from a recipe or a data file",
        description="Make a bundle, and print its skill beside every baseline.",
    )
    parser.add_argument("source", type=Path, metavar="RECIPE.toml|DATA", help="a recipe, or a data file")
    parser.add_argument("--out", type=Path, help="folder of the bundle; with a recipe models/NAME by default")
    parser.add_argument("--resume", action="store_true", help="go on with an interrupted run")
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="KEY=COLUMN",
        help="with a data file: what a column means, as in `xpert check`",
    )


def run(args: argparse.Namespace) -> int:
    """Train, write the bundle, print its skill."""
    from xpert.training.card import skill_tables
    from xpert.training.train import train

    recipe, text = _recipe(args)
    out = args.out or Path("models") / recipe.name
    bundle = train(recipe, text, out, work=RUNS / recipe.name, resume=args.resume)
    sys.stdout.write(skill_tables(bundle.skill) + "\n")
    sys.stderr.write(f"Written to {out}; logs are in {RUNS / recipe.name}.\n")
    return 0


def _recipe(args: argparse.Namespace) -> tuple[Recipe, str]:
    """The recipe and its text: as given, or the default one for a data file."""
    from xpert.cli.check import read_map
    from xpert.errors import InputError
    from xpert.training.recipe import Recipe, default_text

    if args.source.suffix == ".toml":
        if args.map:
            raise InputError("With a recipe, say what columns mean in its [data.mapping], not with --map.")
        return Recipe.read(args.source), args.source.read_text(encoding="utf-8")
    if args.out is None:
        raise InputError("Say where the model should go, for example --out models/mine.")
    if not args.source.exists():
        raise InputError(f"There is no file {args.source}.")
    text = default_text(args.source, args.out.name, read_map(args.map))
    return Recipe.of(text, folder=args.source.resolve().parent), text
