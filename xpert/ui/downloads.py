"""Files to take away; each is made when its button is pressed."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import streamlit as st

from xpert.prediction.gmt import clear_genes
from xpert.response.activity import KINDS
from xpert.ui import files, python_view
from xpert.ui.observed import observed
from xpert.ui.run import upload_of
from xpert.ui.snippet import Part, python_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from xpert.model.bundle import Bundle
    from xpert.prediction.prediction import Prediction
    from xpert.ui.observed import Observed
    from xpert.ui.plan import Plan

FURTHEST = 50
_CSV, _PARQUET = ("csv", "text/csv"), ("parquet", "application/vnd.apache.parquet")
_ON_REPORT = ("HALLMARK", "REGULATORS")


def draw(
    plan: Plan, predictions: Sequence[Prediction], place: int, bundle: Bundle, measured: Observed | None
) -> None:
    """Draw the buttons and the Python lines.

    Parameters
    ----------
    plan
        What was asked.
    predictions
        Every one of the plan.
    place
        Of the shown one among them.
    bundle
        The model.
    measured
        What was measured for the shown one.
    """
    shown = predictions[place]
    st.header("Take it away")
    st.caption(
        "Figures are saved by their own camera or menu. Every table holds all genes and is made when you press."
    )
    with st.container(horizontal=True):
        _button("Table (CSV)", *_CSV, lambda: table_file([shown], [measured], ".csv"))
        _button("Table (Parquet)", *_PARQUET, lambda: table_file([shown], [measured], ".parquet"))
        if len(predictions) > 1:
            each = _measured(plan, predictions, bundle)
            _button(
                "All tables (CSV)",
                *_CSV,
                lambda: table_file(predictions, each(), ".csv"),
                of="all-treatments",
            )
            _button(
                "All tables (Parquet)",
                *_PARQUET,
                lambda: table_file(predictions, each(), ".parquet"),
                of="all-treatments",
            )
        _button(
            "All treatments (h5ad)", "h5ad", "application/octet-stream", lambda: anndata_file(predictions)
        )
    with st.container(horizontal=True):
        _button("Pathway activity (CSV)", *_CSV, lambda: activity_file(predictions, ".csv"), of="activity")
        _button(
            "Pathway activity (Parquet)",
            *_PARQUET,
            lambda: activity_file(predictions, ".parquet"),
            of="activity",
        )
        _draw_gene_sets(predictions)
    with st.container(horizontal=True):
        _button("Settings (JSON)", "json", "application/json", lambda: settings(plan, predictions))
        page = _page(plan, place, shown, bundle, measured)
        _button("Report (HTML)", "html", "text/html", page)
        python_view.draw(plan, Part.GENE_SETS, place)
    st.caption(
        "This page's address holds the same settings: send it to a colleague to show the same prediction."
    )


def _draw_gene_sets(predictions: Sequence[Prediction]) -> None:
    any_clear = any(clear_genes(p, up=True) or clear_genes(p, up=False) for p in predictions)
    _button(
        "Genes beyond their interval (GMT)",
        "gmt",
        "text/plain",
        lambda: gene_sets_file(predictions),
        of="genes-beyond-interval",
        disabled=not any_clear,
        words="Two sets for each treatment: genes up and genes down whose 90 % interval leaves zero out."
        + ("" if any_clear else " Here no gene's does."),
    )
    _button(
        f"{FURTHEST} furthest genes (GMT)",
        "gmt",
        "text/plain",
        lambda: gene_sets_file(predictions, furthest=FURTHEST),
        of="furthest-genes",
        words="The genes that move furthest each way, whatever their intervals; each set says so.",
    )


def table_file(predictions: Sequence[Prediction], measured: Sequence[Observed | None], ending: str) -> bytes:
    """Gene tables of predictions as CSV or Parquet, with the observed shift where there is one."""
    import numpy as np

    from xpert.prediction.export import gene_table

    table = gene_table(predictions)
    if any(one is not None for one in measured):
        nothing = [np.full(len(p.genes), np.nan) for p in predictions]
        shifts = [one.delta if one is not None else none for one, none in zip(measured, nothing, strict=True)]
        table["observed"] = np.concatenate(shifts)
    return files.table_file(table, ending)


def anndata_file(predictions: Sequence[Prediction]) -> bytes:
    """Predicted means of every treatment as AnnData."""
    from xpert.prediction.export import to_anndata, write_anndata

    return _written(".h5ad", lambda path: write_anndata(to_anndata(predictions), path))


def activity_file(predictions: Sequence[Prediction], ending: str) -> bytes:
    """Activities of every collection behind every treatment."""
    from xpert.prediction.export import write_table

    return _written(ending, lambda path: write_table(activities(predictions), path))


def activities(predictions: Sequence[Prediction]) -> pd.DataFrame:
    """One row for each treatment, collection and set."""
    import pandas as pd

    from xpert.response.activity import activity

    return pd.concat(
        [
            activity(p.table, kind, without=p.treatment.targets).assign(
                collection=label, treatment=str(p.treatment), context=p.context, model=p.model
            )
            for p in predictions
            for kind, label in KINDS.items()
        ],
        ignore_index=True,
    )


def gene_sets_file(predictions: Sequence[Prediction], *, furthest: int | None = None) -> bytes:
    """The genes that move, as GMT."""
    from xpert.prediction.gmt import gmt

    return gmt(predictions, furthest=furthest).encode()


def settings(plan: Plan, predictions: Sequence[Prediction]) -> bytes:
    """What was asked and where the numbers come from, as JSON; a file is named by its hash alone."""
    from xpert.prediction.export import provenance

    asked = {**plan.query, "treat": [str(t) for t in plan.treatments]}
    came_from = provenance(predictions)
    came_from["predictions"] = json.loads(came_from["predictions"])
    return json.dumps({"asked": asked, **came_from}, indent=2, ensure_ascii=False).encode()


def _page(
    plan: Plan, place: int, shown: Prediction, bundle: Bundle, measured: Observed | None
) -> Callable[[], bytes]:
    """What writes the report; the reader's data are looked up now, since a download has no session."""
    from xpert.ui.doubts_panel import control_cells

    cells, upload = control_cells(plan, bundle), upload_of(plan)
    lines = python_lines(
        plan, place=place, file=upload.name if upload else "", mapping=upload.mapping if upload else None
    )

    def make() -> bytes:
        from xpert.plots.prediction_page import PageParts, prediction_page
        from xpert.prediction.doubts import doubts
        from xpert.response.activity import activity

        parts = PageParts(
            prediction=shown,
            reasons=doubts(shown, bundle, control_cells=cells),
            activities={
                KINDS[kind]: activity(shown.table, kind, without=shown.treatment.targets)
                for kind in _ON_REPORT
            },
            python=lines,
            address=f"Predict?{urlencode(plan.query, doseq=True)}",
            observed=_agreement(shown, measured),
        )
        return prediction_page(parts).encode()

    return make


def _agreement(shown: Prediction, measured: Observed | None) -> str:
    from xpert.model.metrics import pearson

    if measured is None:
        return ""
    r = float(pearson(shown.delta[None, :], measured.delta[None, :])[0])
    learned = "; the model has learned from this very condition" if measured.in_training else ""
    return f"Measured in {measured.source}: Pearson r of predicted and observed shift {r:.2f}{learned}."


def _measured(
    plan: Plan, predictions: Sequence[Prediction], bundle: Bundle
) -> Callable[[], Sequence[Observed | None]]:
    """What was measured for each; of the reader's file it is looked up now, since a download has no session."""
    upload = upload_of(plan)
    if upload is None or upload.dataset is None:
        return lambda: [observed(p, bundle, None, plan.context) for p in predictions]
    found = [observed(p, bundle, upload.dataset, plan.context) for p in predictions]
    return lambda: found


def _button(
    label: str,
    ending: str,
    mime: str,
    make: Callable[[], bytes],
    *,
    of: str = "prediction",
    disabled: bool = False,
    words: str | None = None,
) -> None:
    st.download_button(
        label,
        make,
        file_name=f"xpert-{of}.{ending}",
        mime=mime,
        icon=":material/download:",
        on_click="ignore",
        disabled=disabled,
        help=words,
    )


def _written(ending: str, write: Callable[[Path], None]) -> bytes:
    with TemporaryDirectory(prefix="xpert-") as folder:
        path = Path(folder) / f"prediction{ending}"
        write(path)
        return path.read_bytes()
