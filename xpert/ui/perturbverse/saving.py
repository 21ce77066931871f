"""Tables to take away; each file is made when its button is pressed."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    import pandas as pd

_MIME = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}


def offer(table: pd.DataFrame, name: str, label: str, *, ending: str = "csv") -> None:
    """Draw a button that saves a table as CSV or Parquet.

    Parameters
    ----------
    table
        What is saved; its index is not.
    name
        Of the file, without its ending.
    label
        On the button; no other button of the page has it.
    ending
        ``csv`` or ``parquet``.
    """
    st.download_button(
        label,
        lambda: written(table, ending),
        file_name=f"{name}.{ending}",
        mime=_MIME[ending],
        icon=":material/download:",
        on_click="ignore",
        key=f"save {name} {ending}",
    )


def written(table: pd.DataFrame, ending: str) -> bytes:
    """A table as the bytes of a file."""
    if ending == "csv":
        return table.to_csv(index=False).encode()
    file = BytesIO()
    table.to_parquet(file, index=False)
    return file.getvalue()
