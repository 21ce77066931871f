"""H1 to H14: files that lead their reader elsewhere."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import h5py
import numpy as np
from cases import case
from plain import CELLS, GENES, secret, write

if TYPE_CHECKING:
    from pathlib import Path


@case("H1", "uns/stolen", "link into another file", unsafe=True)
def external_link(folder: Path) -> Path:
    with write(folder / "a.h5ad") as file:
        file["uns/stolen"] = h5py.ExternalLink(str(secret(folder)), "/secret")
    return folder / "a.h5ad"


@case("H2", "obs/stolen", "link into another file", unsafe=True)
def relative_external_link(folder: Path) -> Path:
    (folder / "here").mkdir()
    secret(folder)
    with write(folder / "here" / "a.h5ad") as file:
        file["obs/stolen"] = h5py.ExternalLink("../other/secret.h5", "/secret")
        file["obs"].attrs.create("column-order", ["stolen"], dtype=h5py.string_dtype())
    return folder / "here" / "a.h5ad"


@case("H3", "'X'", "link into another file", unsafe=True)
def external_matrix(folder: Path) -> Path:
    with write(folder / "a.h5ad", without=("X",)) as file:
        file["X"] = h5py.ExternalLink(str(secret(folder)), "/matrix")
    return folder / "a.h5ad"


@case("H4", "link into another file", unsafe=True)
def external_link_to_nothing(folder: Path) -> Path:
    with write(folder / "a.h5ad") as file:
        file["uns/there"] = h5py.ExternalLink(str(folder / "missing.h5"), "/secret")
    return folder / "a.h5ad"


def _external_storage(path: Path, target: str, where: str, shape: tuple[int, ...], kind: str) -> Path:
    with write(path, without=("X",) if where == "X" else ()) as file:
        size = int(np.prod(shape)) * np.dtype(kind).itemsize
        file.create_dataset(where, shape, kind, external=[(target, 0, size)])
    return path


@case("H5", "keeps its values outside the file", unsafe=True)
def external_storage(folder: Path) -> Path:
    return _external_storage(folder / "a.h5ad", "/etc/passwd", "uns/stolen", (200,), "S1")


@case("H5-names", "keeps its values outside the file", unsafe=True)
def external_names(folder: Path) -> Path:
    with write(folder / "a.h5ad") as file:
        del file["obs/_index"]
        file["obs"].create_dataset("_index", (CELLS,), "S8", external=[("/etc/passwd", 0, 8 * CELLS)])
    return folder / "a.h5ad"


@case("H6", "keeps its values outside the file", unsafe=True)
def external_environment(folder: Path) -> Path:
    return _external_storage(folder / "a.h5ad", "/proc/self/environ", "uns/stolen", (64,), "S1")


@case("H7", "'X' keeps its values outside the file", unsafe=True)
def external_matrix_bytes(folder: Path) -> Path:
    return _external_storage(folder / "a.h5ad", "/etc/passwd", "X", (CELLS, GENES), "u1")


@case("H8", "link into another file", unsafe=True)
def external_link_to_itself(folder: Path) -> Path:
    with write(folder / "a.h5ad") as file:
        file["uns/self"] = h5py.ExternalLink("a.h5ad", "/X")
    return folder / "a.h5ad"


@case("H9", "keeps its values outside the file", unsafe=True)
def external_pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe")
    return _external_storage(folder / "a.h5ad", str(folder / "pipe"), "uns/stolen", (64,), "S1")


@case("H9-link", "link into another file", unsafe=True)
def external_link_to_pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe")
    with write(folder / "a.h5ad") as file:
        file["uns/stolen"] = h5py.ExternalLink(str(folder / "pipe"), "/secret")
    return folder / "a.h5ad"


@case("H9-zero", "keeps its values outside the file", unsafe=True)
def external_endless_device(folder: Path) -> Path:
    return _external_storage(folder / "a.h5ad", "/dev/zero", "X", (CELLS, GENES), "f4")


@case("H10", "virtual array", unsafe=True)
def virtual_matrix(folder: Path) -> Path:
    layout = h5py.VirtualLayout((CELLS, GENES), "f8")
    layout[:] = h5py.VirtualSource(str(secret(folder)), "matrix", (CELLS, GENES))
    with write(folder / "a.h5ad", without=("X",)) as file:
        file.create_virtual_dataset("X", layout)
    return folder / "a.h5ad"


@case("H10-pipe", "virtual array", unsafe=True)
def virtual_pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe")
    layout = h5py.VirtualLayout((CELLS, GENES), "f8", maxshape=(None, GENES))
    source = h5py.VirtualSource(str(folder / "pipe"), "matrix", (CELLS, GENES), maxshape=(None, GENES))
    layout[: h5py.h5s.UNLIMITED, :] = source[: h5py.h5s.UNLIMITED, :]
    with write(folder / "a.h5ad", without=("X",)) as file:
        file.create_virtual_dataset("X", layout)
    return folder / "a.h5ad"


@case("H11", "link into another file", unsafe=True)
def link_to_be_written_through(folder: Path) -> Path:
    with write(folder / "a.h5ad", without=("X",)) as file:
        file["X"] = h5py.ExternalLink(str(secret(folder)), "/matrix")
    return folder / "a.h5ad"


@case("H12-soft", "link to another place", unsafe=True)
def soft_cycle(folder: Path) -> Path:
    with write(folder / "a.h5ad") as file:
        file["uns/again"] = h5py.SoftLink("/uns")
    return folder / "a.h5ad"


@case("H12-hard", "second name", unsafe=True)
def hard_cycle(folder: Path) -> Path:
    with write(folder / "a.h5ad") as file:
        file["uns/again"] = file["/"]
    return folder / "a.h5ad"


@case("H12-deep", "nested more than 16 levels", unsafe=True)
def deep(folder: Path) -> Path:
    with write(folder / "a.h5ad") as file:
        group = file["uns"]
        for _ in range(3000):
            group = group.create_group("g")
    return folder / "a.h5ad"


@case("H12-wide", "more than 20,000 groups", unsafe=True)
def wide(folder: Path) -> Path:
    with write(folder / "a.h5ad") as file:
        group = file.create_group("uns/wide", track_order=False)
        for i in range(20_100):
            h5py.h5g.create(group.id, b"%d" % i)
    return folder / "a.h5ad"


@case("H13", "second name", unsafe=True)
def fan_out(folder: Path) -> Path:
    with write(folder / "a.h5ad") as file:
        file["uns/level0"] = np.zeros(1)
        for level in range(1, 12):
            group = file["uns"].create_group(f"level{level}")
            for i in range(4):
                group[f"{i}"] = file[f"uns/level{level - 1}"]
    return folder / "a.h5ad"


@case("H14", "link to another place", unsafe=True)
def dangling(folder: Path) -> Path:
    with write(folder / "a.h5ad") as file:
        file["uns/nothing"] = h5py.SoftLink("/not/here")
    return folder / "a.h5ad"
