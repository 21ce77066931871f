"""Pasted lists of genes are understood, and what is not is said."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from xpert.data.gene_list import GeneList, words

GENES = ("TP53", "MYC", "SEPTIN2", "MARCHF1", "KLF1")


def test_names_come_apart_at_every_separator_and_a_date_stays_whole():
    assert words("TP53, MYC;KLF1\t1 Mar\n'GATA1' STAT1") == ["TP53", "MYC", "KLF1", "1 Mar", "GATA1", "STAT1"]


def test_aliases_ids_and_dates_mean_their_gene_and_are_said():
    found = GeneList.read(["p53", "ENSG00000136997", "1-Mar", "klf1"], GENES)
    assert found.genes == ("TP53", "MYC", "MARCHF1", "KLF1")
    assert found.renamed == {"p53": "TP53", "ENSG00000136997": "MYC", "1-Mar": "MARCHF1"}
    assert found.dates == ("1-Mar",)
    assert any("dates" in sentence for sentence in found.sentences)


def test_unmeasured_and_unknown_names_are_told_apart():
    found = GeneList.read(["STAT1", "KLFF1", "TP53"], GENES)
    assert found.unused == ("STAT1",)
    assert found.unknown == {"KLFF1": ("KLF1",)}
    assert "did you mean KLF1?" in " ".join(found.sentences)


def test_a_list_that_is_taken_as_it_is_needs_no_words():
    assert GeneList.read(["tp53", "MYC", "MYC"], GENES).sentences == ()


@given(st.text(max_size=60))
def test_any_text_is_sorted_without_an_error(text):
    found = GeneList.read(words(text), GENES)
    assert set(found.genes) <= set(GENES)
    assert len(found.unused) + len(found.unknown) <= len(words(text))
