"""A simulated file to look around with; made once, the same for everyone."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import streamlit as st

from xpert.perturbation import Treatment
from xpert.ui import load

NAME = "xpert-sample.h5ad"
MIME = "application/octet-stream"
WORDS = "Simulated cells, drawn round measured means: for looking around, not for science."
_MODEL, _CONTEXT = "perturbseq", "k562"
TREATMENTS = (
    "FOXO4:crispra", "HK2:crispra", "IER5L:crispra", "KLF1:crispra", "KMT2A:crispra", "MAP2K3:crispra",
    "MAP2K6:crispra", "MAP3K21:crispra", "MAP4K3:crispra", "MAPK1:crispra", "PLK4:crispra", "SGK1:crispra",
    "TGFBR2:crispra", "TMSB4X:crispra", "KLF1:crispra + MAP2K6:crispra", "CBL:crispra + CNN1:crispra",
    "CEBPE:crispra + RUNX1T1:crispra", "FOXL2:crispra + HOXB9:crispra",
)  # fmt: skip


@st.cache_data(show_spinner="Simulating …", max_entries=1)
def file() -> bytes:
    """The sample as the bytes of an AnnData file, from which the bundled model of single cells can start."""
    with TemporaryDirectory(prefix="xpert-") as folder:
        path = Path(folder) / NAME
        _cells().write_h5ad(path, compression="gzip")
        return path.read_bytes()


def download(label: str = "Download a sample file (.h5ad)", *, key: str | None = None) -> None:
    """Draw a button that gives the file away; it is made when the button is pressed."""
    st.download_button(
        label, file, file_name=NAME, mime=MIME, icon=":material/download:", on_click="ignore", key=key
    )


def _cells() -> Any:  # noqa: ANN401 - anndata has no types
    """Cells round the model's means; without that model, of genes and effects that are made up."""
    from xpert.data.synthetic import simulate
    from xpert.prediction.simulated import simulate_cells

    if _MODEL not in {info.name for info in load.bundle_infos()}:
        return simulate()[0]
    return simulate_cells(load.bundle(_MODEL), _CONTEXT, [Treatment.parse(text) for text in TREATMENTS])
