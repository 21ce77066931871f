"""How well each way of finding neighbours finds drugs of one mechanism, as it was measured, and which way is the default.

The table is written by ``benchmarks/retrieval_quality.py``.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from xpert.perturbverse.similarity import By

TABLE = Path(__file__).with_name("quality.csv")


@dataclass(frozen=True)
class Quality:
    """Retrieval of drugs of one's mechanism by one way.

    Attributes
    ----------
    by
        The way. For `By.PRIOR` the structure alone was measured: mechanisms would have been the answer itself.
    precision
        Mean average precision, 0 to 1.
    lower, upper
        Its 95 % interval over drugs.
    drugs
        How many were asked.
    """

    by: By
    precision: float
    lower: float
    upper: float
    drugs: int


def measured(bundle: str) -> tuple[Quality, ...]:
    """What was measured for a bundle, the best way first; nothing where its compounds have no task."""
    found = (quality for name, quality in _table() if name == bundle)
    return tuple(sorted(found, key=lambda quality: -quality.precision))


def default_by(bundle: str) -> By:
    """The way that found most drugs of one mechanism; the latent space where none was measured."""
    found = measured(bundle)
    return found[0].by if found else By.LATENT


@cache
def _table() -> tuple[tuple[str, Quality], ...]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return tuple(
            (
                row["bundle"],
                Quality(
                    By(row["by"]),
                    float(row["precision"]),
                    float(row["lower"]),
                    float(row["upper"]),
                    int(row["drugs"]),
                ),
            )
            for row in csv.DictReader(file)
        )
