"""Time what a reader waits for: loading a model, then one treatment for 500 control cells.

    python benchmarks/first_prediction.py [--model perturbseq] [--cells 500] [--rounds 5]

The first prediction after loading is shown apart from later ones, which ask about other treatments. Beside it stands the same in plain numpy: the mean
of the control cells plus a measured shift, added to each cell.
"""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="perturbseq")
    parser.add_argument("--treat", help="treatment (default: the first measured combination, or treatment)")
    parser.add_argument("--cells", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()

    seconds, bundle = timed(lambda: load(args.model))
    print(f"load {args.model:24s} {seconds:8.3f} s   (imports among it)")
    treatments = asked(bundle, args.treat, args.rounds + 1)
    name = next(iter(bundle.contexts))
    if bundle.readout.is_differential:
        report(lambda treatment: once(bundle, name, treatment), treatments, f"in {name}")
        return
    cells = control_cells(bundle.contexts[name], args.cells)
    shift = bundle.training.delta[0]
    label = f"in {len(cells)} cells × {len(bundle.genes)} genes"
    own = report(lambda treatment: whole(bundle, name, treatment, cells), treatments, label)
    plain = min(timed(lambda: plain_numpy(cells, shift))[0] for _ in range(args.rounds))
    print(
        f"plain numpy: mean plus shift  {plain:8.4f} s   later predictions take {own / plain:,.0f} × as long"
    )


def load(model: str):
    from xpert.model.bundle import load_bundle

    return load_bundle(model)


def asked(bundle, text: str | None, count: int) -> list:
    """The treatment that was named, or a measured combination, and then others."""
    from xpert.perturbation import Treatment

    measured = sorted({c.treatment for c in bundle.training.conditions}, key=lambda t: (-len(t), str(t)))
    named = [Treatment.parse(text)] if text else []
    return [*named, *(t for t in measured if t not in named)][:count]


def control_cells(context, count: int) -> np.ndarray:
    """Cells with the mean and roughly the spread of a context's own control."""
    rng = np.random.default_rng(0)
    spread = np.nan_to_num(context.spread)
    return np.maximum(rng.normal(context.control, spread, size=(count, len(context.genes))), 0.0)


def once(bundle, context, treatment):
    from xpert.prediction.predict import predict

    return predict(bundle, [context], [treatment])[0]


def whole(bundle, name: str, treatment, cells: np.ndarray):
    """From control cells to predicted cells, as the app does it."""
    from xpert.data.responses import Context
    from xpert.prediction.cells import sample_cells

    context = Context(name, bundle.genes, cells.mean(axis=0), cells.std(axis=0), cells=len(cells))
    return sample_cells(once(bundle, context, treatment), cells)


def plain_numpy(cells: np.ndarray, shift: np.ndarray) -> np.ndarray:
    predicted = cells.mean(axis=0) + np.nan_to_num(shift)
    return cells + (predicted - cells.mean(axis=0))


def report(answer: Callable[[object], object], treatments: list, label: str) -> float:
    first, *others = treatments
    print(f"first: {first} {label}  {timed(lambda: answer(first))[0]:8.3f} s")
    later = min(timed(lambda: answer(other))[0] for other in others)  # noqa: B023
    print(f"later: others {label}  {later:8.3f} s   (best of {len(others)}; aim: under 1 s)")
    return later


def timed(answer: Callable[[], object]):
    started = time.perf_counter()
    result = answer()
    return time.perf_counter() - started, result


if __name__ == "__main__":
    main()
