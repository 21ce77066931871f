"""The Python lines beside each result of the Predict page run as they are and give the numbers of the page."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from xpert.perturbation import Treatment
from xpert.prediction.doubts import doubts
from xpert.prediction.gmt import gmt
from xpert.response.activity import activity
from xpert.ui import sample
from xpert.ui.observed import observed, scores
from xpert.ui.plan import Plan
from xpert.ui.snippet import Part, python_lines

sys.path.insert(0, str(Path(__file__).parent))
from lines import run_lines

PREDICT = "pages/2_Predict.py"
TREATMENTS = ("KLF1:crispra", "KLF1:crispra + MAP2K6:crispra")
FILE = "sample.h5ad"


def asked(app, query):
    app.switch_page(PREDICT)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def shown_lines(page):
    return [c.value.strip() for c in page.code]


def results(page):
    (found,) = page.session_state["xpert"].results.values()
    return found


@pytest.fixture
def bundled(app, bundle):
    """The page with two treatments in the model's own cells."""
    return asked(app, Plan(bundle.name, "k562", tuple(map(Treatment.parse, TREATMENTS))).query)


def test_the_lines_of_every_part_are_on_the_page_and_give_its_numbers(bundled, bundle):
    assert not bundled.exception
    assert not bundled.error
    plan, made = Plan(bundle.name, "k562", tuple(map(Treatment.parse, TREATMENTS))), results(bundled)
    parts = [p for p in Part if p not in {Part.MEASURED, Part.CELLS}]
    lines = {part: python_lines(plan, part, place=1) for part in parts}
    on_page = shown_lines(bundled)
    assert all(lines[part].strip() in on_page for part in parts)

    shown = made[1]
    pd.testing.assert_frame_equal(run_lines(lines[Part.TABLE]), shown.table)
    assert run_lines(lines[Part.REASONS]) == doubts(shown, bundle)
    wide = run_lines(lines[Part.SIDE_BY_SIDE])
    np.testing.assert_array_equal(wide[str(shown.treatment)][list(shown.genes)], shown.delta)
    assert run_lines(lines[Part.GENE_SETS]) == gmt(made)
    measured = observed(shown, bundle, None, "k562")
    agreed = float(run_lines(lines[Part.LEARNED])[0])
    assert agreed == pytest.approx(float(scores(shown, measured, bundle)["pearson"][0]), rel=1e-9)
    (table,) = [f.value for f in bundled.dataframe if "without_strongest" in f.value.columns]
    made_again = run_lines(lines[Part.ACTIVITY])
    pd.testing.assert_frame_equal(
        table[["score", "genes", "agreeing"]], made_again[["score", "genes", "agreeing"]]
    )
    pd.testing.assert_frame_equal(made_again, activity(shown.table, without=shown.treatment.targets))


def test_the_lines_follow_the_collection_that_is_chosen(bundled):
    choice = next(c for c in bundled.segmented_control if c.label == "Sets of genes")
    choice.set_value("REGULATORS").run()
    (lines,) = [text for text in shown_lines(bundled) if "response.activity" in text]
    assert '"REGULATORS"' in lines
    (table,) = [f.value for f in bundled.dataframe if "without_strongest" in f.value.columns]
    assert run_lines(lines)["set"].tolist() == table["set"].tolist()


def test_the_lines_of_a_readers_own_file_give_the_numbers_of_the_page(app, bundle, tmp_path, monkeypatch):
    from xpert.prediction.cells import sample_cells
    from xpert.prediction.controls import control_cells
    from xpert.ui.upload import open_file

    (tmp_path / FILE).write_bytes(sample.file())
    with (tmp_path / FILE).open("rb") as content:
        upload = open_file(FILE, content).confirmed()
    app.session_state["xpert"].use(upload)
    context = upload.dataset.contexts[0]
    plan = Plan(bundle.name, context, tuple(map(Treatment.parse, TREATMENTS)), upload.sha256[:16])
    page = asked(app, plan.query)
    assert not page.exception
    assert not page.error
    made, on_page = results(page), shown_lines(page)
    parts = [p for p in Part if p is not Part.LEARNED]
    lines = {
        part: python_lines(plan, part, place=1, file=upload.name, mapping=upload.mapping) for part in parts
    }
    assert all(lines[part].strip() in on_page for part in parts)

    monkeypatch.chdir(tmp_path)
    shown = made[1]
    pd.testing.assert_frame_equal(run_lines(lines[Part.TABLE]), shown.table)
    assert run_lines(lines[Part.GENE_SETS]) == gmt(made)
    cells = run_lines(lines[Part.CELLS])
    control = control_cells(upload.dataset, context, shown.genes)[:2000]
    np.testing.assert_allclose(cells, sample_cells(shown, control, seed=0))
    measured = observed(shown, bundle, upload.dataset, context)
    agreed = float(run_lines(lines[Part.MEASURED])[0])
    assert agreed == pytest.approx(float(scores(shown, measured, bundle)["pearson"][0]), rel=1e-6)
    reasons = run_lines(lines[Part.REASONS])
    said = " ".join(str(m.value) for m in page.markdown).replace("\\", "")
    assert reasons
    assert all(reason.advice in said for reason in reasons)
