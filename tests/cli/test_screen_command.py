"""`xpert screen` keeps its contract."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from xpert.cli import main
from xpert.design.objective import Objective
from xpert.design.screen import COLUMNS, screen
from xpert.model.bundle import list_bundles, load_bundle

PATHWAY = "HALLMARK_INTERFERON_GAMMA_RESPONSE"


@pytest.fixture
def objective(tmp_path):
    if "papalexi" not in {info.name for info in list_bundles()}:
        pytest.skip("the bundle papalexi is not here")
    path = tmp_path / "wanted.json"
    path.write_text(json.dumps({"pathway": PATHWAY, "direction": "down"}))
    return path


def test_the_table_is_the_one_that_python_gives(objective, tmp_path, capsys):
    out = tmp_path / "ranked.parquet"
    assert main(["screen", "papalexi", "--objective", str(objective), "--out", str(out)]) == 0
    table = pd.read_parquet(out)
    assert tuple(table.columns) == COLUMNS
    expected = screen(load_bundle("papalexi"), Objective.pathway(PATHWAY, "down")).table
    pd.testing.assert_frame_equal(table, expected, check_dtype=False)
    said = capsys.readouterr()
    assert not said.out
    assert "1. STAT1:ko in all cells" in said.err
    assert "Screening" in said.err


def test_the_best_rows_alone_are_written_when_asked(objective, tmp_path):
    out = tmp_path / "ranked.csv"
    assert main(["screen", "papalexi", "--objective", str(objective), "--out", str(out), "--top", "3"]) == 0
    table = pd.read_csv(out)
    assert table["treatment"].tolist() == ["STAT1:ko", "JAK2:ko", "IFNGR2:ko"]
    assert table["lower"].notna().all()


def test_json_says_what_was_asked(objective, tmp_path, capsys):
    out = tmp_path / "ranked.csv"
    command = ["screen", "papalexi", "--objective", str(objective), "--out", str(out), "--json"]
    assert main([*command, "--context", "ALL CELLS"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["model"] == "papalexi"
    assert said["contexts"] == ["all cells"]
    assert said["best"][0]["treatment"] == "STAT1:ko"
    assert "STAT1" in said["genes_scored"]["down"]


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (["--top", "0"], "--top"),
        (["--context", "HeLa"], "no context"),
        (["--candidates", "pairs"], "choose one of"),
        (["--dose", "much"], ""),
    ],
)
def test_bad_input_ends_with_2_and_leaves_no_file(objective, tmp_path, capsys, more, why):
    out = tmp_path / "ranked.csv"
    assert main(["screen", "papalexi", "--objective", str(objective), "--out", str(out), *more]) == 2
    assert why in capsys.readouterr().err
    assert not out.exists()


def test_a_wrong_ending_and_the_objective_itself_are_refused(objective, tmp_path, capsys):
    for out in (tmp_path / "ranked.xlsx", tmp_path / "ranked.h5ad", objective):
        assert main(["screen", "papalexi", "--objective", str(objective), "--out", str(out)]) == 2
    assert json.loads(objective.read_text())["pathway"] == PATHWAY
    wanted = tmp_path / "none.json"
    assert main(["screen", "papalexi", "--objective", str(wanted), "--out", str(tmp_path / "o.csv")]) == 2
    assert "does not exist" in capsys.readouterr().err
