"""What `xpert check` says of a file, and opening a file in one call."""

from __future__ import annotations

import json

import numpy as np
import pytest

from xpert import InputError
from xpert.data.check import check, check_table, printable
from xpert.data.open import open_dataset
from xpert.data.synthetic import simulate

CONTRACT = {
    "cells",
    "genes",
    "readout",
    "organism",
    "control",
    "contexts",
    "conditions",
    "combinations",
    "problems",
}
NORMAN = "norman_mcfaline/norman19_mcfaline23_devel.h5ad"
PAPALEXI = "papalexi/papalexi2021_thp1_299genes.h5ad"
TGGATES = "tggates/tggates_human_hepatocyte_196genes.h5ad"
WELLS = "l1000_wells/prnet_demo_lincs_681x978.h5ad"


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    path = tmp_path_factory.mktemp("files") / "simulated.h5ad"
    simulate(cells=12)[0].write_h5ad(path)
    return path


def test_the_report_is_json_with_what_the_contract_names(simulated):
    plain = json.loads(json.dumps(check(simulated).to_dict(), allow_nan=False))
    assert plain.keys() >= CONTRACT
    assert plain["cells"] == 408
    assert plain["genes"] == 60
    assert plain["readout"] == "counts"
    assert plain["organism"] == "human"
    assert plain["control"] == "control"
    assert plain["contexts"] == ["K562", "A549"]
    assert "KLF1:crispra + MAP2K6:crispra" in plain["conditions"]
    assert "control" not in plain["conditions"]
    assert plain["combinations"] == 2
    assert all(problem.keys() == {"severity", "where", "what", "do"} for problem in plain["problems"])
    assert plain["mapping"]["perturbation_key"] == "perturbation"
    assert set(plain["reasons"]) == set(plain["mapping"])
    assert (
        sum(row["cells"] for row in plain["cells_per_condition"]) + sum(plain["control_cells"].values())
        == 408
    )


def test_the_text_says_the_same_for_people(simulated):
    text = check(simulated).to_text()
    for words in (
        "408 cells × 60 genes, human",
        "UMI counts",
        "control",
        "2 combinations",
        "ln(1 + CP10k)",
        "problem",
    ):
        assert words in text


def test_a_mapping_is_taken_over_what_is_detected(simulated):
    report = check(
        simulated, mapping={"context": "batch", "modality": "ko", "dose": "none", "dose_unit": "none"}
    )
    assert set(report.dataset.contexts) == {"batch 1", "batch 2"}
    assert "KLF1:ko" in report.treatments


def test_a_mapping_to_what_is_not_there_is_an_error(simulated):
    with pytest.raises(InputError, match="no column 'nope'"):
        check(simulated, mapping={"perturbation": "nope"})


def test_a_file_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(InputError):
        check(tmp_path / "none.h5ad")


def test_a_file_opens_in_one_call(simulated):
    assert open_dataset(simulated).responses().delta.shape == (28, 60)


def test_opening_lists_every_error(tmp_path):
    adata, _ = simulate(cells=3)
    adata = adata[adata.obs["perturbation"] != "control"].copy()
    adata.obs["dose"] = adata.obs["dose"].astype(str).where(adata.obs["dose"] != 0.1, "much")
    adata.write_h5ad(tmp_path / "bad.h5ad")
    with pytest.raises(InputError) as caught:
        open_dataset(tmp_path / "bad.h5ad", mapping={"dose": "dose"})
    assert "No cell is a control" in str(caught.value)
    assert "cannot be read" in str(caught.value)


def test_what_steers_a_terminal_is_shown_and_not_obeyed(table_of):
    table = table_of({"perturbation": ["\x1b[31mKLF1", "control"] * 20}, name="a\x1b]0;b.h5ad")
    assert "\x1b" not in check_table(table).to_text()
    assert printable("a\x1bb\n") == "a�b�"


def test_a_file_without_labels_has_no_conditions(table_of):
    plain = check_table(table_of({"n": list(np.arange(30) / 7)})).to_dict()
    assert plain["conditions"] == []
    assert plain["control"] is None
    assert plain["control_cells"] == {"all cells": 30}


@pytest.mark.data
def test_norman_and_mcfaline(shared_data):
    found = check(shared_data / NORMAN).to_dict()
    assert (found["cells"], found["genes"], found["readout"], found["control"]) == (
        5961,
        500,
        "log1p",
        "control",
    )
    assert len(found["conditions"]) == 42
    assert found["combinations"] == 15
    assert found["contexts"] == ["k562", "A172", "T98G", "U87MG"]
    activated = [text for text in found["conditions"] if ":crispra" in text]
    assert len(activated) == 33
    assert len([text for text in found["conditions"] if text.endswith(":crispri")]) == 9
    assert {"KLF1:crispra + MAP2K6:crispra", "MAPK1:crispra", "MAPK1:crispri"} <= set(found["conditions"])
    assert not [p for p in found["problems"] if p["severity"] == "error"]


@pytest.mark.data
def test_papalexi(shared_data):
    found = check(shared_data / PAPALEXI).to_dict()
    assert len(found["conditions"]) == 25
    assert all(text.endswith(":ko") for text in found["conditions"])
    assert (found["readout"], found["control"], len(found["contexts"])) == ("counts", "non-targeting", 1)
    assert found["mapping"]["guide_key"] == "guide"
    assert found["mapping"]["purity_key"] == "guide_frac"
    assert "efficacy_key" not in found["mapping"]
    assert any("guide purity" in problem["what"] for problem in found["problems"])


@pytest.mark.data
def test_tggates_asks_for_the_unit_and_takes_it(shared_data):
    found = check(shared_data / TGGATES).to_dict()
    assert len(found["conditions"]) == 146
    assert all(text.endswith(":compound") for text in found["conditions"])
    assert len(found["contexts"]) == 3
    assert any("--map dose_unit=uM" in problem["do"] for problem in found["problems"])
    told = check(shared_data / TGGATES, mapping={"dose_unit": "uM"}).to_dict()
    assert "1-Naphthyl isothiocyanate@200uM" in told["conditions"]
    assert all(text.endswith("uM") for text in told["conditions"])
    assert not any("dose_unit" in problem["do"] for problem in told["problems"])


@pytest.mark.data
def test_l1000_wells_are_in_micromolar_against_dmso(shared_data):
    found = check(shared_data / WELLS).to_dict()
    assert found["control"] == "DMSO"
    assert found["control_cells"] == {"HT115": 20}
    assert all(text.endswith("uM") for text in found["conditions"])
    assert len({text.rpartition("@")[0] for text in found["conditions"]}) == 349
    assert found["mapping"]["dose_unit_key"] == "pert_dose_unit"
