"""`xpert export`: a model's predictions beside measured cells, in the form that other programs score."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from xpert.errors import InputError

if TYPE_CHECKING:
    import argparse

    from xpert.prediction.cell_eval import CellEvalPair

_DETAILS = """
Example
  xpert export cell-eval perturbseq --data screen.h5ad --treat "KLF1:crispra + MAP2K6:crispra" --out scored

writes scored/predicted.h5ad and scored/real.h5ad and prints the command that scores them; cell-eval itself is
installed with: pip install cell-eval. Both files hold ln(1 + normalised counts) of the same genes and the same
control cells.
"""
_SHOWN = 5


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the sub-command."""
    import argparse

    parser = subparsers.add_parser(
        "export", help="write predicted and measured cells for another program to score"
    )
    forms = parser.add_subparsers(dest="form", required=True, metavar="FORM")
    form = forms.add_parser(
        "cell-eval",
        help="a pair of .h5ad files for the cell-eval package",
        epilog=_DETAILS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    form.add_argument("model", metavar="MODEL", help="name of a model (see `xpert models`) or its folder")
    form.add_argument(
        "--data",
        metavar="FILE",
        type=Path,
        required=True,
        help="data file with control cells and treated cells",
    )
    form.add_argument("--context", metavar="NAME", help="which cells of FILE, where it holds several kinds")
    form.add_argument(
        "--treat",
        metavar="TEXT",
        nargs="+",
        action="extend",
        default=[],
        help='treatments of FILE, for example "KLF1:crispra + MAP2K6:crispra" (default: all that MODEL can answer)',
    )
    form.add_argument(
        "--out",
        metavar="DIR",
        type=Path,
        default=Path("cell-eval"),
        help="folder to write to; made if it is not there (default cell-eval)",
    )
    form.add_argument("--seed", type=int, default=0, help="of the predicted cells (default 0)")
    form.add_argument("--map", action="append", default=[], metavar="KEY=COLUMN", help="as in `xpert check`")
    form.add_argument("--layer", metavar="L", help="X, raw or a layer's name of FILE")


def run(args: argparse.Namespace) -> int:
    """Write the pair, and print the command that scores it."""
    from xpert.cli.check import read_map
    from xpert.data.open import open_dataset
    from xpert.model.bundle import load_bundle
    from xpert.perturbation import Treatment
    from xpert.prediction.cell_eval import cell_eval_pair, command
    from xpert.prediction.export import write_anndata

    treatments = [Treatment.parse(text) for text in args.treat]
    _make_folder(args.out)
    bundle = load_bundle(args.model)
    dataset = open_dataset(args.data, mapping=read_map(args.map), layer=args.layer)
    pair = cell_eval_pair(bundle, dataset, treatments=treatments, context=args.context, seed=args.seed)
    predicted, real = args.out / "predicted.h5ad", args.out / "real.h5ad"
    write_anndata(pair.predicted, predicted, inputs=[args.data])
    write_anndata(pair.real, real, inputs=[args.data])
    _report(pair, args.out)
    sys.stdout.write(command(predicted, real, args.out / "scores") + "\n")
    return 0


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"The folder {folder} cannot be made: {error.strerror or error}.") from error


def _report(pair: CellEvalPair, folder: Path) -> None:
    """What was written and what a score of it means."""
    cells, genes = pair.predicted.shape
    _say(f"{len(pair.predictions)} treatments, {cells:,} cells, {genes:,} genes in {folder}")
    if pair.left_out:
        _say(f"Left out, unknown to the model or too few cells: {_first(pair.left_out)}")
    if pair.seen:
        _say(
            f"The model was trained on {len(pair.seen)} of these treatments ({_first(pair.seen)}); their scores say "
            "how well it recalls, not how well it predicts."
        )


def _first(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _say(text: str) -> None:
    sys.stderr.write(f"{''.join(c if c.isprintable() else '?' for c in text)}\n")
