"""Tables of fold changes as programs write them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xpert.data.signature_file import Signature, read_genes, read_signature
from xpert.errors import InputError

TABLES = {
    "DESeq2 as R writes it": "baseMean\tlog2FoldChange\tpvalue\nTP53\t10\t1.5\t0.01\nMYC\t5\t-2\t0.1\n",
    "scanpy": "names,scores,logfoldchanges,pvals\nTP53,9,1.5,0\nMYC,-3,-2,0\n",
    "Seurat": "gene;avg_log2FC;p_val\nTP53;1.5;0\nMYC;-2;0\n",
    "two columns": "whatever,anything\nTP53,1.5\nMYC,-2\nKLF1,NA\n",
}


@pytest.mark.parametrize("text", TABLES.values(), ids=TABLES)
def test_the_tables_of_common_programs_are_understood(text):
    try:
        found = Signature.of_text(text).changes
    except InputError:
        # A value that is missing makes a column without a known heading doubtful.
        assert "NA" in text
        return
    assert found == {"TP53": 1.5, "MYC": -2.0}


def test_a_ratio_is_taken_as_its_logarithm():
    found = Signature.of_text("gene,fold change\nTP53,4\nMYC,0.5\nKLF1,1\n")
    assert found.changes == {"TP53": 2.0, "MYC": -1.0}
    assert "log2" in found.said


def test_signed_numbers_are_no_ratios():
    with pytest.raises(InputError, match="log2FC"):
        Signature.of_text("gene,FoldChange\nTP53,-2.5\nMYC,3\n")


def test_decimal_commas_are_read_where_columns_are_not_apart_by_commas():
    found = Signature.of_text("gene;log2FC\nTP53;-2,5\nMYC;3\n")
    assert found.changes == {"TP53": -2.5, "MYC": 3.0}


def test_a_table_without_headings_is_refused():
    with pytest.raises(InputError, match="headings"):
        Signature.of_text("TP53,-2\nMYC,3\n")


def test_rows_that_are_left_out_are_counted():
    assert "2 rows were left out" in Signature.of_text("gene,logFC\nTP53,1\nTP53,2\nMYC,NA\n").said


def test_two_names_of_one_gene_cannot_go_both_ways():
    with pytest.raises(InputError, match="TP53"):
        Signature.of_lists(["TP53"], ["p53"])


def test_missing_and_infinite_values_are_left_out():
    found = Signature.of_text("gene,logFC\nTP53,1\nMYC,NA\nKLF1,inf\nGATA1,0\n")
    assert found.changes == {"TP53": 1.0}


@pytest.mark.parametrize("text", ["", "gene,logFC\n", "gene,a,b\nTP53,1,2\n", "TP53\nMYC\n"])
def test_what_is_no_table_of_changes_is_refused_in_words(text):
    with pytest.raises(InputError):
        Signature.of_text(text)


def test_a_gene_cannot_go_both_ways():
    with pytest.raises(InputError, match="TP53"):
        Signature.of_lists(["TP53"], ["tp53"])


def test_files_are_named_in_what_is_wrong(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("gene,a,b\nTP53,1,2\n")
    with pytest.raises(InputError, match=r"mine\.csv"):
        read_signature(path)
    with pytest.raises(InputError, match="does not exist"):
        read_signature(tmp_path / "none.csv")
    path.write_bytes(b"")
    with pytest.raises(InputError, match="names no gene"):
        read_genes(path)


@given(st.text(max_size=200))
def test_any_text_is_a_signature_or_an_error_in_words(text):
    try:
        found = Signature.of_text(text)
    except InputError:
        return
    assert all(math.isfinite(value) and value for value in found.changes.values())
