"""What is written is complete, safe to open, and says where it comes from."""

import json

import numpy as np
import pandas as pd
import pytest

from xpert.errors import InputError
from xpert.perturbation import CONTROL, Treatment
from xpert.prediction.cells import sample_cells
from xpert.prediction.export import formula_safe, gene_table, to_anndata, write_anndata, write_table
from xpert.prediction.predict import predict


@pytest.fixture
def predictions(bundle):
    return predict(bundle, ["k562"], [Treatment.parse("KLF1:crispra"), CONTROL])


@pytest.mark.parametrize("text", ["=1+1", "+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "HBB\r=1", "HBB\r\n=1"])
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text, tmp_path):
    table = pd.DataFrame({"gene": [text, "HBB"], text: [-1.5, 2.0]})
    write_table(table, tmp_path / "t.csv")
    back = pd.read_csv(tmp_path / "t.csv", keep_default_na=False)
    assert back["gene"][1] == "HBB"
    assert back["gene"][0].startswith(("'", "HBB"))
    assert len(back) == 2
    assert all(not name.startswith(("=", "+", "-", "@", "\t", "\r")) for name in back.columns)
    assert back.iloc[:, 1].tolist() == [-1.5, 2.0]


def test_numbers_keep_every_digit_and_their_sign(tmp_path):
    values = np.random.default_rng(0).normal(size=50)
    write_table(pd.DataFrame({"delta": values}), tmp_path / "t.csv")
    assert (pd.read_csv(tmp_path / "t.csv", float_precision="round_trip")["delta"] == values).all()


def test_categories_and_missing_text_pass_unchanged():
    table = pd.DataFrame({"a": pd.Categorical(["=x", "y", None]), "b": ["z", None, "-"]})
    safe = formula_safe(table)
    assert safe["a"].tolist()[:2] == ["'=x", "y"]
    assert safe["b"].tolist() == ["z", None, "'-"]
    assert table["b"].tolist() == ["z", None, "-"]


def test_parquet_reads_back_as_the_same_table(predictions, tmp_path):
    table = gene_table(predictions)
    write_table(table, tmp_path / "t.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "t.parquet"), table)
    assert list(table["treatment"].unique()) == ["KLF1:crispra", "control"]


def test_predicted_cells_carry_their_provenance(predictions, tmp_path):
    import anndata as ad

    control = np.abs(np.random.default_rng(0).normal(size=(20, 6)))
    cells = [sample_cells(p, control, cells=9, seed=5) for p in predictions]
    write_anndata(to_anndata(predictions, cells, seed=5), tmp_path / "c.h5ad")
    back = ad.read_h5ad(tmp_path / "c.h5ad")
    assert back.shape == (18, 6)
    assert back.obs["treatment"].tolist() == ["KLF1:crispra"] * 9 + ["control"] * 9
    said = back.uns["xpert"]
    assert (said["model"], said["readout"], int(said["seed"]), said["row"]) == (
        "tiny",
        "log1p",
        5,
        "predicted cell",
    )
    evidence = json.loads(said["predictions"])
    assert [e["treatment"] for e in evidence] == ["KLF1:crispra", "control"]
    assert evidence[0]["evidence"]["question"] == "seen"


def test_without_cells_a_row_is_a_predicted_mean(predictions):
    data = to_anndata(predictions)
    assert data.uns["xpert"]["row"] == "predicted mean"
    np.testing.assert_allclose(data.X[0], predictions[0].predicted, rtol=1e-6)
    np.testing.assert_allclose(data.layers["delta"][0], predictions[0].delta, rtol=1e-6)
    assert (data.layers["delta"][1] == 0).all()


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    target = tmp_path / "t.csv"
    target.write_text("old")
    monkeypatch.setattr(pd.DataFrame, "to_csv", lambda self, path, **_: path.write_text("half") and 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_table(pd.DataFrame({"a": [1]}), target)
    assert [p.name for p in tmp_path.iterdir()] == ["t.csv"]
    assert target.read_text() == "old"


def test_the_file_that_was_read_is_never_replaced(tmp_path):
    source = tmp_path / "cells.csv"
    source.write_text("data")
    link = tmp_path / "link.csv"
    link.symlink_to(source)
    for path in (source, link, tmp_path / "." / "cells.csv"):
        with pytest.raises(InputError, match="is the file that is read"):
            write_table(pd.DataFrame({"a": [1]}), path, inputs=[source])
    assert source.read_text() == "data"


@pytest.mark.parametrize(
    ("name", "said"), [("t.xlsx", "should end in"), ("t", "should end in"), ("nowhere/t.csv", "no folder")]
)
def test_a_path_that_cannot_be_written_is_refused_in_words(tmp_path, name, said):
    with pytest.raises(InputError, match=said):
        write_table(pd.DataFrame({"a": [1]}), tmp_path / name)


def test_written_files_have_the_usual_permissions(tmp_path):
    write_table(pd.DataFrame({"a": [1]}), tmp_path / "t.csv")
    (tmp_path / "other").write_text("")
    assert (tmp_path / "t.csv").stat().st_mode == (tmp_path / "other").stat().st_mode
