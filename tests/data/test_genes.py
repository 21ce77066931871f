"""Names of genes, and the columns of a table as genes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from xpert.data.gene_columns import GeneColumns, gene_problems
from xpert.data.genes import TABLE, GeneNames, MatchKind, looks_like_date, organism_of
from xpert.data.readout import Readout
from xpert.data.rebuild_genes import compact


@pytest.fixture(scope="module")
def names() -> GeneNames:
    return GeneNames.load()


@pytest.mark.parametrize(
    ("name", "symbol", "kind"),
    [
        ("KLF1", "KLF1", MatchKind.APPROVED),
        ("klf1", "KLF1", MatchKind.APPROVED),
        (" KLF1 ", "KLF1", MatchKind.APPROVED),
        ("C1orf112", "C1orf112", MatchKind.APPROVED),
        ("MARCH8", "MARCHF8", MatchKind.PREVIOUS),
        ("SEPT2", "SEPTIN2", MatchKind.PREVIOUS),
        ("p53", "TP53", MatchKind.ALIAS),
        ("OCT4", "POU5F1", MatchKind.ALIAS),
        ("ENSG00000141510", "TP53", MatchKind.ENSEMBL),
        ("ENSG00000141510.18", "TP53", MatchKind.ENSEMBL),
        ("ENSG00000002726_at", "AOC1", MatchKind.ENSEMBL),
        ("7157", "TP53", MatchKind.ENTREZ),
        ("GRCh38_TP53", "TP53", MatchKind.APPROVED),
        ("1-Mar", "MARCHF1", MatchKind.EXCEL_DATE),
        ("Mar-01", "MARCHF1", MatchKind.EXCEL_DATE),
        ("2-Sep", "SEPTIN2", MatchKind.EXCEL_DATE),
        ("Sep-10", "SEPTIN10", MatchKind.EXCEL_DATE),
        ("1-Dec", "DELEC1", MatchKind.EXCEL_DATE),
        ("NOTAGENE", None, None),
        ("ENSG99999999999", None, None),
        ("ENSMUSG00000059552", None, None),
        ("Oct-04", None, None),
        ("", None, None),
    ],
)
def test_a_name_is_resolved_by_what_it_is(names, name, symbol, kind):
    match = names.match(name)
    assert (match.symbol, match.kind) == (symbol, kind)
    assert names.resolve(name) == symbol


def test_an_ambiguous_name_is_reported_and_not_guessed(names):
    ambiguous = next(
        name for name, symbols in names.previous.items() if len(symbols) > 1 and name not in names.approved
    )
    match = names.match(ambiguous)
    assert match.symbol is None
    assert match.is_ambiguous
    assert names.suggest(ambiguous) == match.candidates


def test_a_former_symbol_is_believed_before_a_nickname_of_another_gene(names):
    both = [
        (name, symbols[0])
        for name, symbols in names.previous.items()
        if len(symbols) == 1 and name in names.aliases and name not in names.approved
        and set(names.aliases[name]) != set(symbols)
    ]  # fmt: skip
    assert both
    assert all(names.resolve(name) == symbol for name, symbol in both)


def test_the_date_of_march1_names_marc1_as_well(names):
    assert names.match("1-Mar").candidates == ("MARCHF1", "MTARC1")
    assert names.match("8-Mar").candidates == ("MARCHF8",)


def test_nicknames_do_not_rename_measured_genes(names):
    assert names.match("BMAL2").symbol == "ARNTL2"
    assert names.match("BMAL2", aliases=False).symbol is None


def test_every_approved_symbol_resolves_to_itself(names):
    assert all(names.resolve(symbol) == symbol for symbol in names.approved.values())


def test_a_misspelt_gene_gets_suggestions(names):
    assert "KLF1" in names.suggest("KLFF1")
    assert "TGFBR2" in names.suggest("TGFBR22")


@pytest.mark.parametrize(
    ("listed", "organism"),
    [
        (["TP53", "GAPDH", "C1orf112", "HLA-A"], "human"),
        (["Trp53", "Gapdh", "Actb", "H2-K1"], "mouse"),
        (["ENSG00000141510", "ENSG00000111640.15"], "human"),
        (["ENSMUSG00000059552", "ENSMUSG00000057666.4"], "mouse"),
        (["hg19_TP53", "mm10_Trp53"], "unknown"),
        (["gene1", "gene2"], "unknown"),
        (["1", "2"], "unknown"),
        ([], "unknown"),
    ],
)
def test_the_organism_is_told_by_prefix_or_capitals(listed, organism):
    assert organism_of(listed) == organism


def test_dates_are_recognised():
    assert looks_like_date("1-Mar")
    assert looks_like_date("Sep-02")
    assert looks_like_date("4-Oct")
    assert not looks_like_date("MARCH1")
    assert not looks_like_date("NKX2-1")


def test_the_shipped_table_is_small_and_dated(names):
    assert TABLE.stat().st_size < 2_000_000
    assert names.released[:2] == "20"
    assert len(names.approved) > 40_000


def test_the_table_is_loaded_once():
    assert GeneNames.load() is GeneNames.load()


@pytest.mark.data
def test_the_shipped_table_is_what_hgnc_says(names, shared_data):
    table = compact(shared_data / "priors" / "hgnc_complete_set.txt.gz")
    assert sorted(names.approved.values()) == sorted(table["symbol"])
    assert names.released == table.attrs["released"]


def columns(*listed: str) -> GeneColumns:
    return GeneColumns.of(listed, GeneNames.load())


def test_genes_are_unique_and_in_the_order_of_the_file():
    found = columns("SEPT2", "KLF1", "SEPTIN2", "KLF1", "weird")
    assert found.genes == ("SEPTIN2", "KLF1", "weird")
    assert found.codes.tolist() == [0, 1, 0, 1, 2]
    assert found.duplicates == {"SEPTIN2": ("SEPT2", "SEPTIN2"), "KLF1": ("KLF1", "KLF1")}
    assert found.renamed == {"SEPT2": "SEPTIN2"}
    assert found.unknown == ("weird",)


def test_names_of_mouse_genes_are_kept():
    found = columns("Trp53", "Gapdh", "Sept2", "Actb")
    assert found.organism == "mouse"
    assert found.genes == ("Trp53", "Gapdh", "Sept2", "Actb")


def test_numbers_are_entrez_ids_where_most_names_are_and_never_where_they_count():
    assert columns("7157", "4609", "10661").genes == ("TP53", "MYC", "KLF1")
    assert columns("7157", "4609", "10661").organism == "human"
    assert columns("7157", "KLF1", "MYC", "g").genes == ("7157", "KLF1", "MYC", "g")
    counted = [str(i) for i in range(100)]
    assert columns(*counted).genes == tuple(counted)
    assert columns(*counted).organism == "unknown"


@pytest.mark.parametrize("form", [np.array, sparse.csr_matrix])
@pytest.mark.parametrize(("readout", "expected"), [(Readout.COUNTS, [[4, 2]]), (Readout.LOG2, [[2, 2]])])
def test_duplicates_add_up_where_amounts_do_and_are_averaged_elsewhere(form, readout, expected):
    found = columns("KLF1", "MYC", "KLF1")
    joined = found.joined(form([[1.0, 2.0, 3.0]], dtype=np.float32), readout)
    assert (joined.toarray() if sparse.issparse(joined) else joined).tolist() == expected


def test_what_was_done_to_names_is_told():
    found = columns("KLF1", "KLF1", "1-Mar", "SEPT2", "4-Oct", "MYC", "TP53")
    told = " ".join(problem.what for problem in gene_problems(found, Readout.COUNTS))
    assert "KLF1" in told
    assert "added up" in told
    assert "1-Mar → MARCHF1" in told
    assert "4-Oct" in told
    assert "SEPT2 → SEPTIN2" in told


def test_names_that_are_no_genes_are_told_with_what_to_do():
    problems = gene_problems(columns("g1", "g2", "g3"), Readout.COUNTS)
    assert [problem.severity for problem in problems] == ["warning"]
    assert "--map genes=COLUMN" in problems[0].do
