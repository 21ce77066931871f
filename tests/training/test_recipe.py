"""A recipe says what is wrong with it, all at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from xpert.errors import InputError
from xpert.training.recipe import Recipe, default_text

WHOLE = """
name = "mine"
[data]
file = "cells.h5ad"
"""


def read(text: str, folder: Path = Path("/data")) -> Recipe:
    return Recipe.of(text, folder=folder)


def test_a_file_is_seen_from_the_recipe(tmp_path):
    (tmp_path / "recipe.toml").write_text(WHOLE)
    recipe = Recipe.read(tmp_path / "recipe.toml")
    assert recipe.data.file == tmp_path / "cells.h5ad"
    assert recipe.training.seed == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (WHOLE + "[network]\nwidht = 3\n", "network.widht"),
        (WHOLE + "[network]\nwidth = 0\n", "network.width"),
        (WHOLE + "[training]\nheld_out = 1.5\n", "training.held_out"),
        (WHOLE + "[training]\nlearning_rate = nan\n", "training.learning_rate"),
        ('name = "My Model"\n[data]\nfile = "a"\n', "name"),
        ('name = "../up"\n[data]\nfile = "a"\n', "name"),
        ('name = "a"\n[data]\n', "either a collection or a file"),
        ('name = "a"\n[data]\ncollection = "l1000"\n', "folder"),
        ('name = "a"\n', "data"),
        ("name = ", "no TOML"),
    ],
)
def test_what_is_wrong_is_named(text, message):
    with pytest.raises(InputError, match=message):
        read(text)


def test_every_wrong_entry_is_named_at_once():
    with pytest.raises(InputError, match=r"(?s)network\.widht.*training\.epochs"):
        read(WHOLE + "[network]\nwidht = 3\n[training]\nepochs = 0\n")


def test_a_missing_recipe_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="no recipe"):
        Recipe.read(tmp_path / "absent.toml")


@pytest.mark.parametrize("name", ['odd "name".h5ad', "plain.h5ad", "back\\slash.h5ad", "ünï.h5ad"])
def test_the_default_recipe_of_a_file_can_be_read_back(name):
    text = default_text(Path("/somewhere") / name, "My Model!", {"dose_unit": "uM"})
    recipe = read(text)
    assert recipe.data.file == Path("/data") / name
    assert recipe.name == "my-model"
    assert recipe.data.mapping == {"dose_unit": "uM"}


def test_every_entry_is_described():
    undescribed = [
        f"{section.__name__}.{name}"
        for section in (f.annotation for f in Recipe.model_fields.values())
        if hasattr(section, "model_fields")
        for name, entry in section.model_fields.items()
        if not entry.description
    ]
    assert not undescribed


@pytest.mark.parametrize("name", ["perturbseq", "l1000"])
def test_the_committed_recipes_can_be_read(root, name):
    assert Recipe.read(root / "models" / name / "recipe.toml").name == name
