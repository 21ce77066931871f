"""Tables that a run has made, kept on disk for as long as the folds are the same."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xpert.parquet import read_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    import pandas as pd

    from xpert.evaluation.splits import Folds


@dataclass(frozen=True)
class Kept:
    """The tables of one task and seed.

    Attributes
    ----------
    folder
        Where they are kept.
    """

    folder: Path

    @classmethod
    def of(cls, folder: Path, folds: Folds) -> Kept:
        """What was kept of these folds: nothing, where the last run was dealt others."""
        listed = [[fold.train, fold.test] for fold in folds.folds]
        fingerprint = hashlib.sha256(json.dumps([folds.seed, listed]).encode()).hexdigest()
        described = json.dumps({"fingerprint": fingerprint})
        kept, path = cls(folder), folder / "folds.json"
        if not path.is_file() or path.read_text(encoding="utf-8") != described:
            kept.clear()
            _write(path, described.encode())
        return kept

    def has(self, name: str) -> bool:
        """Whether a table was made."""
        return self._path(name).is_file()

    def clear(self) -> None:
        """Forget every table."""
        for stale in self.folder.glob("*.parquet"):
            stale.unlink()

    def forget(self, names: Iterable[str]) -> None:
        """Forget some tables."""
        for name in names:
            self._path(name).unlink(missing_ok=True)

    def table(self, name: str, make: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """Read a table, or make it."""
        path = self._path(name)
        if not path.is_file():
            _write(path, make().to_parquet(index=False))
        return read_frame(path)

    def _path(self, name: str) -> Path:
        """The letters and digits of a name, and a few characters that keep names apart."""
        plain = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:60]
        return self.folder / f"{plain}-{hashlib.sha256(name.encode()).hexdigest()[:6]}.parquet"


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(content)
    part.replace(path)
