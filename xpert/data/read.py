"""The only door for data files.

A file may come from anyone. It is opened once, and everything that parses it runs in a process of its own, which
has bounded memory, processor time, wall time and disk, an empty environment, and may open no other file. There
its structure is scanned before a value is read (`xpert.data.guard.scan`), every value, index and name is checked,
and what is left is written again as plain arrays. This process opens only those.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from xpert.data.guard import copy, process
from xpert.data.guard.limits import DEFAULT, Limits
from xpert.data.guard.source import opened
from xpert.data.table import CellTable

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Limits", "read"]


def read(
    path: str | Path,
    *,
    layer: str | None = None,
    obs: str | Path | None = None,
    name: str | None = None,
    limits: Limits = DEFAULT,
    progress: Callable[[float], None] | None = None,
) -> CellTable:
    """Read a data file.

    - ``.h5ad``: CSR, CSC or dense, as any anndata since 0.6 wrote it.
    - 10x ``.h5``, and a folder of ``matrix.mtx``, ``barcodes.tsv`` and ``features.tsv`` or ``genes.tsv``, each
      plain or ``.gz``. Features of one type are read: gene expression, or the type that `layer` names.
      ``protospacer_calls_per_cell.csv`` in the folder becomes columns of `obs`.
    - ``.csv``, ``.tsv``, ``.txt`` (tabs), each plain or ``.gz``: a header, then one row per cell. The first column
      names the cell. Columns up to the last one that holds text describe the cells; every column right of it is a
      gene and holds numbers. Numbers that describe cells (a dose) therefore stand left of a column of text, or in
      a second table: `obs`, or a file ``NAME.obs.csv`` beside ``NAME.csv`` (also ``_obs``, ``.tsv``, ``.gz``),
      whose first column holds the same cell names. A table of genes × cells is not turned but refused.

    Of an h5ad file the first two columns of each table of numbers in ``obsm`` are kept too, to draw the cells.

    The values are kept as float32, or int32 where the file has whole numbers, in files without a name that vanish
    with the table (and with this process, however it ends).

    Parameters
    ----------
    path
        File or folder.
    layer
        ``X``, ``raw`` or a layer's name; the main matrix when None.
    obs
        A further table of cells (``.csv``, ``.tsv``, also ``.gz``), joined by cell name; it takes the place
        of one that would be found beside or inside `path`.
    name
        What to call the file; its own name when None.
    limits
        What reading may cost.
    progress
        Called with the share that is done, from 0 to 1.

    Raises
    ------
    UnsafeFileError
        The file asks its reader for something that no data needs, or for more than `limits` allow.
    InputError
        The file is damaged, of no kind that is read, or holds values that cannot be computed with.
    """
    path = Path(path)
    with (
        opened(path, obs=None if obs is None else Path(obs), name=name) as source,
        tempfile.TemporaryDirectory(prefix="xpert-") as temporary,
    ):
        process.run(source.kind, source.files, Path(temporary), limits, layer=layer, progress=progress)
        return _open_copy(Path(temporary) / "copy", source.name, source.sha256())


def _open_copy(folder: Path, name: str, sha256: str) -> CellTable:
    meta = copy.read_meta(folder)
    cells, genes = (int(n) for n in meta["shape"])
    return CellTable(
        matrix=copy.open_matrix(folder, (cells, genes)),
        obs=copy.open_columns(folder / "obs.parquet", meta["obs"]),
        var=copy.open_columns(folder / "var.parquet", meta["var"]),
        layer=str(meta["layer"]),
        layers=tuple(meta["layers"]),
        name=name,
        sha256=sha256,
        format=str(meta["format"]),
        facts=copy.open_facts(folder, meta),
        hints=dict(meta["hints"]),
        places=copy.open_places(folder, meta),
    )
