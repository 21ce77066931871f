"""Names from files stand for themselves; searches say what was not found."""

from __future__ import annotations

import pytest

from xpert.perturbation import Treatment
from xpert.ui.gene_search import search
from xpert.ui.plan import Plan
from xpert.ui.snippet import python_lines
from xpert.ui.text import counted, escaped, listed


@pytest.mark.parametrize(
    "name", ["![p](http://evil/p.png)", ":red[x]", "$x$", "*a*", "<script>", "HLA-DRB1*15:01"]
)
def test_every_mark_of_markdown_is_escaped(name):
    shown = escaped(name)
    for place, character in enumerate(shown):
        if character in "!*[]()$:<>":
            assert shown[place - 1] == "\\"


def test_lines_of_a_name_do_not_start_a_list():
    assert "\n" not in escaped("a\n- b")


def test_counts_read_as_words():
    assert counted(1, "cell") == "1 cell"
    assert counted(2_000, "cell") == "2,000 cells"
    assert listed(["a", "b", "c"], most=2) == "a, b and 1 more"


def test_search_keeps_the_order_asked_and_ignores_case():
    result = search("hbg1; GATA1\nklf1", ["KLF1", "GATA1", "HBG1"])
    assert result.found == ("HBG1", "GATA1", "KLF1")
    assert not result.missing


def test_search_names_what_was_not_found_with_the_nearest():
    result = search("GATA11", ["KLF1", "GATA1"])
    assert result.missing == {"GATA11": ("GATA1",)}


def test_a_star_finds_all_that_begin_so():
    assert search("HBG*", ["HBG1", "HBG2", "KLF1"]).found == ("HBG1", "HBG2")


def test_an_empty_search_finds_nothing_and_misses_nothing():
    assert search("  ", ["KLF1"]) == ((), {})


def test_quotes_in_names_do_not_break_out_of_the_python_lines():
    plan = Plan('m"', "c", (Treatment.parse('"a\\"); import os; (\\""@1uM'),))
    lines = python_lines(plan)
    compile(lines, "lines", "exec")
    assert lines.count("import os") == 1
    own = python_lines(Plan("m", "c", (Treatment(),), "ab"), file='x".h5ad', mapping={"dose": "d"})
    compile(own, "own", "exec")
