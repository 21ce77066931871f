"""Names of compounds: spelling variants meet, different compounds do not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xpert.features.naming import SALT_WORDS, fold, variants


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Vorinostat", "vorinostat"),
        ("PD-0325901", "PD 0325901"),
        ("β-Lapachone", "beta-lapachone"),
        ("Β-lapachone", "beta lapachone"),
        ("naïve", "naive"),
    ],
)
def test_spelling_variants_fold_to_the_same(left, right):
    assert fold(left) == fold(right)


def test_enantiomers_do_not_fold_to_the_same():
    assert fold("(+)-JQ1") != fold("(-)-JQ1")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("imatinib mesylate", "imatinib"),
        ("Doxorubicin (Adriamycin) HCl", "doxorubicin"),
        ("Doxorubicin (Adriamycin) HCl", "adriamycin"),
        ("Alendronate sodium trihydrate", "alendronate"),
        ("(R)-(-)-apomorphine", "apomorphine"),
        ("Vorinostat (SAHA, MK0683)", "vorinostat"),
    ],
)
def test_salts_brackets_and_stereo_prefixes_come_off(written, meant):
    assert meant in list(variants(written))


def test_the_exact_spelling_comes_first():
    assert next(variants("Imatinib Mesylate")) == "imatinibmesylate"


def test_a_salt_word_alone_is_not_left_over():
    assert not set(list(variants("sodium chloride"))[1:]) & SALT_WORDS
    assert "hcl" not in list(variants("Unknown-drug (HCl)"))


@given(st.text(max_size=60))
def test_any_text_gives_folded_variants_without_repeats(text):
    found = list(variants(text))
    assert len(found) == len(set(found))
    assert all(spelling.isascii() and spelling.isalnum() and spelling == fold(spelling) for spelling in found)
