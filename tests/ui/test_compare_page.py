"""The Compare page: its address, its three tabs, its files, and lines that give what it shows."""

from __future__ import annotations

import json
from dataclasses import replace
from io import BytesIO

import numpy as np
import pandas as pd
import pytest

from xpert.design.combination import combine
from xpert.design.dose_response import DoseResponse
from xpert.errors import InputError
from xpert.perturbation import Treatment
from xpert.prediction.predict import predict
from xpert.response.comparison import Comparison, Rule, Similarity
from xpert.ui.compare import files, state
from xpert.ui.compare.asked import Asked, View, read_dose
from xpert.ui.compare.lines import python_lines, signature_text
from xpert.ui.files import table_file

PAGE = "pages/5_Compare.py"
TREATMENTS = ("KLF1:crispra", "MAP2K6:crispra", "KLF1:crispra + MAP2K6:crispra")
CONTEXT = "human hepatocytes CELL0030, 24 h"


def parsed(*texts):
    return tuple(Treatment.parse(text) for text in texts)


SIDE_BY_SIDE = Asked(View.SIDE_BY_SIDE, "perturbseq", "k562", parsed(*TREATMENTS))
COMBINATION = Asked(View.COMBINATION, "perturbseq", "k562", parsed(TREATMENTS[2]))
DOSES = Asked(
    View.DOSES, "tggates", CONTEXT, parsed("Omeprazole@24uM"),
    doses=tuple(map(read_dose, ("30uM", "60uM", "300uM", "500uM", "1800uM"))), genes=("CYP1A2", "NAT1"),
)  # fmt: skip


def opened(app, asked):
    app.switch_page(PAGE)
    for name, value in asked.query.items():
        app.query_params[name] = value
    return app.run()


def button(app, label):
    return next(b for b in app.button if b.label == label)


def said(app):
    return "\n".join(str(p.value) for p in [*app.markdown, *app.caption, *app.info, *app.warning])


def is_well(app):
    return not app.exception and not app.error


def ran(lines):
    """What the last of some lines gives, and everything that they define."""
    space: dict[str, object] = {}
    body, last = lines.strip().rsplit("\n", 1)
    exec(body, space)
    return eval(last, space), space


@pytest.mark.parametrize("asked", [SIDE_BY_SIDE, COMBINATION, DOSES])
def test_a_question_survives_the_address(asked):
    listed = {name: [value] if isinstance(value, str) else value for name, value in asked.query.items()}
    assert Asked.from_query(listed) == asked


def test_every_setting_is_in_the_address():
    asked = Asked(
        View.SIDE_BY_SIDE, "m", "c", parsed("A:ko"), "ab12", genes=("G",), up=("U",), down=("D",), gene_set="S",
        least=3, rule=Rule.STRONGEST, measure=Similarity.PEARSON,
    )  # fmt: skip
    listed = {name: [value] if isinstance(value, str) else value for name, value in asked.query.items()}
    assert Asked.from_query(listed) == asked


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"view": ["everything"], "model": ["m"], "context": ["c"], "treat": ["A:ko"]}, "everything"),
        ({"treat": ["A:ko"]}, "may have been cut"),
        ({"model": ["m"], "context": ["c"], "treat": ["A:ko"] * 21}, "more than one page"),
        ({"model": ["m"], "context": ["c"], "treat": ["A:ko"], "dose": ["much"]}, "unit"),
    ],
)
def test_an_address_that_cannot_be_read_says_why(query, words):
    with pytest.raises(InputError, match=words):
        Asked.from_query(query)


def test_the_page_starts_with_an_example_and_computes_nothing(app, bundle):
    del bundle
    page = app.switch_page(PAGE).run()
    assert is_well(page)
    assert len(page.multiselect[0].value) >= 2
    assert not page.session_state["xpert"].results


def test_the_address_shows_treatments_side_by_side(app, bundle):
    page = opened(app, SIDE_BY_SIDE)
    assert is_well(page)
    assert page.multiselect[0].value == list(TREATMENTS)
    compared = Comparison.of(predict(bundle, ["k562"], list(SIDE_BY_SIDE.treatments)))
    shown = next(f.value for f in page.dataframe if "up_in" in f.value)
    pd.testing.assert_frame_equal(shown, compared.responders(2), check_dtype=False)
    specs = [json.loads(c.proto.spec) for c in page.get("plotly_chart")]
    assert [s["data"][0]["type"] for s in specs] == ["heatmap", "heatmap"]


def test_a_choice_of_the_view_is_written_into_the_address(app, bundle):
    del bundle
    page = opened(app, SIDE_BY_SIDE)
    next(g for g in page.button_group if g.label == "Measured by").set_value(Similarity.PEARSON).run()
    assert page.query_params["measure"] in ("pearson", ["pearson"])
    next(g for g in page.button_group if g.label.startswith("A gene counts")).set_value(Rule.STRONGEST).run()
    assert page.query_params["rule"] in ("strongest", ["strongest"])
    next(s for s in page.slider if s.label.startswith("Moved by")).set_value(3).run()
    assert page.query_params["least"] in ("3", ["3"])
    assert is_well(page)


def test_a_bare_name_is_read_and_what_is_unknown_is_refused_in_words(app, bundle):
    del bundle
    page = app.switch_page(PAGE).run()
    page.multiselect[0].set_value(["klf1", "MAP2K6:crispra", "NOGENE:crispra"]).run()
    assert page.multiselect[0].value == ["KLF1:crispra", "MAP2K6:crispra"]
    assert "NOGENE" in said(page)
    button(page, "Compare").click().run()
    assert page.query_params["treat"] == ["KLF1:crispra", "MAP2K6:crispra"]
    assert is_well(page)


def test_the_combination_tab_gives_pythons_table(app, bundle):
    page = opened(app, COMBINATION)
    assert is_well(page)
    shown = next(f.value for f in page.dataframe if "interaction" in f.value)
    pd.testing.assert_frame_equal(
        shown, combine(bundle, "k562", COMBINATION.treatments[0]).table, check_dtype=False
    )
    assert "learned from this very combination" in said(page)
    assert any(m.label == "Slope on the sum" for m in page.metric)


def test_a_pasted_panel_fills_the_heat_map_and_names_what_is_missing(app, bundle):
    del bundle
    page = opened(app, COMBINATION)
    next(t for t in page.text_input if t.label == "Panel of genes").set_value("hbz, HBG2 NOGENE").run()
    assert page.query_params["gene"] == ["hbz", "HBG2", "NOGENE"]
    heat_map = json.loads(page.get("plotly_chart")[-1].proto.spec)
    assert heat_map["layout"]["yaxis"]["ticktext"] == ["HBZ", "HBG2"]
    assert "NOGENE" in said(page)


def test_one_gene_alone_is_told_to_be_no_combination(app, bundle):
    del bundle
    page = opened(app, replace(COMBINATION, treatments=parsed("KLF1:crispra")))
    assert "plus" in page.error[0].value
    assert button(page, "Predict the combination").disabled


def test_the_dose_tab_draws_a_curve_for_each_gene_with_its_reason(app):
    page = opened(app, DOSES)
    assert is_well(page)
    specs = [json.loads(c.proto.spec) for c in page.get("plotly_chart")]
    assert len(specs) == 2
    assert all(s["layout"]["xaxis"]["ticktext"][0] == "vehicle" for s in specs)
    assert "Measured at 24uM, 120uM, 600uM here" in said(page)
    assert said(page).count("No EC50") == 2


def test_a_gene_set_over_doses_is_drawn_as_its_mean(app):
    page = opened(app, DOSES)
    field = next(s for s in page.selectbox if s.label.startswith("Mean of a gene set"))
    name = next(o for o in field.options if "XENOBIOTIC" in o.upper())
    field.select(name).run()
    assert is_well(page)
    assert "set" in page.query_params
    assert len(page.get("plotly_chart")) == 3
    assert "Mean over" in said(page)


def test_a_model_without_doses_says_so(app, bundle):
    del bundle
    page = opened(app, SIDE_BY_SIDE)
    page.session_state[state.TAB] = View.DOSES.label
    page.run()
    assert is_well(page)
    assert "no dose series" in said(page)
    assert "tggates" in said(page)


def test_another_model_brings_its_own_examples(app, bundle):
    del bundle
    page = opened(app, SIDE_BY_SIDE)
    next(s for s in page.selectbox if s.label == "Model").select("papalexi").run()
    assert is_well(page)
    assert all(text.endswith(":ko") for text in page.multiselect[0].value)


def test_the_lines_of_the_first_tab_give_its_table(app, bundle):
    lines = python_lines(SIDE_BY_SIDE, least=2)
    assert lines.strip() in [c.value.strip() for c in opened(app, SIDE_BY_SIDE).code]
    found, space = ran(lines)
    expected = Comparison.of(predict(bundle, ["k562"], list(SIDE_BY_SIDE.treatments)))
    pd.testing.assert_frame_equal(found, expected.responders(2))
    np.testing.assert_array_equal(space["comparison"].delta, expected.delta)


def test_the_lines_of_the_second_tab_give_its_table(app, bundle):
    lines = python_lines(COMBINATION)
    assert lines.strip() in [c.value.strip() for c in opened(app, COMBINATION).code]
    found, _ = ran(lines)
    pd.testing.assert_frame_equal(found, combine(bundle, "k562", COMBINATION.treatments[0]).table)


def test_the_lines_of_the_third_tab_give_its_curve(app):
    page = opened(app, DOSES)
    lines = python_lines(DOSES, signature='"CYP1A2"')
    assert lines.strip() in [c.value.strip() for c in page.code]
    found, space = ran(lines)
    assert isinstance(space["response"], DoseResponse)
    assert found["dose"].tolist() == [0, 30, 60, 300, 500, 1800]
    shown = next(f.value for f in page.dataframe if "gene_or_signature" in f.value)
    mine = shown[(shown["gene_or_signature"] == "CYP1A2") & shown["delta"].notna()].set_index("dose")["delta"]
    np.testing.assert_allclose(found.set_index("dose")["delta"], mine.loc[found["dose"]], atol=1e-6)


def test_a_signature_is_written_as_python_reads_it():
    from xpert.design.dose_response import Signature

    made = eval(signature_text('my "set"', ("A", "B"), ("C",)), {"Signature": Signature})
    assert made == Signature('my "set"', ("A", "B"), ("C",))
    assert signature_text("HBZ", ("HBZ",), ()) == '"HBZ"'


def test_files_hold_what_was_asked_and_are_safe_to_open(bundle):
    made = predict(bundle, ["k562"], list(SIDE_BY_SIDE.treatments))
    told = json.loads(files.settings_file(SIDE_BY_SIDE, made))
    assert told["asked"]["treat"] == list(TREATMENTS)
    assert told["asked"]["view"] == "compare"
    compared = Comparison.of(made)
    table = pd.read_csv(BytesIO(table_file(compared.table, ".csv")))
    np.testing.assert_allclose(table["KLF1:crispra"], compared.delta[0])
    assert table_file(pd.DataFrame({"gene": ["=1+1"]}), ".csv").decode().splitlines()[1] == "'=1+1"


def test_more_than_one_block_of_treatments_is_predicted_in_order():
    asked = Asked(View.SIDE_BY_SIDE, "m", "c", parsed(*(f"G{i}:ko" for i in range(20))))
    assert [len(p.treatments) for p in asked.plans] == [12, 8]
    assert tuple(t for p in asked.plans for t in p.treatments) == asked.treatments


@pytest.mark.data
@pytest.mark.slow
def test_the_readers_own_cells_can_be_the_context(app, bundle, shared_data):
    from xpert.prediction.controls import context_from_dataset
    from xpert.ui.upload import open_file

    with shared_data.joinpath("norman_mcfaline", "norman19_mcfaline23_devel.h5ad").open("rb") as content:
        upload = open_file("screen.h5ad", content).confirmed()
    app.session_state["xpert"].use(upload)
    page = opened(app, replace(COMBINATION, data=upload.sha256[:16]))
    assert is_well(page)
    shown = next(f.value for f in page.dataframe if "interaction" in f.value)
    context = context_from_dataset(upload.dataset, bundle, "k562")
    expected = combine(bundle, context, COMBINATION.treatments[0]).table
    pd.testing.assert_frame_equal(shown, expected, check_dtype=False)
    assert "open_dataset" in page.code[-1].value
