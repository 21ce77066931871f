"""H19 to H29 and H35 to H37: files whose parts do not fit, are missing or are damaged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import h5py
import numpy as np
from cases import case
from plain import CELL_NAMES, CELLS, DENSE, GENE_NAMES, GENES, replace, sparse, table, write

if TYPE_CHECKING:
    from pathlib import Path


def _spoilt(folder: Path, part: str, values: object) -> Path:
    with write(folder / "a.h5ad") as file:
        replace(file["X"], part, np.asarray(values))
    return folder / "a.h5ad"


@case("H19-beyond", "X/indices", "number 400,000,000", "there are 4")
def index_beyond(folder: Path) -> Path:
    return _spoilt(folder, "indices", [0, 2, 1, 3, 0, 3, 1, 400_000_000, 0])


@case("H19-negative", "X/indices", "number -5")
def index_negative(folder: Path) -> Path:
    return _spoilt(folder, "indices", [0, 2, 1, 3, 0, -5, 1, 2, 0])


@case("H19-end", "X/indptr", "does not divide the 9 stored values")
def pointer_too_far(folder: Path) -> Path:
    return _spoilt(folder, "indptr", [0, 2, 3, 4, 6, 8, 10**9])


@case("H19-middle", "X/indptr", "from row 4 on")
def pointer_wild(folder: Path) -> Path:
    return _spoilt(folder, "indptr", [0, 2, 3, 2**40, 6, 8, 9])


@case("H19-csc", "X/indices", "number 77")
def index_beyond_by_gene(folder: Path) -> Path:
    with write(folder / "a.h5ad", without=("X",)) as file:
        group = sparse(file, by="csc")
        values = group["indices"][:]
        values[3] = 77
        replace(group, "indices", values)
    return folder / "a.h5ad"


@case("H19-unsigned", "X/indptr", "does not divide")
def pointer_unsigned(folder: Path) -> Path:
    return _spoilt(folder, "indptr", np.array([0, 2, 3, 2**64 - 1, 6, 8, 9], np.uint64))


@case("H19-fraction", "X/indices", "should hold whole numbers")
def index_fraction(folder: Path) -> Path:
    return _spoilt(folder, "indices", [0, 2, 1, 3, 0, 1.5, 1, 2, 0])


@case("H20", "X/indptr", "from row 3 on")
def pointer_decreasing(folder: Path) -> Path:
    return _spoilt(folder, "indptr", [0, 2, 4, 3, 6, 8, 9])


@case("H21", "X/indptr", "does not divide")
def pointer_short_of_the_end(folder: Path) -> Path:
    return _spoilt(folder, "indptr", [0, 2, 3, 4, 6, 8, 8])


@case("H22")
def duplicate_entries(folder: Path) -> Path:
    with write(folder / "a.h5ad") as file:
        replace(file["X"], "indices", np.array([0, 0, 1, 3, 0, 3, 2, 1, 0]))
    return folder / "a.h5ad"


@case("H23-wide", "X is 6 × 1,000,000,000,000", "var 4 genes")
def claims_width(folder: Path) -> Path:
    with write(folder / "a.h5ad") as file:
        file["X"].attrs["shape"] = [CELLS, 10**12]
    return folder / "a.h5ad"


@case("H23-rows", "X is 6 × 4", "obs names 5 cells")
def fewer_cells_than_rows(folder: Path) -> Path:
    with write(folder / "a.h5ad", without=("obs",)) as file:
        table(file, "obs", CELL_NAMES[:5])
    return folder / "a.h5ad"


@case("H23-flat", "X should have two axes")
def one_axis(folder: Path) -> Path:
    with write(folder / "a.h5ad", without=("X",)) as file:
        file["X"] = np.zeros(CELLS)
    return folder / "a.h5ad"


@case("H23-cube", "X should have two axes")
def three_axes(folder: Path) -> Path:
    with write(folder / "a.h5ad", without=("X",)) as file:
        file["X"] = np.zeros((CELLS, GENES, 2))
    return folder / "a.h5ad"


@case("H23-nothing", "0 cells")
def no_cells(folder: Path) -> Path:
    with write(folder / "a.h5ad", without=("X", "obs")) as file:
        file["X"] = np.zeros((0, GENES), np.float32)
        table(file, "obs", np.array([], dtype="S1"))
    return folder / "a.h5ad"


def _dense(folder: Path, row: int, column: int, value: float) -> Path:
    with write(folder / "a.h5ad", without=("X",)) as file:
        values = DENSE.copy()
        values[row, column] = value
        file["X"] = values
    return folder / "a.h5ad"


@case("H24-nan", "X holds 1 values that are missing or infinite", "cell 'cell4', gene 'TP53'")
def not_a_number(folder: Path) -> Path:
    return _dense(folder, 4, 2, np.nan)


@case("H24-infinite", "missing or infinite", "inf at cell 'cell1', gene 'MAP2K6'")
def infinite(folder: Path) -> Path:
    return _spoilt(folder, "data", [1, 2, np.inf, 4, 5, 6, np.nan, 8, 9])


@case("H24-huge", "1e+300", "too large")
def beyond_single_precision(folder: Path) -> Path:
    return _spoilt(folder, "data", [1, 2, 3, 4, 5, 6, 7, 8, 1e300])


@case("H24-negative")
def negative(folder: Path) -> Path:
    return _dense(folder, 4, 2, -2.5)


@case("H25-genes")
def duplicate_genes(folder: Path) -> Path:
    with write(folder / "a.h5ad") as file:
        replace(file["var"], "_index", ["G0", "G0", " G0", "g0"])
    return folder / "a.h5ad"


@case("H25-cells")
def duplicate_cells(folder: Path) -> Path:
    with write(folder / "a.h5ad") as file:
        replace(file["obs"], "_index", ["a", "a", "a-1", "b", "a", "b"])
    return folder / "a.h5ad"


@case("H26-column", "lists the column 'gone'")
def missing_column(folder: Path) -> Path:
    with write(folder / "a.h5ad") as file:
        file["obs"].attrs.create("column-order", ["perturbation", "gone"], dtype=h5py.string_dtype())
    return folder / "a.h5ad"


@case("H26-obs", "no table 'obs'", "cells")
def missing_obs(folder: Path) -> Path:
    with write(folder / "a.h5ad", without=("obs",)):
        return folder / "a.h5ad"


@case("H26-index", "does not say which column names its rows")
def missing_index_attribute(folder: Path) -> Path:
    with write(folder / "a.h5ad") as file:
        del file["obs"].attrs["_index"]
    return folder / "a.h5ad"


@case("H26-names", "names its rows by the column '_index'", "does not hold it")
def missing_names(folder: Path) -> Path:
    with write(folder / "a.h5ad") as file:
        del file["var/_index"]
    return folder / "a.h5ad"


@case("H27", "no main matrix X", "'counts'", "layer='raw'")
def missing_matrix(folder: Path) -> Path:
    with write(folder / "a.h5ad", without=("X",)) as file:
        sparse(file["layers"], "counts")
        sparse(file.create_group("raw"))
        table(file["raw"], "var", GENE_NAMES)
    return folder / "a.h5ad"


@case("H27-nothing", "no expression matrix")
def missing_every_matrix(folder: Path) -> Path:
    with write(folder / "a.h5ad", without=("X",)):
        return folder / "a.h5ad"


def _categorical(folder: Path, codes: list[int], categories: list[str]) -> Path:
    with write(folder / "a.h5ad") as file:
        del file["obs/perturbation"]
        group = file["obs"].create_group("perturbation")
        group.attrs["encoding-type"], group.attrs["encoding-version"] = "categorical", "0.2.0"
        group["codes"], group["categories"] = np.array(codes, np.int8), categories
    return folder / "a.h5ad"


@case("H28-beyond", "obs/perturbation", "row 3 has code 2", "2 categories")
def code_beyond(folder: Path) -> Path:
    return _categorical(folder, [0, 1, 2, 0, 1, 0], ["control", "KLF1"])


@case("H28-negative", "obs/perturbation", "code -2")
def code_negative(folder: Path) -> Path:
    return _categorical(folder, [0, 1, -2, 0, 1, 0], ["control", "KLF1"])


@case("H28-twice", "lists a category twice")
def category_twice(folder: Path) -> Path:
    return _categorical(folder, [0, 1, 1, 0, 1, 0], ["KLF1", "KLF1"])


@case("H29", "X is written as 'hyper_matrix'", "does not read")
def unknown_encoding(folder: Path) -> Path:
    with write(folder / "a.h5ad") as file:
        file["X"].attrs["encoding-type"] = "hyper_matrix"
    return folder / "a.h5ad"


@case("H29-column")
def unknown_column_encoding(folder: Path) -> Path:
    with write(folder / "a.h5ad") as file:
        del file["obs/dose"]
        file["obs"].create_group("dose").attrs["encoding-type"] = "quantum-array"
    return folder / "a.h5ad"


@case("H35-empty", "is empty")
def empty(folder: Path) -> Path:
    (folder / "a.h5ad").touch()
    return folder / "a.h5ad"


@case("H35-text", "is no HDF5 file, whatever its name says")
def text(folder: Path) -> Path:
    (folder / "a.h5ad").write_text("cell,KLF1\nc1,3\n")
    return folder / "a.h5ad"


@case("H35-page", "is a web page")
def web_page(folder: Path) -> Path:
    (folder / "a.h5ad").write_text("<!DOCTYPE html><html>Not found</html>")
    return folder / "a.h5ad"


@case("H35-truncated", "damaged or cut off")
def truncated(folder: Path) -> Path:
    with write(folder / "whole.h5ad"):
        pass
    (folder / "a.h5ad").write_bytes((folder / "whole.h5ad").read_bytes()[:3000])
    return folder / "a.h5ad"


@case("H35-flipped", "damaged")
def flipped(folder: Path) -> Path:
    with write(folder / "a.h5ad") as file:
        place = h5py.h5o.get_info(file["obs"].id).addr
    raw = bytearray((folder / "a.h5ad").read_bytes())
    raw[place : place + 64] = bytes(byte ^ 0xFF for byte in raw[place : place + 64])
    (folder / "a.h5ad").write_bytes(raw)
    return folder / "a.h5ad"


@case("H35-other", "neither an AnnData file")
def other_hdf5(folder: Path) -> Path:
    with h5py.File(folder / "a.h5", "w") as file:
        file["x1"] = np.zeros((3, 4))
    return folder / "a.h5"


@case("H36", "compressed with blosc (filter 32001)", "gzip", unsafe=True)
def unknown_filter(folder: Path) -> Path:
    with write(folder / "a.h5ad", without=("X",)) as file:
        layout = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        layout.set_chunk((CELLS, GENES))
        layout.set_filter(32001, h5py.h5z.FLAG_OPTIONAL, ())
        space = h5py.h5s.create_simple((CELLS, GENES))
        h5py.h5d.create(file.id, b"X", h5py.h5t.IEEE_F32LE, space, layout)
    return folder / "a.h5ad"


@case("H37", "'../X/data'", "a path, not a name")
def column_path(folder: Path) -> Path:
    with write(folder / "a.h5ad") as file:
        file["obs"].attrs.create("column-order", ["../X/data"], dtype=h5py.string_dtype())
    return folder / "a.h5ad"


@case("H37-absolute", "'/X/data'", "a path, not a name")
def column_absolute_path(folder: Path) -> Path:
    with write(folder / "a.h5ad") as file:
        file["obs"].attrs.create("column-order", ["/X/data"], dtype=h5py.string_dtype())
    return folder / "a.h5ad"


@case("H37-nested")
def column_in_a_group(folder: Path) -> Path:
    """A column called ``sub/col``, which anndata itself writes as a group."""
    with write(folder / "a.h5ad") as file:
        file["obs/sub/col"] = np.arange(CELLS)
        file["obs"].attrs.create("column-order", ["sub/col"], dtype=h5py.string_dtype())
    return folder / "a.h5ad"


@case("H37-index", "'../uns'", "a path, not a name")
def index_path(folder: Path) -> Path:
    with write(folder / "a.h5ad") as file:
        file["obs"].attrs["_index"] = "../uns"
    return folder / "a.h5ad"


@case("H37-reference", "holds references", unsafe=True)
def references(folder: Path) -> Path:
    with write(folder / "a.h5ad") as file:
        file["uns"].create_dataset("to", data=np.array([file["X"].ref], dtype=h5py.ref_dtype))
    return folder / "a.h5ad"
