"""`xpert models` keeps its contract."""

from __future__ import annotations

import json

import pytest

from xpert.cli import main
from xpert.model.bundle_list import FORMAT
from xpert.model.question import Question

CONFIG = {
    "format": FORMAT,
    "name": "tiny",
    "readout": "log1p",
    "organism": "human",
    "contexts": ["K562", "A549"],
    "targets": 7,
    "modalities": ["crispra", "compound"],
    "genes": 500,
}


@pytest.fixture
def models(tmp_path, monkeypatch):
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(CONFIG))
    (folder / "card.md").write_text("# tiny\n\nFor tests.\n")
    monkeypatch.setenv("XPERT_MODELS", str(tmp_path))
    return tmp_path


def test_json_holds_what_other_programs_rely_on(models, capsys):
    assert main(["models", "--json"]) == 0
    listed = {entry["name"]: entry for entry in json.loads(capsys.readouterr().out)}
    tiny = listed["tiny"]
    assert tiny["readout"] == "log1p"
    assert tiny["contexts"] == ["K562", "A549"]
    assert tiny["targets"] == 7
    assert tiny["modalities"] == ["crispra", "compound"]
    assert tiny["genes"] == 500
    assert isinstance(tiny["card"], str)
    assert "For tests." in tiny["card"]


def test_who_answers_each_kind_of_question_is_listed(models, capsys):
    chosen = {q.value: {"": "no change"} for q in Question}
    chosen["unseen_gene"] = {"": "network", "A549": "kernel ridge"}
    described = CONFIG | {"chosen": chosen, "calibration": {"posed": ["unseen_gene"]}}
    (models / "tiny" / "config.json").write_text(json.dumps(described))
    assert main(["models", "--json"]) == 0
    listed = {entry["name"]: entry for entry in json.loads(capsys.readouterr().out)}
    answers = [a for a in listed["tiny"]["answers"] if a["measured"]]
    assert [(a["question"], a["context"], a["predictor"]) for a in answers] == [
        ("unseen_gene", "", "network"),
        ("unseen_gene", "A549", "kernel ridge"),
    ]
    assert len(listed["tiny"]["answers"]) == len(Question) + 1
    assert main(["models"]) == 0
    assert f"{Question.UNSEEN_GENE.label}: network; in A549: kernel ridge" in capsys.readouterr().out


def test_the_list_for_people_names_contexts_and_readout(models, capsys):
    assert main(["models"]) == 0
    out = capsys.readouterr().out
    assert "tiny" in out
    assert "K562, A549" in out
    assert "ln(1 + CP10k)" in out


def test_a_broken_bundle_is_told_and_does_not_hide_the_others(models, capsys):
    broken = models / "broken"
    broken.mkdir()
    (broken / "config.json").write_text("{")
    assert main(["models", "--json"]) == 0
    said = capsys.readouterr()
    assert "tiny" in {entry["name"] for entry in json.loads(said.out)}
    assert "broken" in said.err


def test_the_first_of_two_bundles_with_one_name_counts(models, tmp_path, monkeypatch, capsys):
    second = tmp_path / "second" / "tiny"
    second.mkdir(parents=True)
    (second / "config.json").write_text(json.dumps(CONFIG | {"genes": 3}))
    (second / "card.md").write_text("# other\n")
    monkeypatch.setenv("XPERT_MODELS", f"{models}:{second.parent}")
    main(["models", "--json"])
    listed = [entry for entry in json.loads(capsys.readouterr().out) if entry["name"] == "tiny"]
    assert [entry["genes"] for entry in listed] == [500]
