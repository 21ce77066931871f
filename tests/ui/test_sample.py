"""The sample file: downloaded, opened like any upload, and predicted from."""

from __future__ import annotations

import io

import anndata as ad
import numpy as np
import pytest

from xpert.errors import InputError
from xpert.perturbation import Treatment
from xpert.prediction.simulated import INVENTED, simulate_cells
from xpert.ui import load, sample

DATA, PREDICT = "pages/1_Data.py", "pages/2_Predict.py"


def named(elements, label):
    return next(e for e in elements if e.label == label)


def press(app, label):
    return named(app.button, label).click().run()


def predict(page, context, text, *, measured=False):
    box = named(page.selectbox, "Context: the cells before treatment")
    box.select(f"{context} (your data)").run()
    if measured:
        named(page.checkbox, "Use the conditions that I have measured").check().run()
    named(page.text_input, "The same as text").set_value(text).run()
    press(page, "Predict")
    assert not page.exception
    assert not page.error
    (plan, (found,)) = list(page.session_state["xpert"].results.items())[-1]
    assert plan.data
    return found


@pytest.fixture
def page(app, bundle):
    """The Predict page with the downloaded sample opened and confirmed."""
    del bundle
    app.switch_page(DATA).run()
    app.file_uploader[0].upload(sample.NAME, sample.file()).run()
    assert not list(app.error)
    press(app, "Confirm this mapping")
    return app.switch_page(PREDICT).run()


def test_the_download_is_offered_where_files_are_opened(app):
    app.switch_page(DATA).run()
    assert any(b.label.startswith("Download a sample file") for b in app.get("download_button"))
    assert any("Simulated" in str(m.value) and "not for science" in str(m.value) for m in app.markdown)


def test_from_the_sample_to_a_prediction_and_what_the_measured_conditions_add(page):
    known = predict(page, "K562", "KLF1:crispra + MAP2K3:crispra")
    assert np.abs(known.delta).max() > 0.1
    alone = predict(page, INVENTED, "KLF1:crispra + MAP2K3:crispra")
    assert "nothing that is known supports one" in " ".join(alone.evidence.sentences)
    corrected = predict(page, INVENTED, "KLF1:crispra + MAP2K3:crispra", measured=True)
    assert corrected.evidence.support.measured == len(sample.TREATMENTS)
    assert np.abs(corrected.delta).max() > 0.1
    error = named(page.metric, "Mean error with them")
    assert error.delta.startswith("-")


def test_the_file_says_that_it_is_simulated_and_opens_without_a_warning(bundle, tmp_path):
    del bundle
    (tmp_path / "a.h5ad").write_bytes(sample.file())
    data = ad.read_h5ad(tmp_path / "a.h5ad")
    assert "Simulated" in data.uns["about"]
    assert "not for science" in data.uns["about"]
    from xpert.ui.upload import open_file

    report = open_file("a.h5ad", io.BytesIO(sample.file())).report
    assert report.is_usable
    assert not [p for p in report.problems if p.severity != "info"]


def test_the_file_is_small(bundle):
    del bundle
    assert len(sample.file()) < 4e6


def test_control_cells_have_the_means_of_the_model(bundle):
    data = simulate_cells(bundle, "k562", [], control=2_000)
    counts = data.X[(data.obs["cell_line"] == "K562").to_numpy()].toarray()
    logs = np.log1p(counts / counts.sum(1, keepdims=True) * 1e4).mean(0)[: len(bundle.genes)]
    np.testing.assert_allclose(logs, bundle.contexts["k562"].control, atol=0.05)


def test_treated_cells_of_the_known_line_shift_as_was_measured(bundle):
    treatment = Treatment.parse("KLF1:crispra")
    data = simulate_cells(bundle, "k562", [treatment], control=1_000, cells=1_000)
    known = (data.obs["cell_line"] == "K562").to_numpy()
    groups = [known & (data.obs["perturbation"] == name).to_numpy() for name in ("KLF1", "control")]
    counts = [data.X[rows].toarray() for rows in groups]
    treated, control = (np.log1p(c / c.sum(1, keepdims=True) * 1e4).mean(0) for c in counts)
    conditions = [(c.context, c.treatment) for c in bundle.training.conditions]
    measured = bundle.training.delta[conditions.index(("k562", treatment))]
    shift = (treated - control)[: len(bundle.genes)]
    assert np.corrcoef(shift, measured)[0, 1] > 0.97


def test_what_was_not_measured_is_not_simulated(bundle):
    with pytest.raises(InputError, match="Not measured in k562: IRF1:crispra"):
        simulate_cells(bundle, "k562", [Treatment.parse("IRF1:crispra")])


def test_a_model_of_differences_has_no_cells_to_simulate():
    if "l1000" not in {info.name for info in load.bundle_infos()}:
        pytest.skip("the bundle l1000 is not here")
    with pytest.raises(InputError, match="cannot be simulated"):
        simulate_cells(load.bundle("l1000"), "L1000 consensus", [])
