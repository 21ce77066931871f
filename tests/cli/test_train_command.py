"""`xpert train` from the command line."""

from __future__ import annotations

import pytest

from xpert.cli import main
from xpert.data.readout import Readout
from xpert.data.synthetic import simulate


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


RECIPE = """
name = "simulated"
[data]
file = "cells.h5ad"
[network]
width = 16
depth = 1
[training]
epochs = 1
base_folds = 2
[skill]
folds = 2
network = false
"""


def test_a_recipe_becomes_a_bundle_and_a_table_of_skill(here, capsys):
    adata, _ = simulate(cells=20, readout=Readout.LOG1P)
    adata.write_h5ad(here / "cells.h5ad")
    (here / "recipe.toml").write_text(RECIPE)
    assert main(["train", "recipe.toml"]) == 0
    said = capsys.readouterr()
    assert (here / "models" / "simulated" / "weights.safetensors").exists()
    assert "| additive |" in said.out
    assert "| predictor |" in said.out
    assert "left" in said.err
    assert "models/simulated" in said.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["absent.toml"], "no recipe"),
        (["cells.h5ad"], "--out"),
        (["cells.h5ad", "--out", "models/mine"], "no file"),
        (["recipe.toml", "--map", "dose=d"], "data.mapping"),
    ],
)
def test_what_cannot_be_used_exits_with_2_and_says_what_to_do(here, capsys, arguments, message):
    (here / "recipe.toml").write_text(RECIPE)
    assert main(["train", *arguments]) == 2
    assert message in capsys.readouterr().err
