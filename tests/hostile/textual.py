"""Hostile tables and 10x folders, and hostile paths."""

from __future__ import annotations

import gzip
import os
import socket
from typing import TYPE_CHECKING

from cases import case
from plain import SECRET

if TYPE_CHECKING:
    from pathlib import Path

HEADER = "cell,perturbation,KLF1,MYC\n"


def _csv(folder: Path, text: str | bytes, name: str = "a.csv") -> Path:
    raw = text if isinstance(text, bytes) else text.encode()
    (folder / name).write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
    return folder / name


@case("T1-formula")
def formulas(folder: Path) -> Path:
    rows = "\"=cmd|' /C calc'!A0\",file:///etc/passwd,1,2\nb,http://evil.example/x,3,4\nc,@SUM(A1),5,6\n"
    return _csv(folder, HEADER + rows)


@case("T2-text", "column 'KLF1' should hold numbers", "file:///etc/passwd")
def text_in_gene(folder: Path) -> Path:
    rows = "".join(f"c{i},control,{i},1\n" for i in range(100))
    return _csv(folder, HEADER + rows + "c100,control,file:///etc/passwd,1\n")


@case("T3-missing", "3 values that are missing", "cell 'b', gene 'KLF1'")
def missing_values(folder: Path) -> Path:
    return _csv(folder, HEADER + "a,x,1,2\nb,x,,2\nc,x,NA,nan\n")


@case("T4-fields", "a line has 3 fields where 4 are expected")
def too_few_fields(folder: Path) -> Path:
    return _csv(folder, HEADER + "a,x,1,2\nb,x,1\n")


@case("T5-turned", "genes as rows", "cells as columns")
def genes_by_cells(folder: Path) -> Path:
    return _csv(folder, "gene,AAACCCAAGAAACACT-1,AAACCCAAGAAACCAT-1\nACTB,5,6\nGAPDH,7,8\n")


@case("T6-unnamed", "first column, 'ACTB', holds numbers")
def no_cell_names(folder: Path) -> Path:
    return _csv(folder, "ACTB,GAPDH\n5,6\n7,8\n")


@case("T7-nul", "NUL bytes")
def binary(folder: Path) -> Path:
    return _csv(folder, HEADER.encode() + b"a,x,1,\x002\n")


@case("T8-utf8", "not UTF-8")
def latin(folder: Path) -> Path:
    return _csv(folder, HEADER.encode() + "a,café,1,2\n".encode("latin-1"))


@case("T8-utf16", "UTF-8")
def utf16(folder: Path) -> Path:
    return _csv(folder, (HEADER + "a,x,1,2\n").encode("utf-16"))


@case("T9-semicolon", "divided by ';'")
def semicolons(folder: Path) -> Path:
    return _csv(folder, "cell;KLF1\na;1,5\n")


@case("T10-cut", "cannot be unpacked")
def cut_gzip(folder: Path) -> Path:
    path = _csv(folder, HEADER + "a,x,1,2\n" * 1000, "a.csv.gz")
    path.write_bytes(path.read_bytes()[:60])
    return path


@case("T11-header", "a header and no rows")
def only_a_header(folder: Path) -> Path:
    return _csv(folder, HEADER)


@case("T12-direction", "U+202E")
def turned_cell_name(folder: Path) -> Path:
    return _csv(folder, HEADER + "a\u202eb,x,1,2\n")


@case("T13-sheet", "zip archive")
def spreadsheet(folder: Path) -> Path:
    (folder / "a.xlsx").write_bytes(b"PK\x03\x04" + bytes(100))
    return folder / "a.xlsx"


def folder_10x(
    folder: Path,
    *,
    matrix: str = "%%MatrixMarket matrix coordinate integer general\n%\n3 2 4\n1 1 5\n3 1 7\n2 2 1\n3 2 2\n",
    features: str = "E1\tKLF1\tGene Expression\nE2\tMYC\tGene Expression\nE3\tTP53\tGene Expression\n",
    barcodes: str = "AAAC-1\nAAAG-1\n",
    packed: bool = True,
) -> Path:
    """A sound 10x folder of 2 cells and 3 genes, but for what is given."""
    path = folder / "filtered"
    path.mkdir()
    for name, text in (("matrix.mtx", matrix), ("features.tsv", features), ("barcodes.tsv", barcodes)):
        _csv(path, text, f"{name}.gz" if packed else name)
    return path


_BANNER = "%%MatrixMarket matrix coordinate integer general\n"


@case("M1-count", "says that it has 1,000,000,000 entries", "more than it has places")
def claims_entries(folder: Path) -> Path:
    return folder_10x(folder, matrix=f"{_BANNER}3 2 1000000000\n1 1 5\n")


@case("M1-few", "says that it has 6 entries, but has 1")
def fewer_entries(folder: Path) -> Path:
    return folder_10x(folder, matrix=f"{_BANNER}3 2 6\n1 1 5\n")


@case("M1-more", "says that it has 1 entries, but has more")
def more_entries(folder: Path) -> Path:
    return folder_10x(folder, matrix=f"{_BANNER}3 2 1\n1 1 5\n2 1 5\n")


@case("M1-shape", "900,000,000 cells", "lists 3")
def claims_cells(folder: Path) -> Path:
    return folder_10x(folder, matrix=f"{_BANNER}3 900000000 1\n1 1 5\n")


@case("M2-beyond", "feature points to number 3 ", "there are 3")
def feature_beyond(folder: Path) -> Path:
    return folder_10x(folder, matrix=f"{_BANNER}3 2 1\n4 1 5\n")


@case("M2-zero", "cell points to number -1 ")
def cell_below(folder: Path) -> Path:
    return folder_10x(folder, matrix=f"{_BANNER}3 2 1\n1 0 5\n")


@case("M2-huge", "should hold numbers")
def index_overflow(folder: Path) -> Path:
    return folder_10x(folder, matrix=f"{_BANNER}3 2 1\n1 99999999999999999999999 5\n")


@case("M3-array", "does not begin with")
def array_format(folder: Path) -> Path:
    return folder_10x(folder, matrix="%%MatrixMarket matrix array real general\n3 2\n1\n")


@case("M4-turned", "lies on its side")
def turned(folder: Path) -> Path:
    return folder_10x(folder, matrix=f"{_BANNER}2 3 1\n1 1 5\n")


@case("M5-nan", "missing or infinite", "gene 'KLF1'")
def nan_entry(folder: Path) -> Path:
    return folder_10x(folder, matrix=_BANNER.replace("integer", "real") + "3 2 1\n1 1 inf\n")


@case("M6-link", "is a link to another place")
def linked_matrix(folder: Path) -> Path:
    path = folder_10x(folder, packed=False)
    (folder / "secret.tsv").write_text(f"{SECRET}\n{SECRET}\n")
    (path / "barcodes.tsv").unlink()
    (path / "barcodes.tsv").symlink_to(folder / "secret.tsv")
    return path


@case("M6-pipe", "a device or a pipe")
def piped_matrix(folder: Path) -> Path:
    path = folder_10x(folder, packed=False)
    (path / "matrix.mtx").unlink()
    os.mkfifo(path / "matrix.mtx")
    return path


@case("M7-missing", "holds no barcodes.tsv")
def missing_part(folder: Path) -> Path:
    path = folder_10x(folder)
    (path / "barcodes.tsv.gz").unlink()
    return path


@case("P1-folder", "holds no matrix.mtx")
def empty_folder(folder: Path) -> Path:
    (folder / "nothing").mkdir()
    return folder / "nothing"


@case("P1-zarr", "Zarr store")
def zarr(folder: Path) -> Path:
    (folder / "a.zarr").mkdir()
    (folder / "a.zarr" / ".zgroup").write_text("{}")
    return folder / "a.zarr"


@case("P2-pipe", "a device or a pipe")
def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "a.h5ad")
    return folder / "a.h5ad"


@case("P2-device", "a device or a pipe")
def device(folder: Path) -> Path:
    (folder / "a.csv").symlink_to("/dev/zero")
    return folder / "a.csv"


@case("P2-socket", "a device or a pipe")
def unix_socket(folder: Path) -> Path:
    here = os.open(folder, os.O_RDONLY)
    server = socket.socket(socket.AF_UNIX)
    server.bind(f"/proc/self/fd/{here}/a.h5ad")  # the folder's own path may be too long for a socket
    server.close()
    os.close(here)
    return folder / "a.h5ad"


@case("P3-missing", "does not exist")
def nowhere(folder: Path) -> Path:
    return folder / "nowhere.h5ad"


@case("P3-url", "does not exist")
def url(folder: Path) -> Path:
    return folder / "file:" / "etc" / "passwd"


@case("P3-long", "cannot be read")
def endless_path(folder: Path) -> Path:
    return folder / ("x" * 5000)


@case("P3-kind", "of no kind that is read")
def unknown_kind(folder: Path) -> Path:
    (folder / "notes.md").write_text("hello")
    return folder / "notes.md"


@case("P4-sibling", "a.obs.csv' is a link")
def linked_sibling(folder: Path) -> Path:
    _csv(folder, "cell,KLF1\na,1\n")
    (folder / "secret.csv").write_text(f"cell,name\na,{SECRET}\n")
    (folder / "a.obs.csv").symlink_to(folder / "secret.csv")
    return folder / "a.csv"
