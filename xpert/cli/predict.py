"""`xpert predict`: what treatments do in cells, as a table or as predicted cells."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from xpert.errors import InputError

if TYPE_CHECKING:
    import argparse

    from xpert.data.dataset import PerturbationDataset
    from xpert.data.matrix import Cells
    from xpert.data.responses import Context, Floats
    from xpert.model.bundle import Bundle
    from xpert.prediction.prediction import Prediction
    from xpert.prediction.support import SupportSet

_DETAILS = """
Examples
  xpert predict perturbseq --context K562 --treat "KLF1:crispra + MAP2K6:crispra" --out double.csv
  xpert predict perturbseq --control cells.h5ad --treat KLF1:crispra --treat control --out cells.h5ad
  xpert predict perturbseq --support screen.h5ad --treat "KLF1:crispra + MAP2K6:crispra" --out corrected.csv
  xpert predict l1000 --context A375 --treat vorinostat@1uM --out vorinostat.parquet --json

A table has a row per gene and treatment: gene, control, predicted, delta, lower, upper (the 90 % interval of
delta), readout, treatment, context, model. An .h5ad holds predicted cells with --control, else predicted means.
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the sub-command."""
    import argparse

    parser = subparsers.add_parser(
        "predict",
        help="predict what treatments do in cells",
        epilog=_DETAILS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("model", metavar="MODEL", help="name of a model (see `xpert models`) or its folder")
    parser.add_argument("--control", metavar="FILE", type=Path, help="data file with control cells")
    parser.add_argument(
        "--support",
        metavar="FILE",
        type=Path,
        help="data file with treatments measured in the same context, which correct the answer; its control cells "
        "are the control where no other file is named with --control",
    )
    parser.add_argument("--context", metavar="NAME", help="the model's own context, or the one inside FILE")
    parser.add_argument(
        "--treat",
        metavar="TEXT",
        action="append",
        required=True,
        help='treatment, for example "KLF1:crispra + MAP2K6:crispra"; may be repeated',
    )
    parser.add_argument("--out", metavar="OUT", type=Path, required=True, help=".csv, .parquet or .h5ad")
    parser.add_argument(
        "--cells",
        metavar="N",
        type=int,
        help="predicted cells of each treatment in an .h5ad (default: as many as control cells; 0: means)",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the predicted cells (default 0)")
    parser.add_argument(
        "--map", action="append", default=[], metavar="KEY=COLUMN", help="as in `xpert check`"
    )
    parser.add_argument("--layer", metavar="L", help="X, raw or a layer's name of FILE")
    parser.add_argument(
        "--all-cells-are-control", action="store_true", help="take every cell of FILE as unperturbed"
    )
    parser.add_argument(
        "--json", action="store_true", help="print what stands behind each prediction as JSON"
    )


class _Controls(NamedTuple):
    """Where the control comes from: a name of the model's, or a reader's context with its cells."""

    context: str | Context
    dataset: PerturbationDataset | None = None
    name: str = ""
    support: SupportSet | None = None

    def cells(self, prediction: Prediction) -> Cells:
        from xpert.prediction.controls import control_cells

        if self.dataset is None:
            raise InputError(
                "Predicted cells are made from control cells: name their file with --control FILE."
            )
        return control_cells(self.dataset, self.name, prediction.genes)


def run(args: argparse.Namespace) -> int:
    """Predict, write, and say what stands behind it."""
    from xpert.model.bundle import load_bundle
    from xpert.perturbation import Treatment
    from xpert.prediction.export import check_target
    from xpert.prediction.predict import check_treatment, predict

    check_target(args.out, inputs=_inputs(args))
    _check_options(args)
    treatments = list(dict.fromkeys(Treatment.parse(text) for text in args.treat))
    bundle = load_bundle(args.model)
    for treatment in treatments:
        check_treatment(bundle, treatment)
    controls = _controls(args, bundle)
    predictions = predict(bundle, [controls.context], treatments, controls.support)
    _write(args, predictions, controls)
    _report(args, predictions)
    return 0


def _check_options(args: argparse.Namespace) -> None:
    """What can be told to be wrong before anything is loaded."""
    no_file = not _inputs(args)
    if no_file and args.context is None:
        raise InputError(
            "Say which cells: --control FILE with control cells, or --context NAME of the model's own."
        )
    only_with_file = {
        "--map": args.map,
        "--layer": args.layer,
        "--all-cells-are-control": args.all_cells_are_control,
    }
    extra = [option for option, value in only_with_file.items() if value]
    if no_file and extra:
        raise InputError(f"{', '.join(extra)} is about a data file: name it with --control FILE.")
    if args.cells is not None and args.cells < 0:
        raise InputError(f"--cells is a number from 0 upwards, not {args.cells}.")
    if args.cells and args.out.suffix.lower() != ".h5ad":
        raise InputError(f"Predicted cells are written to .h5ad; {args.out.name} holds a gene table.")
    if args.cells and no_file:
        raise InputError("Predicted cells are made from control cells: name their file with --control FILE.")


def _inputs(args: argparse.Namespace) -> list[Path]:
    """The data files that are read, each once."""
    return list(dict.fromkeys(path for path in (args.control, args.support) if path is not None))


def _controls(args: argparse.Namespace, bundle: Bundle) -> _Controls:
    from xpert.prediction.controls import check_takes_cells, context_from_dataset

    if not _inputs(args):
        return _Controls(args.context)
    if bundle.readout.is_differential and args.control is None:
        return _own_context(args, bundle)
    check_takes_cells(bundle)
    dataset = _open(args, args.control or args.support)
    name, shown = _pick_context(args.context, dataset)
    context = context_from_dataset(dataset, bundle, name, shown_as=shown)
    if args.support is None:
        return _Controls(context, dataset, name)
    if args.control in {None, args.support}:
        return _Controls(context, dataset, name, _support(dataset, bundle, name, shown))
    measured = _open(args, args.support)
    inside, _ = _pick_context(context.name, measured)
    return _Controls(context, dataset, name, _support(measured, bundle, inside, context.name))


def _own_context(args: argparse.Namespace, bundle: Bundle) -> _Controls:
    """A support set of a model that takes no control cells, in one of its own contexts."""
    from xpert.prediction.controls import listed

    if args.context is None:
        raise InputError(
            f"{bundle.name} predicts a {bundle.readout.label} and takes no control cells; name one of its own "
            f"contexts with --context: {listed(bundle.contexts)}."
        )
    measured = _open(args, args.support)
    only = measured.contexts[0] if len(measured.contexts) == 1 else args.context
    return _Controls(args.context, support=_support(measured, bundle, only, args.context))


def _open(args: argparse.Namespace, path: Path) -> PerturbationDataset:
    from xpert.cli.check import read_map
    from xpert.data.open import open_dataset

    mapping = read_map(args.map) | ({"perturbation": "none"} if args.all_cells_are_control else {})
    dataset = open_dataset(path, mapping=mapping, layer=args.layer)
    if dataset.schema.perturbation_key is None and not args.all_cells_are_control:
        _say(
            "No column of the file names what is perturbed, so every cell is taken as an unperturbed control."
        )
    for step in dataset.normalisation:
        _say(step)
    return dataset


def _support(dataset: PerturbationDataset, bundle: Bundle, name: str, shown: str) -> SupportSet:
    """The measured treatments of one context; says which are skipped."""
    from xpert.prediction.support import support_from

    found = support_from(dataset, bundle, name, shown_as=shown)
    for text, why in found.skipped.items():
        _say(f"Skipped {text} of {dataset.table.name}: {why}")
    return found


def _pick_context(asked: str | None, dataset: PerturbationDataset) -> tuple[str, str]:
    """The context inside the file, as the file spells it and as the reader calls it."""
    from xpert.data.contexts import ONLY_CONTEXT
    from xpert.prediction.controls import find_name, listed

    with_control = [name for name in dataset.contexts if len(dataset.control_rows(name))]
    if asked is not None:
        found = find_name(asked, with_control)
        if found is not None:
            return found, found
        if dataset.contexts == (ONLY_CONTEXT,):  # no column names a context, so the reader may
            return ONLY_CONTEXT, asked
        raise InputError(
            f"{dataset.table.name} has no control cells in a context {asked!r}; it has them in: {listed(with_control)}."
        )
    if len(with_control) == 1:
        return with_control[0], with_control[0]
    if not with_control:
        raise InputError(f"{dataset.table.name} has no control cells; name their label: --map control=LABEL.")
    raise InputError(
        f"{dataset.table.name} has control cells in {len(with_control)} contexts; choose one with --context: "
        f"{listed(with_control)}."
    )


def _write(args: argparse.Namespace, predictions: list[Prediction], controls: _Controls) -> None:
    from xpert.prediction.export import gene_table, to_anndata, write_anndata, write_table

    inputs = _inputs(args)
    if args.out.suffix.lower() != ".h5ad":
        write_table(gene_table(predictions), args.out, inputs=inputs)
        return
    cells = _predicted_cells(args, predictions, controls)
    data = to_anndata(predictions, cells, seed=None if cells is None else args.seed)
    write_anndata(data, args.out, inputs=inputs)


def _predicted_cells(
    args: argparse.Namespace, predictions: list[Prediction], controls: _Controls
) -> list[Floats] | None:
    """Cells of each prediction; None where means are wanted."""
    from xpert.prediction.cells import sample_cells

    if args.cells == 0 or controls.dataset is None:
        return None
    source = controls.cells(predictions[0])
    return [sample_cells(p, source, cells=args.cells, seed=args.seed) for p in predictions]


def _report(args: argparse.Namespace, predictions: list[Prediction]) -> None:
    """Evidence to stdout as JSON, or its sentences to stderr."""
    if args.json:
        answers = [
            {
                "treatment": str(p.treatment),
                "context": p.context,
                "model": p.model,
                "readout": p.readout.value,
                "genes": len(p.genes),
                "evidence": p.evidence.to_dict(),
            }
            for p in predictions
        ]
        sys.stdout.write(
            json.dumps({"out": str(args.out), "predictions": answers}, allow_nan=False, indent=1) + "\n"
        )
        return
    for p in predictions:
        _say(f"{p}: {len(p.genes):,} genes, {p.readout.label}")
        for sentence in p.evidence.sentences:
            _say(f"  {sentence}")
    _say(f"Written to {args.out}")


def _say(text: str) -> None:
    sys.stderr.write(f"{''.join(c if c.isprintable() else '?' for c in text)}\n")
