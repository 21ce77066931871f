"""Files to take away; each is made when its button is pressed."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import streamlit as st

from xpert.ui.run import upload_of
from xpert.ui.snippet import python_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from xpert.prediction.prediction import Prediction
    from xpert.ui.observed import Observed
    from xpert.ui.plan import Plan


def draw(plan: Plan, predictions: Sequence[Prediction], shown: Prediction, measured: Observed | None) -> None:
    """Draw the buttons and the Python lines."""
    st.subheader("Take it away")
    with st.container(horizontal=True):
        _button("Table (CSV)", "csv", "text/csv", lambda: table_file(shown, measured, ".csv"))
        _button(
            "Table (Parquet)",
            "parquet",
            "application/vnd.apache.parquet",
            lambda: table_file(shown, measured, ".parquet"),
        )
        _button(
            "All treatments (h5ad)", "h5ad", "application/octet-stream", lambda: anndata_file(predictions)
        )
        _button("Settings (JSON)", "json", "application/json", lambda: settings(plan, predictions))
    st.caption(
        "This page's address holds the same settings: send it to a colleague to show the same prediction."
    )
    with st.expander("Show the Python lines", icon=":material/code:"):
        upload = upload_of(plan)
        lines = python_lines(plan, file=upload.name, mapping=upload.mapping) if upload else python_lines(plan)
        st.code(lines, language="python")


def table_file(prediction: Prediction, measured: Observed | None, ending: str) -> bytes:
    """The gene table of one prediction as CSV or Parquet, with the observed shift where there is one."""
    from xpert.prediction.export import gene_table, write_table

    table = gene_table([prediction])
    if measured is not None:
        table["observed"] = measured.delta
    return _written(ending, lambda path: write_table(table, path))


def anndata_file(predictions: Sequence[Prediction]) -> bytes:
    """Predicted means of every treatment as AnnData."""
    from xpert.prediction.export import to_anndata, write_anndata

    return _written(".h5ad", lambda path: write_anndata(to_anndata(predictions), path))


def settings(plan: Plan, predictions: Sequence[Prediction]) -> bytes:
    """What was asked and where the numbers come from, as JSON; a file is named by its hash alone."""
    from xpert.prediction.export import provenance

    asked = {**plan.query, "treat": [str(t) for t in plan.treatments]}
    came_from = provenance(predictions)
    came_from["predictions"] = json.loads(came_from["predictions"])
    return json.dumps({"asked": asked, **came_from}, indent=2, ensure_ascii=False).encode()


def _button(label: str, ending: str, mime: str, make: Callable[[], bytes]) -> None:
    st.download_button(
        label,
        make,
        file_name=f"xpert-prediction.{ending}",
        mime=mime,
        icon=":material/download:",
        on_click="ignore",
    )


def _written(ending: str, write: Callable[[Path], None]) -> bytes:
    with TemporaryDirectory(prefix="xpert-") as folder:
        path = Path(folder) / f"prediction{ending}"
        write(path)
        return path.read_bytes()
