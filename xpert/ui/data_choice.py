"""Choosing data: a file, or a simulated sample; and forgetting them."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import streamlit as st

from xpert.ui import sample, session
from xpert.ui.frame import Guard
from xpert.ui.progress import told
from xpert.ui.project import panel
from xpert.ui.project.read import as_saved
from xpert.ui.text import counted, escaped
from xpert.ui.upload import SUFFIXES, Upload, open_file

if TYPE_CHECKING:
    from typing import BinaryIO


def draw() -> Upload | None:
    """Draw the boxes, read what was offered, and give the present data."""
    upload = session.current().upload
    if upload is None:
        _draw_offer()
        panel.draw()
        return None
    with st.container(border=True):
        words, button = st.columns([5, 1], vertical_alignment="center")
        cells, genes = upload.table.shape
        words.markdown(
            f"**{escaped(upload.name)}** holds {counted(cells, 'cell')} and {counted(genes, 'gene')} "
            f"({escaped(upload.table.format)}). It stays in this browser tab's session and goes with it."
        )
        if button.button("Forget my data", icon=":material/delete:", width="stretch"):
            session.current().forget_data()
            st.rerun()
    panel.draw()
    return upload


def _draw_offer() -> None:
    limit = int(st.get_option("server.maxUploadSize"))
    file, simulated = st.columns([3, 2], gap="medium")
    with file.container(border=True, height="stretch"):
        st.header("Open a file")
        offered = st.file_uploader(
            f"AnnData (.h5ad), 10x (.h5) or a table of cells by genes (.csv, .tsv, also gzipped), up to {limit} MB",
            type=sorted({suffix.rsplit(".", 1)[-1] for suffix in SUFFIXES}),
            key=f"file {session.current().uploads}",
        )
        st.caption(
            "It is checked before it is read, kept for this session alone, never written into a link, and dropped "
            "when the tab is closed. For larger files run X-Pert on your own machine and use the command xpert predict."
        )
    with simulated.container(border=True, height="stretch"):
        st.header("Or try a sample")
        st.markdown(sample.WORDS)
        if st.button("Open the sample", icon=":material/science:"):
            _open(sample.NAME, BytesIO(sample.file()))
        sample.download()
        st.caption(
            "Two lines with 18 measured treatments each: K562, which the model knows, and an invented one, of which it "
            "knows nothing until you let it use the measured conditions."
        )
    if offered is not None:
        _open(offered.name, offered)


def _open(name: str, content: BinaryIO) -> None:
    """Read what was offered, and show the page with it; the upload box is emptied, which frees its copy."""
    with Guard(), told(f"Checking and reading {escaped(name, longest=60)}") as tell:
        upload = open_file(name, content, tell)
        awaited, words = session.current().awaited, list[str]()
        if awaited is not None and awaited.sha256 == upload.sha256:
            upload = as_saved(upload, awaited, words)
        session.current().use(upload)
        session.current().told = tuple(map(escaped, words))
        st.rerun()
