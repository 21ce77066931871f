"""Tables on standard output: JSON for programs, aligned text for people."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def write_listing(table: pd.DataFrame, *, as_json: bool) -> None:
    """Print a table; a value that is missing is null in JSON and empty in text."""
    if as_json:
        records = json.loads(table.to_json(orient="records", double_precision=12))
        sys.stdout.write(json.dumps(records, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
        return
    shown = table.copy()
    for name in shown.select_dtypes("float"):
        shown[name] = [f"{value:.3g}" if value == value else "" for value in shown[name]]  # noqa: PLR0124
    sys.stdout.write(f"{shown.to_string(index=False)}\n")
