"""The reader's own cells on the map of their file, and what is said of those that are selected."""

from __future__ import annotations

import json
from io import BytesIO

import anndata
import numpy as np
import pandas as pd
import pytest

from xpert.ui.perturbverse import cells_map, page
from xpert.ui.perturbverse.cells_data import Labels, cell_ids, treatment_counts
from xpert.ui.upload import open_file

CELLS = 120
TREATMENTS = ["control", "KLF1:crispra", "IRF1:crispra"]


def cells(tmp_path, *, maps=True):
    rng = np.random.default_rng(0)
    code = np.arange(CELLS) % 3
    obs = pd.DataFrame(
        {"perturbation": pd.Categorical([TREATMENTS[c] for c in code]), "cell_line": "K562"},
        index=[f"c{i}" for i in range(CELLS)],
    )
    genes = ["GATA1", "KLF1", "IRF1", "MYC", "TP53", "ACTB", "GAPDH", "JUN", "FOS", "SPI1"]
    made = anndata.AnnData(
        rng.poisson(3, (CELLS, len(genes))).astype(np.float32), obs=obs, var=pd.DataFrame(index=genes)
    )
    if maps:
        made.obsm["X_umap"] = np.stack([code * 10.0 + rng.normal(size=CELLS), rng.normal(size=CELLS)], axis=1)
    path = tmp_path / "mine.h5ad"
    made.write_h5ad(path)
    return open_file("mine.h5ad", BytesIO(path.read_bytes()))


def shown(app, upload):
    app.session_state["xpert"].upload = upload
    app.switch_page("pages/3_Perturbverse.py").run()
    next(b for b in app.button_group if page.CELLS in b.options).set_value(page.CELLS).run()
    return app


@pytest.fixture
def upload(tmp_path):
    return cells(tmp_path).confirmed()


def figure(app):
    return json.loads(app.get("plotly_chart")[0].proto.spec)


def test_cells_stand_where_the_file_puts_them(app, upload):
    shown(app, upload)
    assert not app.error
    rows = sorted(row for trace in figure(app)["data"] for (row,) in trace.get("customdata", []))
    assert rows == list(range(CELLS))
    names = {trace["name"] for trace in figure(app)["data"]}
    assert {"KLF1:crispra (40)", "IRF1:crispra (40)", "control (40)"} <= names


@pytest.mark.parametrize("by", [cells_map.CONTEXT, cells_map.EXPRESSION])
def test_cells_can_be_coloured_otherwise(app, upload, by):
    shown(app, upload)
    next(s for s in app.selectbox if s.label == "Cells coloured by").set_value(by).run()
    assert not app.error
    assert figure(app)["data"]


def test_a_selection_counts_treatments_and_names_cells(app, upload):
    shown(app, upload)
    chosen = np.arange(CELLS) % 3 == 1
    chosen[0] = True
    app.session_state[cells_map.CHOSEN] = cells_map.Selection(upload.sha256, chosen)
    app.run()
    table = app.dataframe[0].value
    assert table["treatment"].tolist() == ["KLF1:crispra", "control"]
    assert table["cells"].tolist() == [40, 1]
    assert table["times"].tolist() == pytest.approx([40 / (41 / 3), 1 / (41 / 3)])


def test_a_selection_of_another_file_does_not_count(app, upload):
    shown(app, upload)
    app.session_state[cells_map.CHOSEN] = cells_map.Selection("another", np.ones(CELLS, dtype=bool))
    app.run()
    assert not app.dataframe


def test_the_selected_cells_can_be_taken_away_by_name(upload):
    labels = Labels(upload.dataset)
    chosen = np.zeros(CELLS, dtype=bool)
    chosen[[0, 4]] = True
    table = cell_ids(upload, labels, chosen, "X_umap")
    assert table["cell"].tolist() == ["c0", "c4"]
    assert table["treatment"].tolist() == ["control", "KLF1:crispra"]
    assert table["X_umap 1"].tolist() == upload.table.places["X_umap"][[0, 4], 0].tolist()
    assert treatment_counts(labels, chosen)["cells"].sum() == 2


def test_a_file_without_a_map_is_told_how_to_make_one(app, tmp_path):
    shown(app, cells(tmp_path, maps=False).confirmed())
    assert "sc.tl.umap" in app.info[0].value


def test_cells_wait_until_their_meaning_is_confirmed(app, tmp_path):
    shown(app, cells(tmp_path))
    assert "Confirm" in app.info[0].value
