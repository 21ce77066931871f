"""`xpert benchmark` keeps its contract."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from xpert.cli import main


@pytest.fixture
def ask(shared_data, tmp_path, capsys):
    """Run the command on the fastest task and give its exit code, stdout and stderr."""

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(["benchmark", *arguments, "--data", str(shared_data), "--work", str(tmp_path / "work")])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.mark.data
def test_the_table_shows_every_model_with_its_interval_and_the_ceiling(ask):
    code, out, err = ask("mcfaline_cross_line")
    assert code == 0
    for model in ("mean", "mean over contexts", "**no change**", "*ceiling*"):
        assert f"| {model} |" in out
    assert "27 conditions" in out
    assert "left" in err


@pytest.mark.data
def test_json_holds_what_other_programs_rely_on(ask):
    code, out, _ = ask("mcfaline_cross_line", "--json", "--seeds", "1", "2")
    rows = json.loads(out)
    assert code == 0
    names = {
        "task",
        "subset",
        "metric",
        "model",
        "role",
        "value",
        "lower",
        "upper",
        "conditions",
        "gain",
        "s",
    }
    assert all(names <= row.keys() for row in rows)
    assert {row["seeds"] for row in rows} == {2}
    assert [row["model"] for row in rows if row["role"] == "shipped" and row["metric"] == "L2"] == [
        "no change"
    ]


@pytest.mark.data
def test_tables_and_the_figure_are_written(ask, tmp_path):
    assert ask("norman_doubles", "mcfaline_cross_line", "--docs", str(tmp_path / "docs"))[0] == 0
    written = {path.name for path in (tmp_path / "docs").iterdir()}
    assert {"index.md", "norman_doubles.md", "mcfaline_cross_line.md", "gains.svg"} <= written
    assert "<svg" in (tmp_path / "docs" / "gains.svg").read_text(encoding="utf-8")
    index = (tmp_path / "docs" / "index.md").read_text(encoding="utf-8")
    assert "[norman_doubles](norman_doubles.md)" in index
    scores = pd.read_parquet(tmp_path / "docs" / "scores.parquet")
    assert set(scores["task"]) == {"norman_doubles", "mcfaline_cross_line"}
    assert scores["conditions"].min() >= 3


@pytest.mark.data
def test_one_model_can_be_asked_alone(ask):
    code, out, _ = ask("mcfaline_cross_line", "--model", "mean", "--json")
    assert code == 0
    assert {row["model"] for row in json.loads(out)} == {"mean"}


@pytest.mark.data
def test_a_folder_without_the_split_file_is_refused(ask, tmp_path):
    code, out, err = ask("mcfaline_cross_line", "--splits", str(tmp_path))
    assert (code, out) == (2, "")
    assert "mcfaline_cross_line.json" in err


def test_a_misspelt_task_is_answered_with_the_nearest_name(capsys, tmp_path):
    assert main(["benchmark", "norman_double", "--data", str(tmp_path), "--work", str(tmp_path)]) == 2
    assert "norman_doubles" in capsys.readouterr().err


def test_missing_data_are_told_with_what_to_do(capsys, tmp_path):
    assert main(["benchmark", "norman_doubles", "--data", str(tmp_path / "nowhere")]) == 2
    said = capsys.readouterr().err
    assert "nowhere" in said
    assert "--data" in said
    assert "XPERT_DATA" in said


def test_the_list_names_tasks_without_any_data(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("XPERT_DATA", str(tmp_path / "nowhere"))
    assert main(["benchmark", "--list"]) == 0
    assert "norman_doubles" in capsys.readouterr().out


@pytest.mark.data
def test_confidence_is_measured_and_written_instead_of_scores(ask, tmp_path):
    code, out, _ = ask("papalexi_unseen_gene", "--confidence", "--docs", str(tmp_path / "docs"))
    assert code == 0
    assert "| papalexi_unseen_gene | all | 25 |" in out
    assert (tmp_path / "docs" / "confidence.md").read_text() == out
    assert (tmp_path / "docs" / "confidence.svg").is_file()
    code, out, _ = ask("papalexi_unseen_gene", "--confidence", "--json")
    assert [row["level"] for row in json.loads(out)] == [0.5, 0.8, 0.9, 0.95]
