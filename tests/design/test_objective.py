"""Objectives: what is wanted, from files of several kinds, on the genes of a model."""

from __future__ import annotations

import os

import numpy as np
import pytest

from xpert.design.objective import MOST_GENES, Objective
from xpert.design.objective_file import objective_from_bytes, objective_of, read_objective
from xpert.errors import InputError, UnsafeFileError
from xpert.response.gene_sets import gene_set

GENES = ("STAT1", "IRF1", "MYC", "MARCHF1", "GAPDH")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("o.json", '{"up": ["STAT1", "IRF1"], "down": ["MYC"]}'),
        ("o.json", '{"up": {"STAT1": 1, "IRF1": 1}, "down": "MYC"}'),
        ("o.toml", 'up = ["STAT1", "IRF1"]\ndown = ["MYC"]'),
        ("o.csv", "gene,weight\nSTAT1,1\nIRF1,1\nMYC,-1\n"),
        ("o.csv", "STAT1,up\nIRF1,up\nMYC,down\n"),
        ("o.csv", "gene;direction\nSTAT1;UP\nIRF1;up\nMYC;down\n"),
        ("o.tsv", "STAT1\t1\nIRF1\t1\nMYC\t−1\n"),
        ("o.txt", "STAT1, IRF1\ndown:\nMYC"),
        ("o.TXT", "# wanted\nDown: MYC\nup: STAT1\nIRF1"),
    ],
)
def test_every_kind_of_file_says_the_same(name, text):
    found = objective_of(text, name)
    assert dict(found.up) == {"STAT1": 1.0, "IRF1": 1.0}
    assert dict(found.down) == {"MYC": 1.0}


def test_weights_are_kept_and_divided_by_their_sum():
    placed = objective_of("gene,weight\nSTAT1,3\nIRF1,1\nMYC,-2\n", "o.csv").on(GENES)
    np.testing.assert_allclose(placed.loading, [0.75, 0.25, -1.0, 0.0, 0.0])


def test_a_pathway_is_all_its_genes_in_one_direction():
    name = "HALLMARK_INTERFERON_GAMMA_RESPONSE"
    found = objective_of(f'{{"pathway": "{name}", "direction": "down"}}', "o.json")
    assert set(found.down) == set(gene_set(name))
    assert not found.up
    assert objective_of(f"pathway: {name.lower()}\ndirection: down", "o.txt").down == found.down


def test_what_is_written_is_read_again():
    for objective in (
        Objective({"A": 1.0, "B": 2.0}, {"C": 1.0}, "x"),
        Objective.pathway("HALLMARK_HYPOXIA", "up"),
    ):
        import json

        assert objective_of(json.dumps(objective.to_dict()), "o.json") == objective


def test_names_are_read_as_a_person_writes_them_and_what_is_not_found_is_said():
    placed = Objective.of(up=["stat1", "ENSG00000125347", "1-Mar"], down=["nosuch", "TP53"]).on(GENES)
    assert placed.up == ("STAT1", "IRF1", "MARCHF1")
    said = " ".join(placed.sentences)
    assert "nosuch" in said
    assert "not measured here: TP53" in said
    assert "dates: 1-Mar" in said


def test_an_objective_without_a_usable_gene_is_refused():
    with pytest.raises(InputError, match=r"None of these genes.*nosuch"):
        Objective.of(up=["nosuch"]).on(GENES)


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("o.json", "{", "no JSON"),
        ("o.json", "[" * 100_000, "no JSON|deeply"),
        ("o.json", "[1]", "holds keys"),
        ("o.json", "{}", "at least one gene"),
        ("o.json", '{"upp": ["A"]}', "no key"),
        ("o.json", '{"up": [1]}', "list of names"),
        ("o.json", '{"up": {"A": true}}', "list of names"),
        ("o.json", '{"up": {"A": -1}}', "above 0"),
        ("o.json", '{"up": {"A": NaN}}', "list of names|above 0"),
        ("o.json", '{"up": ["A"], "down": ["a"]}', "up and down at once"),
        ("o.json", '{"pathway": "HALLMARK_HYPOXYA"}', "HALLMARK_HYPOXIA"),
        ("o.json", '{"pathway": "HALLMARK_HYPOXIA", "direction": "left"}', "up or down"),
        ("o.json", '{"pathway": "HALLMARK_HYPOXIA", "up": ["A"]}', "not both"),
        ("o.json", '{"direction": "up", "up": ["A"]}', "belongs to a pathway"),
        ("o.toml", "up = [", "no TOML"),
        ("o.csv", "A,1\nB,much\n", "row 2"),
        ("o.csv", "", "at least one gene"),
        ("o.xlsx", "A", "should end in"),
    ],
)
def test_what_is_wrong_is_said(name, text, why):
    with pytest.raises(InputError, match=why):
        objective_of(text, name)


def test_two_names_of_one_gene_on_either_side_are_refused():
    with pytest.raises(InputError, match="at once"):
        Objective.of(up=["IRF1"], down=["ENSG00000125347"]).on(GENES)


def test_too_many_genes_are_refused():
    with pytest.raises(InputError, match="at most"):
        Objective.of(up=[f"G{i}" for i in range(MOST_GENES + 1)])


def test_files_are_read_with_care(tmp_path):
    good = tmp_path / "o.txt"
    good.write_bytes(b"\xef\xbb\xbfSTAT1")
    assert dict(read_objective(good).up) == {"STAT1": 1.0}
    large = tmp_path / "large.txt"
    large.write_bytes(b"A" * (2**20 + 1))
    with pytest.raises(UnsafeFileError):
        read_objective(large)
    pipe = tmp_path / "pipe.txt"
    os.mkfifo(pipe)
    for path in (pipe, tmp_path, tmp_path / "none.txt"):
        with pytest.raises(InputError):
            read_objective(path)
    with pytest.raises(InputError, match="UTF-8"):
        objective_from_bytes(b"\xff\xff\xff", "o.txt")
    with pytest.raises(InputError, match="NUL"):
        objective_from_bytes(b"A\x00", "o.txt")
