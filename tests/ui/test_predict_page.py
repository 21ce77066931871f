"""The Predict page: controls, text and URL say the same, and the table is the one that Python gives."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from xpert.perturbation import Treatment
from xpert.prediction.predict import predict
from xpert.ui import draft, load, session
from xpert.ui.downloads import anndata_file, settings, table_file
from xpert.ui.gene_view import View
from xpert.ui.plan import Plan
from xpert.ui.snippet import python_lines

sys.path.insert(0, str(Path(__file__).parent))
from lines import run_lines

PREDICT = "pages/2_Predict.py"
DOUBLE = "KLF1:crispra + MAP2K6:crispra"


def text_field(app):
    return next(t for t in app.text_input if t.label == "The same as text")


def button(app, label):
    return next(b for b in app.button if b.label == label)


def gene_tables(app):
    return [f.value for f in app.dataframe if "delta" in f.value.columns]


@pytest.fixture
def page(app, bundle):
    del bundle  # the page is about it
    return app.switch_page(PREDICT).run()


@pytest.fixture
def predicted(page):
    text_field(page).set_value(DOUBLE).run()
    return button(page, "Predict").click().run()


def test_the_page_starts_with_an_example_and_computes_nothing(page):
    assert text_field(page).value == DOUBLE
    assert not gene_tables(page)


def test_the_table_is_the_one_that_python_gives(predicted, bundle):
    (table,) = gene_tables(predicted)
    (expected,) = predict(bundle, ["k562"], [Treatment.parse(DOUBLE)])
    shown = table.set_index("gene").loc[list(expected.genes)]
    np.testing.assert_array_equal(shown["delta"], expected.delta)
    np.testing.assert_array_equal(shown["lower"], expected.lower)
    assert (table["delta"].abs().diff().dropna() <= 0).all()


def test_a_prediction_is_in_the_url_and_opening_the_url_shows_it(predicted, app):
    assert app.query_params["treat"] in (DOUBLE, [DOUBLE])
    (before,) = gene_tables(predicted)
    del app.session_state["xpert"]
    again = app.run()
    (after,) = gene_tables(again)
    pd.testing.assert_frame_equal(before, after)


def test_the_text_moves_the_controls(page):
    text_field(page).set_value("KLF1:crispra@0.5").run()
    assert page.multiselect[0].value == ["KLF1"]
    assert next(s for s in page.slider if s.label.startswith("Efficacy")).value == 0.5


def test_the_controls_write_the_text(page):
    page.multiselect[0].set_value(["KLF1"]).run()
    assert text_field(page).value == "KLF1:crispra"
    next(s for s in page.slider if s.label.startswith("Efficacy")).set_value(0.7).run()
    assert text_field(page).value == "KLF1:crispra@0.7"


def test_a_text_that_cannot_be_read_is_shown_with_its_place_and_stops_the_button(page):
    text_field(page).set_value("KLF1:crispra + ").run()
    assert page.error
    assert page.code[0].value.endswith("^")
    assert button(page, "Predict").disabled


def test_an_unknown_name_names_the_nearest_before_anything_runs(page):
    text_field(page).set_value("KLFF1:crispra").run()
    assert "KLF1" in page.error[0].value
    assert button(page, "Predict").disabled


def test_a_kind_of_perturbation_that_the_model_never_saw_is_refused(page):
    text_field(page).set_value("KLF1:ko").run()
    assert "never seen" in page.error[0].value


def test_the_badge_tells_what_was_measured(page):
    def shown() -> str:
        return " ".join(str(m.value) for m in page.markdown)

    assert ":blue-badge[" in shown()
    text_field(page).set_value("KLF1:crispra + MAP2K3:crispra").run()
    assert ":violet-badge[" in shown()
    text_field(page).set_value("CEBPA:crispra").run()
    assert ":orange-badge[" in shown()


def test_dose_unit_and_logarithmic_slider_write_the_text(page):
    if "l1000" not in {info.name for info in load.bundle_infos()}:
        pytest.skip("the bundle l1000 is not here")
    next(s for s in page.selectbox if s.label == "Model").select("l1000").run()
    assert text_field(page).value == "vorinostat:compound"
    next(s for s in page.selectbox if s.label == "Unit").select("uM").run()
    assert text_field(page).value == "vorinostat@1uM"
    next(n for n in page.number_input if n.label == "Dose").set_value(0.25).run()
    assert text_field(page).value == "vorinostat@0.25uM"
    slider = next(s for s in page.select_slider if s.label.startswith("Dose"))
    assert slider.value == 0.3
    slider.set_value(10.0).run()
    assert text_field(page).value == "vorinostat@10uM"
    text_field(page).set_value("vorinostat@500nM").run()
    assert next(s for s in page.selectbox if s.label == "Unit").value == "nM"
    assert next(n for n in page.number_input if n.label == "Dose").value == 500


def test_several_treatments_are_predicted_together(page):
    text_field(page).set_value("KLF1:crispra").run()
    button(page, "Add another treatment").click().run()
    assert text_field(page).value == ""
    text_field(page).set_value("MAP2K6:crispra").run()
    button(page, "Predict").click().run()
    assert page.query_params["treat"] == ["KLF1:crispra", "MAP2K6:crispra"]
    assert len(page.session_state["xpert"].results) == 1
    assert [str(p.treatment) for p in next(iter(page.session_state["xpert"].results.values()))] == [
        "KLF1:crispra",
        "MAP2K6:crispra",
    ]


def test_control_is_predicted_as_exactly_no_shift(page):
    text_field(page).set_value("control").run()
    button(page, "Predict").click().run()
    (table,) = gene_tables(page)
    assert (table["delta"] == 0).all()
    assert not page.exception
    assert not page.error


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"model": "perturbseq", "context": "k562", "treat": "KLF1"}, "Say how"),
        ({"model": "nothing", "context": "k562", "treat": DOUBLE}, "nothing"),
        ({"model": "perturbseq", "context": "HeLa", "treat": DOUBLE}, "HeLa"),
        ({"treat": DOUBLE}, "may have been cut"),
        ({"model": "perturbseq", "context": "k562", "treat": DOUBLE, "data": "abc123"}, "abc123"),
    ],
)
def test_a_link_that_cannot_be_followed_says_why(app, bundle, query, words):
    del bundle
    app.switch_page(PREDICT)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert any(words in error.value for error in app.error)
    assert not app.exception


def test_the_observed_shift_of_a_measured_treatment_stands_beside_with_two_baselines(predicted):
    (table,) = gene_tables(predicted)
    assert table["observed"].notna().all()
    compared = next(f.value for f in predicted.dataframe if "pearson" in f.value.columns)
    assert compared["predictor"].tolist()[1:] == [
        "Baseline: no change",
        "Baseline: mean of the other treatments",
    ]
    assert compared["l2"].notna().all()
    assert any("learned from this very condition" in w.value for w in predicted.warning)


def find_genes(app):
    return next(m for m in app.multiselect if m.label == "Find genes")


def captions(app):
    return " ".join(str(c.value) for c in app.caption).replace("\\", "")


def test_genes_are_found_by_any_of_their_names_and_what_is_missing_is_named(predicted):
    find_genes(predicted).set_value(["hbg2", "HBZ*", "IL-6", "NOGENE"]).run()
    (table,) = gene_tables(predicted)
    assert sorted(table["gene"]) == ["HBG2", "HBZ", "IL6"]
    assert sorted(find_genes(predicted).value) == ["HBG2", "HBZ", "IL6"]
    assert "No gene goes by: NOGENE" in captions(predicted)
    assert "IL-6 as IL6" in captions(predicted)


def test_a_pasted_list_narrows_the_table_until_all_are_shown_again(predicted):
    box = next(t for t in predicted.text_area if t.label.startswith("Genes, apart"))
    box.set_value("HBG2\nENSG00000130656\tXYZ99").run()
    button(predicted, "Show these genes").click().run()
    (table,) = gene_tables(predicted)
    assert sorted(table["gene"]) == ["HBG2", "HBZ"]
    assert "2 genes of your list found" in captions(predicted)
    assert "XYZ99" in captions(predicted)
    button(predicted, "Show all").click().run()
    (table,) = gene_tables(predicted)
    assert len(table) > 400


def test_genes_picked_in_the_table_are_ringed_in_the_volcano(predicted, bundle):
    (table,) = gene_tables(predicted)
    ((plan, (prediction,)),) = predicted.session_state["xpert"].results.items()
    rows = View(plan, prediction, bundle, None).rows_key(table["gene"])
    predicted.session_state[rows] = {"selection": {"rows": [2], "columns": [], "cells": []}}
    predicted.run()
    spec = json.loads(predicted.get("plotly_chart")[0].proto.spec)
    assert f"<b>{table['gene'][2]}</b>" in [a["text"] for a in spec["layout"]["annotations"]]


def test_the_shown_python_lines_give_the_same_table(predicted, bundle):
    plan = Plan(bundle.name, "k562", (Treatment.parse(DOUBLE),))
    lines = python_lines(plan)
    assert lines.strip() in [c.value.strip() for c in predicted.code]
    (expected,) = predict(bundle, ["k562"], list(plan.treatments))
    pd.testing.assert_frame_equal(run_lines(lines), expected.table)


def test_downloads_hold_what_the_page_shows(bundle, tmp_path):
    plan = Plan(bundle.name, "k562", (Treatment.parse(DOUBLE),))
    made = predict(bundle, ["k562"], list(plan.treatments))
    for ending, read in ((".csv", pd.read_csv), (".parquet", pd.read_parquet)):
        path = tmp_path / f"table{ending}"
        path.write_bytes(table_file(made, [None], ending))
        table = read(path)
        np.testing.assert_allclose(table["delta"], made[0].delta, rtol=1e-12)
        assert (table["treatment"] == DOUBLE).all()
    import anndata as ad

    (tmp_path / "a.h5ad").write_bytes(anndata_file(made))
    assert ad.read_h5ad(tmp_path / "a.h5ad").shape == (1, len(made[0].genes))
    told = json.loads(settings(plan, made))
    assert told["asked"]["treat"] == [DOUBLE]
    assert told["predictions"][0]["treatment"] == DOUBLE


def test_a_session_keeps_few_results_and_forgets_those_of_dropped_data():
    held = session.Session()
    for i in range(12):
        held.keep_result(Plan("m", f"c{i}", (Treatment(),), "ab" if i % 2 else ""), [])
    assert len(held.results) == 8
    held.forget_data()
    assert not any(plan.data for plan in held.results)


def test_keys_of_the_controls_are_apart_for_every_target():
    makers = (draft.way_key, draft.efficacy_key, draft.dose_key, draft.slider_key, draft.unit_key)
    keys = [make(name) for make in makers for name in ("A", "B")]
    assert len(set(keys)) == len(keys)
    assert not any(re.search(r"^(model|context|targets)$", key) for key in keys)
