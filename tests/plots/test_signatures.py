"""Two signatures: which genes both move, and which of these opposite ways."""

from __future__ import annotations

import pandas as pd
import pytest

from xpert.plots.signatures import (
    OPPOSITE,
    OTHERS,
    SHARED_DOWN,
    SHARED_UP,
    signature_alt,
    signature_scatter,
    with_kind,
)


@pytest.fixture
def table() -> pd.DataFrame:
    return with_kind(
        pd.DataFrame(
            {
                "gene": ["UP", "DOWN", "<b>MIX</b>", "ONE", "STILL"],
                "first": [3.0, -2.0, 2.5, 4.0, 0.0],
                "second": [2.0, -3.0, -2.5, 0.1, 0.0],
            }
        ),
        top=4,
    )


def test_a_gene_is_shared_where_both_move_it_strongly(table):
    assert table["kind"].tolist() == [SHARED_UP, SHARED_DOWN, OPPOSITE, SHARED_UP, OTHERS]
    fewer = with_kind(table.drop(columns="kind"), top=3)
    assert fewer["kind"].tolist() == [SHARED_UP, OTHERS, OPPOSITE, OTHERS, OTHERS]


def test_every_gene_is_on_the_figure_once_with_its_unit(table):
    figure = signature_scatter(table, "A:ko in K562", "B:ko in K562", "z score")
    assert sum(len(trace.x) for trace in figure.data) == len(table)
    assert figure.layout.xaxis.title.text == "A:ko in K562<br>z score"
    assert not any("<b>MIX" in a.text for a in figure.layout.annotations)


def test_the_sentence_counts_the_kinds(table):
    said = signature_alt(table, "A:ko", "B:ko", 0.5)
    assert "Pearson r 0.50" in said
    assert "2 up in both, 1 down in both, 1 opposite" in said
