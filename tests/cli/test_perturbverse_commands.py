"""`xpert neighbors`, `associate` and `query` keep their contracts."""

from __future__ import annotations

import json

import numpy as np
import pytest

from xpert import load_bundle
from xpert.cli import main
from xpert.perturbation import Treatment
from xpert.perturbverse.neighbours import neighbours


def test_neighbours_are_those_of_python(capsys):
    assert main(["neighbors", "papalexi", "--treat", "JAK2:ko", "-k", "4", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {"treatment", "distance", "p_value", "mechanism", "evidence"} <= set(found[0])
    table = neighbours(load_bundle("papalexi"), Treatment.parse("JAK2:ko"), k=4)
    assert [f["treatment"] for f in found] == list(table["treatment"])
    assert [f["distance"] for f in found] == pytest.approx(list(table["distance"]), abs=1e-6)


def test_neighbours_by_response_and_kind(capsys):
    command = [
        "neighbors",
        "perturbseq",
        "--treat",
        "KLF1:crispra",
        "--by",
        "response",
        "--modality",
        "crispri",
    ]
    assert main([*command, "--json"]) == 0
    assert {f["modality"] for f in json.loads(capsys.readouterr().out)} == {"crispri"}


def test_another_name_of_a_compound_is_understood(capsys):
    assert main(["neighbors", "tahoe", "--treat", "erlotinib@1uM", "-k", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["treatment"] == "Afatinib:compound"


def test_associations_are_listed(capsys):
    assert main(["associate", "l1000", "--treat", "gefitinib@1uM", "-k", "3", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {"target", "direction", "score", "p_value"} <= set(found[0])
    assert found[0]["target"] == "EGFR"
    assert found[0]["response"] is None or np.isfinite(found[0]["response"])


@pytest.fixture
def lists(tmp_path):
    bundle = load_bundle("papalexi")
    values = bundle.signatures.values[list(bundle.perturbverse["treatment"]).index("IFNGR1:ko")]
    order = np.argsort(values)
    up, down = tmp_path / "up.txt", tmp_path / "down.txt"
    up.write_text("\n".join([*(bundle.genes[i] for i in order[-20:]), "NOTAGENE"]))
    down.write_text(", ".join(bundle.genes[i] for i in order[:20]))
    return up, down


def test_a_query_finds_the_treatment_and_says_what_was_not_found(lists, capsys):
    up, down = map(str, lists)
    assert main(["query", "--up", up, "--down", down, "--model", "papalexi", "--json"]) == 0
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert {"treatment", "model", "score", "p_value"} <= set(found[0])
    assert "IFNGR1:ko" in [f["treatment"] for f in found[:3]]
    assert "NOTAGENE" in said.err


def test_a_table_can_be_reversed(tmp_path, capsys):
    bundle = load_bundle("papalexi")
    values = -bundle.signatures.values[list(bundle.perturbverse["treatment"]).index("IFNGR1:ko")]
    path = tmp_path / "mine.csv"
    path.write_text("gene,logFC\n" + "\n".join(f"{g},{v}" for g, v in zip(bundle.genes, values, strict=True)))
    command = [
        "query",
        "--signature",
        str(path),
        "--direction",
        "reverse",
        "--model",
        "papalexi",
        "-k",
        "2",
        "--json",
    ]
    assert main(command) == 0
    assert json.loads(capsys.readouterr().out)[0]["treatment"] == "IFNGR1:ko"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["query"], "--signature"),
        (["query", "--up", "a.txt", "--signature", "b.csv"], "--signature"),
        (["query", "--up", "nowhere.txt"], "does not exist"),
        (["neighbors", "papalexi", "--treat", "control"], "does nothing"),
        (["neighbors", "papalexi", "--treat", "JAK2:ko", "-k", "0"], "-k"),
        (["associate", "papalexi", "--treat", "JAK2:ko"], "l1000"),
    ],
)
def test_bad_input_exits_with_two_and_says_why(command, words, capsys):
    assert main(command) == 2
    assert words in capsys.readouterr().err
