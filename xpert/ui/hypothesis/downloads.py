"""Files to take away: the report, the settings, the tables; each is made when its button is pressed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import streamlit as st

from xpert.design.report import Origin, fingerprint
from xpert.ui import load
from xpert.ui.files import table_file
from xpert.ui.hypothesis.snippet import python_lines
from xpert.ui.run import upload_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from xpert.design.hypothesis import Verdict
    from xpert.ui.hypothesis.asked import Asked


def draw(asked: Asked, verdict: Verdict) -> None:
    """Draw the buttons and the Python lines."""
    st.subheader("Take it away")
    with st.container(horizontal=True):
        _button("Report (PDF)", "pdf", "application/pdf", lambda: pdf(asked, verdict))
        _button("Report (HTML)", "html", "text/html", lambda: html(asked, verdict).encode())
        _button("Readouts (CSV)", "csv", "text/csv", lambda: readouts(verdict))
        _button("Settings (JSON)", "json", "application/json", lambda: settings(asked, verdict))
    st.caption(
        "The report is one page for a lab notebook: data, model, version and settings stand on it. "
        "This page's address holds the same settings; it never holds your file."
    )
    with st.expander("Show the Python lines", icon=":material/code:"):
        upload = upload_of(asked)
        file = {"file": upload.name, "mapping": upload.mapping} if upload else {}
        st.code(python_lines(asked, **file), language="python")  # type: ignore[arg-type]


def html(asked: Asked, verdict: Verdict) -> str:
    """The report as HTML."""
    from xpert.design.report_html import report_html

    return report_html(verdict, origin(asked))


def pdf(asked: Asked, verdict: Verdict) -> bytes:
    """The report as PDF."""
    from xpert.design.report_pdf import report_pdf

    return report_pdf(verdict, origin(asked))


def readouts(verdict: Verdict) -> bytes:
    """Readouts as CSV."""
    return table_file(verdict.readouts, ".csv")


def settings(asked: Asked, verdict: Verdict) -> bytes:
    """What was asked and what came out, as JSON; a file is named by its hash alone."""
    from xpert import __version__

    told = {"asked": asked.query, "version": __version__, "verdict": verdict.to_dict()}
    return json.dumps(told, indent=2, ensure_ascii=False).encode()


def origin(asked: Asked) -> Origin:
    """Where a report comes from, at this moment."""
    upload = upload_of(asked)
    file = {"data": upload.name, "sha256": upload.sha256} if upload else {}
    used = {"measured conditions": "those of the file correct the answer"} if asked.support else {}
    made = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return Origin(made, settings=used, model_hash=fingerprint(load.bundle(asked.model)), **file)


def _button(label: str, ending: str, mime: str, make: Callable[[], bytes]) -> None:
    st.download_button(
        label,
        make,
        file_name=f"xpert-hypothesis.{ending}",
        mime=mime,
        icon=":material/download:",
        on_click="ignore",
    )
