"""Write predictions to files that other programs open safely."""

from __future__ import annotations

import json
import os
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from xpert import __version__
from xpert.errors import InputError
from xpert.prediction.cells import pseudobulk
from xpert.prediction.prediction import COVERAGE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from anndata import AnnData

    from xpert.data.responses import Floats
    from xpert.prediction.prediction import Prediction

FORMATS = (".csv", ".parquet", ".h5ad")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_LAYERS = ("control", "delta", "lower", "upper", "spread")


def gene_table(predictions: Sequence[Prediction]) -> pd.DataFrame:
    """Gene tables of several predictions below one another, with ``treatment`` and ``context`` after ``readout``."""
    tables = [
        p.table.assign(treatment=str(p.treatment), context=p.context, model=p.model) for p in predictions
    ]
    return pd.concat(tables, ignore_index=True)


def write_table(table: pd.DataFrame, path: Path, *, inputs: Collection[Path] = ()) -> None:
    """Write a table as CSV or Parquet, by the ending of `path`; all of it or nothing.

    In CSV, text that a spreadsheet would run as a formula gets an apostrophe in front; numbers are left
    alone and keep every digit.

    Parameters
    ----------
    table
        What to write.
    path
        Ends in ``.csv`` or ``.parquet``. An existing file is replaced once the new one is complete.
    inputs
        Files that were read and must never be replaced.

    Raises
    ------
    InputError
        For another ending, a folder that does not exist or cannot be written to, or one of `inputs`.
    """
    with new_file(path, inputs=inputs, endings=(".csv", ".parquet")) as unfinished:
        if path.suffix.lower() == ".csv":
            formula_safe(table).to_csv(unfinished, index=False, lineterminator="\n")
        else:
            table.to_parquet(unfinished, index=False)


def write_anndata(data: AnnData, path: Path, *, inputs: Collection[Path] = ()) -> None:
    """Write an AnnData as ``.h5ad``; all of it or nothing. See `write_table`."""
    with new_file(path, inputs=inputs, endings=(".h5ad",)) as unfinished:
        data.write_h5ad(unfinished, compression="gzip")


def formula_safe(table: pd.DataFrame) -> pd.DataFrame:
    """The same table with an apostrophe before every text (or column name) that a spreadsheet would run."""
    safe = table.copy()
    for column in safe.columns[[not pd.api.types.is_numeric_dtype(t) for t in safe.dtypes]]:
        safe[column] = safe[column].map(_defused)
    return safe.rename(columns=_defused)


def to_anndata(
    predictions: Sequence[Prediction], cells: Sequence[Floats] | None = None, *, seed: int | None = None
) -> AnnData:
    """Predictions as AnnData: predicted cells, or one row of predicted means for each prediction.

    Parameters
    ----------
    predictions
        All on the same genes.
    cells
        Predicted cells of each prediction, shapes ``(cells, genes)``; without them a row is a predicted mean
        and ``layers`` hold ``control``, ``delta``, ``lower``, ``upper`` and ``spread``.
    seed
        With which the cells were drawn.

    Returns
    -------
    ``obs`` names treatment, context and model of each row; ``uns["xpert"]`` says where it comes from: version, model,
    readout, seed, what a row is, and treatment, context and evidence of each prediction, as JSON text.
    """
    import anndata as ad

    rows = [1] * len(predictions) if cells is None else [len(drawn) for drawn in cells]
    values = pseudobulk(predictions) if cells is None else np.concatenate(list(cells))
    pseudobulk(predictions)  # refuses predictions on different genes
    names = [f"{i}-{row}" for i, count in enumerate(rows) for row in range(count)]
    obs = pd.DataFrame(
        {
            "treatment": pd.Categorical(np.repeat([str(p.treatment) for p in predictions], rows)),
            "context": pd.Categorical(np.repeat([p.context for p in predictions], rows)),
            "model": pd.Categorical(np.repeat([p.model for p in predictions], rows)),
        },
        index=names,
    )
    data = ad.AnnData(values.astype(np.float32), obs=obs, var=pd.DataFrame(index=list(predictions[0].genes)))
    if cells is None:
        for layer in _LAYERS:
            data.layers[layer] = np.array([getattr(p, layer) for p in predictions], dtype=np.float32)
    data.uns["xpert"] = provenance(predictions, seed=seed) | {
        "row": "predicted mean" if cells is None else "predicted cell"
    }
    return data


def provenance(predictions: Sequence[Prediction], *, seed: int | None = None) -> dict[str, Any]:
    """Where numbers come from, as text and numbers that any file can hold."""
    first = predictions[0]
    said = [
        {"treatment": str(p.treatment), "context": p.context, "evidence": p.evidence.to_dict()}
        for p in predictions
    ]
    return {
        "version": __version__,
        "model": first.model,
        "readout": first.readout.value,
        "interval": f"lower and upper bound delta; {COVERAGE:.0%} by the error on held-out treatments",
        "seed": "none" if seed is None else seed,
        "predictions": json.dumps(said),
    }


@contextmanager
def new_file(
    path: Path, *, inputs: Collection[Path] = (), endings: Sequence[str] = FORMATS
) -> Iterator[Path]:
    """A temporary file beside `path` that takes its place when the block ends well, and is removed otherwise.

    Raises
    ------
    InputError
        Where `path` cannot be written, has another ending, or is one of `inputs`.
    """
    check_target(path, inputs=inputs, endings=endings)
    unfinished = path.with_name(f".{path.stem[:100]}-{secrets.token_hex(8)}{path.suffix}")
    unfinished.open("x").close()
    try:
        yield unfinished
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def check_target(path: Path, *, inputs: Collection[Path] = (), endings: Sequence[str] = FORMATS) -> None:
    """Raise where a result could not be written to `path`, before anything is computed.

    Raises
    ------
    InputError
        With what to do instead.
    """
    if path.suffix.lower() not in endings:
        raise InputError(
            f"{path.name} should end in {' or '.join(endings)}: the ending decides what is written."
        )
    if not path.parent.is_dir():
        raise InputError(f"There is no folder {path.parent} to write {path.name} to.")
    if path.is_dir():
        raise InputError(f"{path} is a folder; give the name of a file.")
    if any(path.resolve() == given.resolve() for given in inputs):
        raise InputError(f"{path} is the file that is read; give the result another name.")
    if not os.access(path.parent, os.W_OK):
        raise InputError(f"The folder {path.parent} cannot be written to.")


def _defused(value: object) -> object:
    if not isinstance(value, str):
        return value
    # A lone carriage return is not quoted by every writer and would begin a new row.
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{text}" if value.startswith(_FORMULA_STARTS) else text
