"""`xpert check` as other programs call it."""

from __future__ import annotations

import json

import pytest

from xpert.cli.check import read_map
from xpert.data.synthetic import simulate
from xpert.errors import InputError

NORMAN = "norman_mcfaline/norman19_mcfaline23_devel.h5ad"


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    path = tmp_path_factory.mktemp("files") / "simulated.h5ad"
    simulate(cells=12)[0].write_h5ad(path)
    return path


@pytest.fixture
def xpert(capsys, monkeypatch):
    """Runs the command and gives its exit code, standard output and standard error."""
    from xpert.cli import main

    monkeypatch.setattr("xpert.cli.COMMANDS", ("check",))

    def call(*arguments):
        code = main([str(argument) for argument in arguments])
        return (code, *capsys.readouterr())

    return call


def test_json_is_one_object_and_nothing_else(xpert, simulated):
    code, out, err = xpert("check", simulated, "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["combinations"] == 2


def test_without_json_the_report_is_for_people(xpert, simulated):
    code, out, _ = xpert("check", simulated)
    assert code == 0
    assert out.startswith("simulated.h5ad: 408 cells × 60 genes")


def test_a_mapping_is_given_by_key_and_column(xpert, simulated):
    code, out, _ = xpert("check", simulated, "--map", "context=batch", "--map", "modality=ko", "--json")
    assert code == 0
    assert json.loads(out)["contexts"] == ["batch 1", "batch 2"] or json.loads(out)["contexts"] == [
        "batch 2",
        "batch 1",
    ]
    assert json.loads(out)["reasons"]["context_keys"] == "context_keys as mapped by hand."


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--map", "perturbation=nope"], "no column 'nope'"),
        (["--map", "pertubation=perturbation"], "perturbation"),
        (["--map", "perturbation"], "KEY=COLUMN"),
        (["--map", "dose_unit=stone"], "dose unit"),
        (["--map", "readout=furlong"], "furlong"),
        (["--layer", "nope"], "nope"),
    ],
)
def test_bad_input_exits_two_with_a_message_and_no_traceback(xpert, simulated, arguments, message):
    code, out, err = xpert("check", simulated, *arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert "Traceback" not in err


@pytest.mark.parametrize("content", [b"", b"not an HDF5 file", b"\x89HDF\r\n\x1a\n" + b"\0" * 100])
def test_a_file_that_cannot_be_read_exits_two(xpert, tmp_path, content):
    path = tmp_path / "bad.h5ad"
    path.write_bytes(content)
    code, out, err = xpert("check", path, "--json")
    assert (code, out) == (2, "")
    assert err
    assert "Traceback" not in err


def test_a_missing_file_exits_two(xpert, tmp_path):
    code, _, err = xpert("check", tmp_path / "none.h5ad")
    assert code == 2
    assert "none.h5ad" in err


def test_problems_of_the_data_are_no_failure_of_the_command(xpert, tmp_path):
    adata, _ = simulate(cells=3)
    adata[adata.obs["perturbation"] != "control"].copy().write_h5ad(tmp_path / "bad.h5ad")
    code, out, _ = xpert("check", tmp_path / "bad.h5ad", "--json")
    assert code == 0
    assert any(problem["severity"] == "error" for problem in json.loads(out)["problems"])


def test_a_key_that_is_repeated_names_several():
    assert read_map(["context=a", "context=b", "control=x"]) == {"context": "a,b", "control": "x"}
    assert read_map(["separator=="]) == {"separator": "="}
    with pytest.raises(InputError, match="KEY=COLUMN"):
        read_map(["=x"])


@pytest.mark.data
def test_norman_as_the_contract_says(xpert, shared_data):
    code, out, _ = xpert("check", shared_data / NORMAN, "--json")
    found = json.loads(out)
    assert code == 0
    assert (len(found["conditions"]), found["combinations"], len(found["contexts"])) == (42, 15, 4)
