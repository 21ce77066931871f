"""Names from files stand for themselves; searches say what was not found."""

from __future__ import annotations

import pytest

from xpert.perturbation import Treatment
from xpert.ui.gene_pick import read
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


def test_a_star_finds_all_that_begin_so():
    genes = ["HBG1", "HBG2", "KLF1"]
    assert read(["HBG*", "klf1"], genes).genes == ("HBG1", "HBG2", "KLF1")
    assert tuple(read(["XYZ*"], genes).unknown) == ("XYZ*",)


def test_quotes_in_names_do_not_break_out_of_the_python_lines():
    plan = Plan('m"', "c", (Treatment.parse('"a\\"); import os; (\\""@1uM'),))
    lines = python_lines(plan)
    compile(lines, "lines", "exec")
    assert lines.count("import os") == 1
    own = python_lines(Plan("m", "c", (Treatment(),), "ab"), file='x".h5ad', mapping={"dose": "d"})
    compile(own, "own", "exec")
