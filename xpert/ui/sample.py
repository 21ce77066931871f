"""A simulated file to look around with; made once, the same for everyone."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st

NAME = "xpert-sample.h5ad"


@st.cache_data(show_spinner="Simulating …", max_entries=1)
def file() -> bytes:
    """The sample as the bytes of an AnnData file."""
    from xpert.data.synthetic import simulate

    adata, _ = simulate()
    with TemporaryDirectory(prefix="xpert-") as folder:
        path = Path(folder) / NAME
        adata.write_h5ad(path, compression="gzip")
        return path.read_bytes()
