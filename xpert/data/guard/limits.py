"""How much a data file may ask of the machine that reads it."""

from __future__ import annotations

from dataclasses import dataclass, fields

MIB = 2**20
GIB = 2**30


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one reading; every one is checked before the resource is spent.

    Attributes
    ----------
    memory
        Bytes the reading process may allocate beyond what Python itself takes.
    seconds
        Wall-clock and processor seconds the reading process may take.
    disk
        Bytes of the clean copy that is written to the temporary folder.
    claimed
        Bytes that all arrays of a file may say they hold, or that its text may unpack to.
    ratio
        How many times larger than their stored form arrays (or unpacked text) may be, once they are
        larger than `small`. Dense matrices of which 0.5 % is not zero reach 420 under gzip, with 0.1 %
        they reach 630; nothing but zeros comes near 1,000.
    small
        Bytes up to which the ratio does not matter: a constant column compresses without bound.
    cells, genes, columns
        Rows of the matrix, columns of the matrix, columns of the table that describes cells or genes.
    objects, depth, chunk, attributes
        Of an HDF5 file: groups and arrays, how deep they are nested, bytes of one compressed chunk,
        bytes of all attributes.
    maps
        Maps of the cells that are kept.
    name, label
        Characters of a gene's, cell's or column's name, and of a text value.
    """

    memory: int = 2 * GIB
    seconds: float = 600.0
    disk: int = 64 * GIB
    claimed: int = 64 * GIB
    ratio: float = 700.0
    small: int = 64 * MIB
    cells: int = 20_000_000
    genes: int = 200_000
    columns: int = 2_000
    objects: int = 20_000
    depth: int = 16
    chunk: int = 256 * MIB
    attributes: int = 16 * MIB
    maps: int = 8
    name: int = 1_000
    label: int = 10_000

    def __post_init__(self) -> None:
        for field in fields(self):
            if not getattr(self, field.name) > 0:
                raise ValueError(f"limit {field.name} must be positive, not {getattr(self, field.name)}")


DEFAULT = Limits()
