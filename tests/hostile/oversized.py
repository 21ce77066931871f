"""H15 to H18 and their kin: files that claim or unpack to more than they hold."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING

import h5py
import numpy as np
from cases import case
from plain import CELLS, replace, write

if TYPE_CHECKING:
    from pathlib import Path


@case("H15", "uns/vast", "7.5 GiB", "only 0 bytes are stored", unsafe=True)
def never_written(folder: Path) -> Path:
    with write(folder / "a.h5ad") as file:
        file["uns"].create_dataset("vast", (10**9,), "f8")
    return folder / "a.h5ad"


@case("H15-matrix", "'X'", "only 0 bytes are stored", unsafe=True)
def matrix_never_written(folder: Path) -> Path:
    with write(folder / "a.h5ad", without=("X",)) as file:
        file.create_dataset("X", (CELLS, 10**8), "f8", chunks=(1, 10**6), compression="gzip")
    return folder / "a.h5ad"


@case("H16", "uns/vast", "8,192 TiB", unsafe=True)
def eight_pebibytes(folder: Path) -> Path:
    with write(folder / "a.h5ad") as file:
        file["uns"].create_dataset("vast", (2**50,), "f8", chunks=(2**20,))
    return folder / "a.h5ad"


@case("H17", "obs/_index", "says that it holds", unsafe=True)
def endless_names(folder: Path) -> Path:
    with write(folder / "a.h5ad") as file:
        del file["obs/_index"]
        file["obs"].create_dataset("_index", (10**8,), h5py.string_dtype(), chunks=(10**6,))
    return folder / "a.h5ad"


@case("H17-count", "names 30,000,000 cells", "at most 20,000,000")
def many_numbered_cells(folder: Path) -> Path:
    with write(folder / "a.h5ad") as file:
        del file["obs/_index"]
        file["obs"].create_dataset("_index", (3 * 10**7,), "i1", chunks=(10**5,), compression="gzip")
    return folder / "a.h5ad"


@case("H18", "'X'", "says that it holds", "would fill the memory", unsafe=True)
def zeros(folder: Path) -> Path:
    rows = 500
    block = zlib.compress(bytes(8 * 100_000), 9)
    with write(folder / "a.h5ad", without=("X",)) as file:
        matrix = file.create_dataset("X", (rows, 100_000), "f8", chunks=(1, 100_000), compression="gzip")
        for row in range(rows):
            matrix.id.write_direct_chunk((row, 0), block)
    return folder / "a.h5ad"


@case("H18-chunk", "stored in pieces of more than 256 MiB", unsafe=True)
def one_vast_chunk(folder: Path) -> Path:
    with write(folder / "a.h5ad") as file:
        file["uns"].create_dataset("one", (10,), "f8", chunks=(2**26,), maxshape=(None,), compression="gzip")
    return folder / "a.h5ad"


@case("H18-attributes", "attributes are larger than 16 MiB", unsafe=True)
def vast_attribute(folder: Path) -> Path:
    with h5py.File(folder / "a.h5ad", "w", libver="latest") as file:
        file.create_group("obs").attrs["vast"] = np.zeros(2**22)
    return folder / "a.h5ad"


@case("H18-text", "needs more than 256 MiB of memory", unsafe=True)
def one_text_for_all(folder: Path) -> Path:
    """A million places that all point to one text of a mebibyte."""
    with write(folder / "a.h5ad") as file:
        texts = file["obs"].create_dataset("note", (16_000,), h5py.string_dtype(), fillvalue=None)
        texts[:2] = ["x" * 2**20, "y"]
        texts[2:] = "y"
        file["obs"].attrs.create("column-order", ["note"], dtype=h5py.string_dtype())
        file.flush()
        offset = texts.id.get_offset()
    raw = bytearray((folder / "a.h5ad").read_bytes())
    raw[offset : offset + 16 * 16_000] = bytes(raw[offset : offset + 16]) * 16_000
    (folder / "a.h5ad").write_bytes(raw)
    return folder / "a.h5ad"


@case("H18-row", "one row has", "entries for 4 places")
def one_endless_row(folder: Path) -> Path:
    count = 2 * 10**6
    with write(folder / "a.h5ad") as file:
        replace(file["X"], "data", np.ones(count, np.int8))
        replace(file["X"], "indices", np.zeros(count, np.int8))
        replace(file["X"], "indptr", np.array([0, *[count] * CELLS]))
    return folder / "a.h5ad"


@case("G1-csv", "unpacks to more than", "from 197 KiB", unsafe=True, memory=2**30)
def table_of_repetition(folder: Path) -> Path:
    """100 KB that unpack to 50 million rows."""
    once = gzip.compress(b"a,0\n" * 250_000, 9)
    (folder / "a.csv.gz").write_bytes(gzip.compress(b"cell,KLF1\n") + once * 200)
    return folder / "a.csv.gz"


@case("G1-line", "a line of more than 64 MiB", unsafe=True)
def table_of_one_line(folder: Path) -> Path:
    with (folder / "a.csv").open("wb") as file:
        file.write(b"cell")
        for _ in range(80):
            file.write(b",gene" * (2**20 // 5))
    return folder / "a.csv"


@case("G1-slow", "takes more than 1 seconds", unsafe=True, seconds=1.0)
def table_that_takes_long(folder: Path) -> Path:
    block = (b"a" + b",0.1234567" * 100 + b"\n") * 5000
    with (folder / "a.csv").open("wb") as file:
        file.write(b"cell," + b",".join(b"g%d" % i for i in range(100)) + b"\n")
        for _ in range(50):
            file.write(block)
    return folder / "a.csv"
