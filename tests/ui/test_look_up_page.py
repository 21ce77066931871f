"""The Look up page: signatures and targets as Python gives them, and the lines that it shows run."""

from __future__ import annotations

import numpy as np
import pytest

from xpert.perturbation import Treatment
from xpert.perturbverse.associate import associate
from xpert.perturbverse.embed import standing
from xpert.ui import load
from xpert.ui.files import table_file
from xpert.ui.look_up.association_tab import named_treatment
from xpert.ui.look_up.lines import associate_lines, file_python, lists_python, query_lines

PAGE = "pages/4_Look_up.py"


@pytest.fixture
def page(app):
    for name in ("papalexi", "l1000"):
        if name not in {info.name for info in load.bundle_infos()}:
            pytest.skip(f"the bundle {name} is not here")
    return app.switch_page(PAGE).run()


@pytest.fixture
def associating(page):
    """The page on its second tab, which draws nothing before it is opened."""
    page.session_state["look up tab"] = "A compound or a gene"
    return page.run()


def press(app, label):
    return next(b for b in app.button if b.label == label).click().run()


def box(app, label):
    return next(b for b in [*app.selectbox, *app.text_area, *app.text_input] if label in b.label)


def result(app, column):
    return next(f.value for f in app.dataframe if column in f.value.columns)


def said(app):
    return " ".join(str(part.value) for part in [*app.caption, *app.error, *app.markdown])


def test_the_example_finds_the_knockout_that_it_was_taken_from(page):
    press(page, "Fill in an example")
    assert "STAT1" in box(page, "went up").value or "STAT1" in box(page, "went down").value
    press(page, "Search")
    assert not page.exception
    table = result(page, "z")
    assert {"IFNGR1:ko", "IFNGR2:ko", "JAK2:ko"} <= set(table["treatment"][:10])
    assert (table["model"][:3] == "papalexi").all()
    assert "Read 20 genes up and 20 down" in said(page).replace("\\", "")


def test_reversing_turns_the_signs(page):
    press(page, "Fill in an example")
    next(r for r in page.radio if "Find treatments" in r.label).set_value("reverse")
    press(page, "Search")
    assert (result(page, "z")["score"][:5] < 0).all()


def test_a_table_of_changes_is_read_and_what_is_no_gene_is_said(page):
    bundle = load.bundle("papalexi")
    values = bundle.signatures.values[list(bundle.perturbverse["treatment"]).index("STAT1:ko")]
    rows = "\n".join(f"{g},{v}" for g, v in zip(bundle.genes, values, strict=True))
    page.file_uploader[0].upload("mine.csv", f"gene,log2FC\n{rows}\nNOTAGENE,2".encode())
    press(page, "Search")
    assert result(page, "z")["treatment"][0] == "STAT1:ko"
    assert "NOTAGENE" in said(page)


def test_nothing_given_and_nonsense_are_said_in_words(page):
    press(page, "Search")
    assert "Name genes" in said(page)
    box(page, "went up").set_value("<script>alert(1)</script>")
    press(page, "Search")
    assert not page.exception
    assert "No model has measured" in said(page).replace("\\", "")


def test_targets_of_a_compound_are_those_of_python(associating):
    box(associating, "A compound or a gene").set_value("gefitinib").run()
    expected = associate(load.bundle("l1000"), Treatment.parse("gefitinib:compound"))
    assert result(associating, "known")["target"].tolist() == expected["target"].tolist()
    assert result(associating, "known")["target"][0] == "EGFR"


def test_a_gene_by_its_name_finds_compounds(associating):
    box(associating, "A compound or a gene").set_value("ESR1").run()
    assert result(associating, "known")["known"][:5].all()


@pytest.mark.parametrize(
    ("model", "text"),
    [
        ("perturbseq", "KLF1:crispra + MAP2K3:crispra"),
        ("perturbseq", "STAT1:crispri"),
        ("papalexi", "JAK2:ko"),
    ],
)
def test_neighbours_of_any_treatment_are_those_of_python_with_what_they_rest_on(page, model, text):
    page.session_state["look up tab"] = "Neighbours"
    page.session_state["neighbours model"] = model
    page.session_state["neighbours treatment"] = text
    page.run()
    bundle, treatment = load.bundle(model), Treatment.parse(text)
    found: dict = {}
    exec(page.code[0].value, found)
    assert result(page, "shared_mechanism")["treatment"].tolist() == found["table"]["treatment"].tolist()
    assert standing(bundle, treatment) in said(page).replace("\\", "")


def test_a_treatment_that_cannot_be_read_shows_where(page):
    page.session_state["look up tab"] = "Neighbours"
    page.session_state["neighbours treatment"] = "KLF1"
    page.run()
    assert not page.exception
    assert page.error


@pytest.mark.parametrize(
    ("text", "treatment"),
    [
        ("CC(=O)Oc1ccccc1C(=O)O", "aspirin:compound"),
        ("SAHA", "vorinostat:compound"),
        ("ESR1", "ESR1:oe"),
        ("gefitinib@2uM", "gefitinib@2uM"),
    ],
)
def test_a_name_means_what_people_mean_by_it(page, text, treatment):
    assert str(named_treatment(load.bundle("l1000"), text)) == treatment


def test_the_lines_of_the_page_give_its_tables(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    bundle = load.bundle("papalexi")
    values = bundle.signatures.values[list(bundle.perturbverse["treatment"]).index("STAT1:ko")]
    order = np.argsort(values)
    lists = lists_python([bundle.genes[i] for i in order[-9:]], [bundle.genes[i] for i in order[:9]])
    (tmp_path / "mine.csv").write_text(
        "gene,logFC\n" + "\n".join(f"{g},{v}" for g, v in zip(bundle.genes, values, strict=True))
    )
    for signature in (lists, file_python("mine.csv")):
        found: dict = {}
        exec(query_lines(signature, "mimic"), found)
        assert "STAT1:ko" in set(found["table"]["treatment"][:6])
    found = {}
    exec(associate_lines("l1000", "gefitinib:compound"), found)
    assert found["table"]["target"][0] == "EGFR"


def test_files_hold_the_whole_table():
    table = associate(load.bundle("l1000"), Treatment.parse("gefitinib:compound"))
    assert table_file(table, ".csv").count(b"\n") == len(table) + 1
    assert table_file(table, ".parquet")[:4] == b"PAR1"
