"""H30 to H34 and H38: names and types that are odd, some of them harmless."""

from __future__ import annotations

from typing import TYPE_CHECKING

import h5py
import numpy as np
from cases import case
from plain import CELLS, DENSE, PERTURBATIONS, replace, write

if TYPE_CHECKING:
    from pathlib import Path


def _genes(folder: Path, names: object, **kind: object) -> Path:
    with write(folder / "a.h5ad") as file:
        del file["var/_index"]
        file["var"].create_dataset("_index", data=names, **kind)
    return folder / "a.h5ad"


@case("H30", "var/_index", "entry 3", "not UTF-8")
def not_utf8(folder: Path) -> Path:
    return _genes(folder, [b"KLF1", b"MYC", b"TNF\xff\xfe", b"B2M"], dtype=h5py.string_dtype())


@case("H30-fixed", "var/_index", "entry 2", "not UTF-8")
def not_utf8_fixed(folder: Path) -> Path:
    return _genes(folder, np.array([b"KLF1", b"caf\xe9", b"TNF", b"B2M"]))


@case("H31-control", "var/_index", "entry 2", "U+001B")
def control_character(folder: Path) -> Path:
    return _genes(folder, ["KLF1", "MYC\x1b[31m", "TNF", "B2M"])


@case("H31-long", "var/_index", "entry 4", "1,000,000 characters")
def long_name(folder: Path) -> Path:
    return _genes(folder, ["KLF1", "MYC", "TNF", "x" * 10**6])


@case("H31-direction", "var/_index", "entry 1", "U+202E")
def turned_direction(folder: Path) -> Path:
    return _genes(folder, ["\u202eKLF1", "MYC", "TNF", "B2M"])


@case("H31-label", "obs/perturbation", "entry 2", "U+202E")
def turned_label(folder: Path) -> Path:
    with write(folder / "a.h5ad") as file:
        replace(file["obs"], "perturbation", ["control", "\u202eKLF1", *PERTURBATIONS[2:]])
    return folder / "a.h5ad"


@case("H31-column", "column-order of obs", "U+0007")
def control_in_column(folder: Path) -> Path:
    with write(folder / "a.h5ad") as file:
        file["obs"]["a\x07b"] = np.arange(CELLS)
        file["obs"].attrs.create("column-order", ["a\x07b"], dtype=h5py.string_dtype())
    return folder / "a.h5ad"


@case("H31-script")
def markup(folder: Path) -> Path:
    """Harmless to read; whoever shows it escapes it."""
    return _genes(folder, ["<script>alert(1)</script>", "![p](http://evil.example/p.png)", "=cmd", "φ"])


@case("H32")
def numbered_cells(folder: Path) -> Path:
    with write(folder / "a.h5ad") as file:
        replace(file["obs"], "_index", np.arange(CELLS))
    return folder / "a.h5ad"


@case("H33", "X holds text")
def text_matrix(folder: Path) -> Path:
    with write(folder / "a.h5ad", without=("X",)) as file:
        file["X"] = DENSE.astype(str).astype("S").astype(h5py.string_dtype())
    return folder / "a.h5ad"


@case("H33-json", "X holds text or objects")
def list_matrix(folder: Path) -> Path:
    with write(folder / "a.h5ad") as file:
        del file["X/data"]
        file["X"].create_dataset("data", (9,), h5py.vlen_dtype(np.int32))
    return folder / "a.h5ad"


def _typed(folder: Path, kind: str) -> Path:
    with write(folder / "a.h5ad", without=("X",)) as file:
        file["X"] = DENSE.astype(kind)
    return folder / "a.h5ad"


for _kind in (">f8", "f2", "i8", "u1", "bool"):
    case(f"H34-{_kind}")(lambda folder, kind=_kind: _typed(folder, kind))


@case("H34-complex", "X holds complex numbers")
def complex_matrix(folder: Path) -> Path:
    return _typed(folder, "c8")


@case("H34-records", "X holds records")
def record_matrix(folder: Path) -> Path:
    with write(folder / "a.h5ad", without=("X",)) as file:
        file["X"] = np.zeros((CELLS, 4), dtype=[("a", "f4"), ("b", "i4")])
    return folder / "a.h5ad"


@case("H34-large", "too large", "gene 'MYC'")
def large_integer(folder: Path) -> Path:
    with write(folder / "a.h5ad", without=("X",)) as file:
        values = DENSE.astype(np.int64)
        values[2, 3] = 2**40
        file["X"] = values
    return folder / "a.h5ad"


@case("H38")
def records(folder: Path) -> Path:
    """Tables as anndata wrote them before version 0.7."""
    names = [f"cell{i}".encode() for i in range(CELLS)]
    codes = [0, 1, 0, 2, 1, 2]
    with write(folder / "a.h5ad", without=("obs", "var", "X")) as file:
        kind = [("index", "S8"), ("perturbation", "i1"), ("dose", "f4"), ("note", "S3")]
        rows = [(n, c, 0.5, b"abc") for n, c in zip(names, codes, strict=True)]
        file["obs"] = np.array(rows, dtype=kind)
        file["uns/perturbation_categories"] = np.array([b"control", b"KLF1", b"MYC"])
        file["var"] = np.array([(b"KLF1",), (b"MAP2K6",), (b"TP53",), (b"MYC",)], dtype=[("index", "S8")])
        group = file.create_group("X")
        group.attrs["h5sparse_format"], group.attrs["h5sparse_shape"] = "csr", DENSE.shape
        from scipy.sparse import csr_matrix

        for part in ("data", "indices", "indptr"):
            group[part] = getattr(csr_matrix(DENSE), part)
    return folder / "a.h5ad"


@case("H38-legacy")
def categories_aside(folder: Path) -> Path:
    """Categories in ``__categories``, to which the column points by a reference."""
    with write(folder / "a.h5ad") as file:
        replace(file["obs"], "perturbation", np.array([0, 1, 0, 2, -1, 2], np.int8))
        file["obs/__categories/perturbation"] = ["control", "KLF1", "MYC"]
        categories = file["obs/__categories/perturbation"]
        file["obs/perturbation"].attrs["categories"] = categories.ref
    return folder / "a.h5ad"
