"""The Data page: a file in, its meaning shown with reasons, confirmed, reported, forgotten."""

from __future__ import annotations

import io

import anndata as ad
import h5py
import numpy as np
import pandas as pd
import pytest

from xpert.errors import InputError
from xpert.ui import sample
from xpert.ui.upload import open_file

DATA = "pages/1_Data.py"
NORMAN = ("norman_mcfaline", "norman19_mcfaline23_devel.h5ad")


def tables(app):
    return [frame.value for frame in app.dataframe]


def press(app, label):
    return next(b for b in app.button if b.label == label).click().run()


@pytest.fixture
def page(app):
    return app.switch_page(DATA).run()


@pytest.fixture
def opened(page):
    """The page with the sample on it."""
    return press(page, "Open the sample")


def test_the_size_limit_stands_beside_the_box(page):
    assert "up to 500 MB" in page.file_uploader[0].label


def test_the_sample_is_mapped_with_a_reason_for_every_field(opened):
    mapping = tables(opened)[0]
    assert list(mapping.columns) == ["Meaning", "Taken from", "Why"]
    assert (mapping["Why"].str.len() > 0).all()
    assert "perturbation" in mapping["Taken from"].tolist()


def test_the_mapping_is_used_only_once_it_is_confirmed(opened):
    upload = opened.session_state["xpert"].upload
    assert upload.dataset is None
    press(opened, "Confirm this mapping")
    assert opened.session_state["xpert"].upload.dataset is not None
    assert "Confirmed" in opened.success[-1].value


def test_a_changed_mapping_is_read_again_and_asks_for_confirmation(opened):
    press(opened, "Confirm this mapping")
    next(s for s in opened.selectbox if s.label == "Batch").select("none")
    press(opened, "Use these")
    upload = opened.session_state["xpert"].upload
    assert upload.mapping == {"batch": "none"}
    assert upload.report.proposal.schema.batch_key is None
    assert not upload.is_confirmed


def test_forgetting_drops_the_data_from_the_session(opened):
    press(opened, "Forget my data")
    assert opened.session_state["xpert"].upload is None
    assert opened.file_uploader


def test_what_is_no_data_file_is_refused_in_words_and_the_page_lives_on(page):
    page.file_uploader[0].upload("notes.h5ad", b"these are notes").run()
    assert page.error
    assert not page.exception
    assert "Traceback" not in page.error[0].value
    assert page.session_state["xpert"].upload is None
    press(page, "Open the sample")
    assert page.session_state["xpert"].upload is not None


def test_a_file_that_points_at_another_file_is_refused_and_shows_nothing_of_it(page, tmp_path):
    (tmp_path / "secret.txt").write_text("the secret")
    with h5py.File(tmp_path / "a.h5ad", "w") as file:
        file["X"] = h5py.ExternalLink(str(tmp_path / "secret.txt"), "/X")
        file.create_group("obs")
        file.create_group("var")
    page.file_uploader[0].upload("a.h5ad", (tmp_path / "a.h5ad").read_bytes()).run()
    assert page.error
    assert "secret" not in page.error[0].value
    assert page.session_state["xpert"].upload is None


def test_another_ending_is_refused_before_anything_is_read():
    with pytest.raises(InputError, match="none of the files"):
        open_file("cells.rds", io.BytesIO(b""))


def test_names_from_a_file_are_never_markup(page, tmp_path):
    name = "![x](http://evil.example/p.png)"
    cells = ad.AnnData(
        np.random.default_rng(0).poisson(3, (60, 5)).astype("float32"),
        obs=pd.DataFrame({"perturbation": ["control"] * 30 + ["KLF1"] * 30, "cell_type": name}),
        var=pd.DataFrame(index=["KLF1", "GATA1", "ACTB", "HBB", "<b>x</b>"]),
    )
    cells.obs.index = [f"c{i}" for i in range(60)]
    cells.write_h5ad(tmp_path / "a.h5ad")
    page.file_uploader[0].upload(":red[a]*.h5ad", (tmp_path / "a.h5ad").read_bytes()).run()
    assert page.session_state["xpert"].upload is not None
    shown = [str(part.value) for part in (*page.markdown, *page.caption, *page.success, *page.error)]
    assert not any("![x]" in text or ":red[a]" in text for text in shown)


def test_the_sample_has_the_same_bytes_for_everyone():
    assert sample.file() == sample.file()


@pytest.mark.data
def test_the_real_file_is_understood_and_can_be_confirmed(page, shared_data):
    path = shared_data.joinpath(*NORMAN)
    page.file_uploader[0].upload(path.name, path.read_bytes()).run()
    report = page.session_state["xpert"].upload.report
    assert (len(report.dataset.conditions), report.combinations, len(report.dataset.contexts)) == (60, 15, 4)
    metrics = {m.label: m.value for m in page.metric}
    assert metrics["Treatments"] == "42"
    press(page, "Confirm this mapping")
    assert page.session_state["xpert"].upload.dataset is not None
