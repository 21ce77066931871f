"""The Predict page with treatments that the reader has measured."""

from __future__ import annotations

import numpy as np
import pytest

from xpert.errors import InputError
from xpert.perturbation import Treatment
from xpert.prediction.predict import predict
from xpert.ui.plan import Plan
from xpert.ui.snippet import python_lines

DATA, PREDICT = "pages/1_Data.py", "pages/2_Predict.py"
NORMAN = ("norman_mcfaline", "norman19_mcfaline23_devel.h5ad")
CHOICE = "Use the conditions that I have measured"
ASKED = "CEBPA:crispra + KLF1:crispra"


def named(elements, label):
    return next(e for e in elements if e.label == label)


def choices(app):
    return [c for c in app.checkbox if c.label == CHOICE]


@pytest.fixture
def measured(app, bundle, shared_data):
    """The Predict page with a real screen opened and its K562 cells chosen."""
    del bundle
    from xpert.ui.upload import open_file

    with shared_data.joinpath(*NORMAN).open("rb") as content:
        upload = open_file("screen.h5ad", content).confirmed()
    app.session_state["xpert"].use(upload)
    page = app.switch_page(PREDICT).run()
    context = named(page.selectbox, "Context: the cells before treatment")
    own = next(o for o in context.options if o.lower().startswith("k562") and "your data" in o)
    return context.select(own).run()


def test_a_model_of_its_own_cells_offers_no_measured_conditions(app, bundle):
    del bundle
    page = app.switch_page(PREDICT).run()
    assert not choices(page)


@pytest.mark.data
@pytest.mark.slow
def test_measured_conditions_correct_the_answer_as_python_does(measured, bundle):
    page = measured
    (choice,) = choices(page)
    assert any("conditions were measured in" in c.value for c in page.caption)
    choice.check().run()
    named(page.text_input, "The same as text").set_value(ASKED).run()
    named(page.button, "Predict").click().run()
    assert not page.exception
    assert not page.error
    assert page.query_params["support"] in ("measured", ["measured"])
    ((plan, (shown,)),) = page.session_state["xpert"].results.items()
    assert plan.support
    dataset = page.session_state["xpert"].upload.dataset
    from xpert.prediction.controls import context_from_dataset

    context = context_from_dataset(dataset, bundle, plan.context)
    (expected,) = predict(bundle, [context], [Treatment.parse(ASKED)], dataset)
    np.testing.assert_allclose(shown.delta, expected.delta, rtol=1e-5, atol=1e-7)
    assert any("Corrected by" in m.value for m in page.markdown)


def test_a_plan_with_measured_conditions_survives_the_way_through_a_url():
    plan = Plan("m", "c", (Treatment.parse(ASKED),), "0123456789abcdef", support=True)
    query = {k: v if isinstance(v, list) else [v] for k, v in plan.query.items()}
    assert Plan.from_query(query) == plan
    assert "support" not in Plan("m", "c", plan.treatments, plan.data).query


def test_measured_conditions_need_a_file():
    with pytest.raises(InputError, match="open it on the Data page"):
        Plan("m", "c", (Treatment.parse(ASKED),), support=True)


def test_the_python_lines_pass_the_file_as_support():
    plan = Plan("m", "c", (Treatment.parse(ASKED),), "0123456789abcdef", support=True)
    assert "predict(model, [context], treatments, support=dataset)" in python_lines(plan, file="a.h5ad")
    without = Plan("m", "c", plan.treatments, plan.data)
    assert "support" not in python_lines(without, file="a.h5ad")


@pytest.mark.data
@pytest.mark.slow
def test_each_measured_condition_is_left_out_and_shown_without_and_with_the_others(
    app, bundle, shared_data, tmp_path
):
    import anndata as ad

    from xpert.ui.upload import open_file

    cells = ad.read_h5ad(shared_data.joinpath(*NORMAN))
    column = next(c for c in cells.obs if cells.obs[c].astype(str).str.lower().isin(["k562"]).any())
    kept = cells[cells.obs[column].astype(str).str.lower() == "k562"].copy()
    kept.obs[column] = "my K562"  # cells of which the model knows nothing
    kept.write_h5ad(tmp_path / "mine.h5ad")
    with (tmp_path / "mine.h5ad").open("rb") as content:
        app.session_state["xpert"].use(open_file("mine.h5ad", content).confirmed())
    page = app.switch_page(PREDICT).run()
    context = named(page.selectbox, "Context: the cells before treatment")
    context.select(next(o for o in context.options if o.endswith("(your data)"))).run()
    choices(page)[0].check().run()
    named(page.text_input, "The same as text").set_value(ASKED).run()
    named(page.button, "Predict").click().run()
    table = next(f.value for f in page.dataframe if "l2_before" in f.value.columns)
    assert len(table) > 10
    assert np.isfinite(table["l2_after"]).all()
    assert "was left out in turn" in " ".join(c.value for c in page.caption)
    assert named(page.metric, "Mean error with them").value == f"{table['l2_after'].mean():.3f}"
    del bundle
