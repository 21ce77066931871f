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
    """A button for CSV and one for Parquet.

    Parameters
    ----------
    table
        What the files hold.
    name
        Of the files, without its ending.
    label
        What the buttons call it.
    """
    for ending, (words, mime) in _KINDS.items():
        st.download_button(
            f"{label} ({words})",
            partial(table_file, table, f".{ending}"),
            file_name=f"{name}.{ending}",
            mime=mime,
            icon=":material/download:",
            on_click="ignore",
        )


def table_file(table: pd.DataFrame, ending: str) -> bytes:
    """A table as ``.csv`` or ``.parquet``."""
    from xpert.prediction.export import write_table

    with TemporaryDirectory(prefix="xpert-") as folder:
        path = Path(folder) / f"table{ending}"
        write_table(table, path)
        return path.read_bytes()
