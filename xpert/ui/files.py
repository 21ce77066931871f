"""Tables to take away; each file is made when its button is pressed."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    import pandas as pd

_KINDS = {"csv": ("CSV", "text/csv"), "parquet": ("Parquet", "application/vnd.apache.parquet")}


def table_buttons(table: pd.DataFrame, name: str, *, label: str = "Table") -> None:
    """A button for CSV and one for Parquet; see `table_button`."""
    for ending, (words, _) in _KINDS.items():
        table_button(table, name, f"{label} ({words})", ending=ending)


def table_button(table: pd.DataFrame, name: str, label: str, *, ending: str = "csv") -> None:
    """A button that saves a table.

    Parameters
    ----------
    table
        What the file holds; its index is not.
    name
        Of the file, without its ending.
    label
        On the button; no other button of the page has it.
    ending
        ``csv`` or ``parquet``.
    """
    st.download_button(
        label,
        partial(table_file, table, f".{ending}"),
        file_name=f"{name}.{ending}",
        mime=_KINDS[ending][1],
        icon=":material/download:",
        on_click="ignore",
        key=f"save {name} {ending}",
    )


def table_file(table: pd.DataFrame, ending: str) -> bytes:
    """A table as ``.csv``, in which no spreadsheet runs a formula, or ``.parquet``."""
    from xpert.prediction.export import write_table

    with TemporaryDirectory(prefix="xpert-") as folder:
        path = Path(folder) / f"table{ending}"
        write_table(table, path)
        return path.read_bytes()
