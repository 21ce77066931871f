"""The Screen page: the ranking is the one that Python gives, it outlives the page, and the look-up goes both ways."""

from __future__ import annotations

import json
import time

import pandas as pd
import pytest

from xpert.data.gene_list import words
from xpert.design.movers import movers
from xpert.design.objective import Objective
from xpert.design.screen import screen
from xpert.errors import InputError
from xpert.ui import load
from xpert.ui.files import table_file
from xpert.ui.screen.asked import Asked, movers_lines
from xpert.ui.screen.jobs import AT_ONCE, MOST_WAITING, CancelledError, Workers
from xpert.ui.screen.results_view import as_json

PAGE = "pages/7_Screen.py"
PATHWAY = "HALLMARK_INTERFERON_GAMMA_RESPONSE"
SMALL = "papalexi"


@pytest.fixture
def small():
    if SMALL not in {info.name for info in load.bundle_infos()}:
        pytest.skip(f"the bundle {SMALL} is not here")
    return load.bundle(SMALL)


@pytest.fixture
def page(app, small):
    app.switch_page(PAGE).run()
    box(app, "Model").select(small.name).run()
    return app


def box(app, label):
    return next(b for b in [*app.selectbox, *app.multiselect, *app.text_area] if label in b.label)


def press(app, label):
    return next(b for b in app.button if b.label == label).click().run()


def finished(app):
    """The page once its screen is over."""
    job = app.session_state["xpert"].screen
    job.future.exception(timeout=60)
    return app.run()


def ranking_of(app):
    return next(f.value for f in app.dataframe if "p_value" in f.value.columns)


@pytest.fixture
def ranked(page):
    press(page, "Example")
    return finished(press(page, "Rank the treatments"))


def test_the_page_computes_nothing_before_the_button_is_pressed(page):
    assert not page.exception
    assert page.session_state["xpert"].screen is None
    assert not page.dataframe


def test_the_table_is_the_one_that_python_gives(ranked, small):
    expected = screen(small, Objective.pathway(PATHWAY, "down")).table
    shown = ranking_of(ranked)
    columns = ["treatment", "score", "p_value", "lower", "measured_score"]
    pd.testing.assert_frame_equal(shown[columns], expected[columns], check_dtype=False)
    assert not ranked.error


def test_the_best_can_be_opened_on_the_predict_page(ranked):
    links = [link.proto for link in ranked.get("page_link")]
    assert any("STAT1" in link.label and "treat=STAT1" in link.query_string for link in links)


def test_the_ranking_is_there_when_the_page_is_come_back_to(ranked):
    before = ranking_of(ranked)
    ranked.switch_page("pages/1_Data.py").run()
    ranked.switch_page(PAGE).run()
    pd.testing.assert_frame_equal(ranking_of(ranked), before)
    assert box(ranked, "Pathway").value == PATHWAY


def test_the_screen_stands_in_the_address_and_opens_from_it(ranked, small):
    given = ranked.query_params.items()
    query = {name: [v] if isinstance(v, str) else list(v) for name, v in given}
    asked = Asked.from_query(query)
    assert asked is not None
    assert (asked.model, asked.pathway, asked.direction) == (small.name, PATHWAY, "down")


def test_pasted_genes_are_sorted_into_found_and_not_found(page):
    box(page, "Genes wanted down").set_value("jak2, STAT1\nNOSUCHGENE ENSG00000115415").run()
    said = " ".join(c.value for c in page.caption)
    assert "NOSUCHGENE" in said
    assert "ENSG00000115415 as STAT1" in said


def test_genes_wanted_up_and_down_are_ranked_as_python_ranks_them(page, small):
    box(page, "Genes wanted down").set_value("JAK2, STAT1").run()
    box(page, "Genes wanted up").set_value("CHEK2").run()
    finished(press(page, "Rank the treatments"))
    expected = screen(small, Objective.of(up=["CHEK2"], down=["JAK2", "STAT1"])).table
    assert ranking_of(page)["treatment"].tolist() == expected["treatment"].tolist()


def test_nothing_wanted_is_said_in_plain_words(page):
    press(page, "Rank the treatments")
    assert any("at least one gene" in e.value for e in page.error)


def test_the_rows_can_be_searched(ranked):
    next(t for t in ranked.text_input if "Find" in t.label).set_value("ifngr").run()
    assert set(ranking_of(ranked)["treatment"]) == {"IFNGR1:ko", "IFNGR2:ko"}


def test_downloads_hold_the_whole_ranking_and_what_was_asked(ranked, tmp_path, small):
    ranking = ranked.session_state["xpert"].ranked.future.result()
    path = tmp_path / "r.parquet"
    path.write_bytes(table_file(ranking.table, ".parquet"))
    assert len(pd.read_parquet(path)) == len(ranking.table)
    assert b"STAT1:ko" in table_file(ranking.table, ".csv")
    settings = json.loads(as_json(ranking.settings))
    assert settings["model"] == small.name
    assert settings["objective"]["name"] == f"{PATHWAY} down"


def test_the_python_lines_of_a_screen_give_the_same_table(ranked):
    shown = ranking_of(ranked)
    lines = next(c.value for c in ranked.code if "screen(" in c.value)
    scope: dict = {}
    exec(lines, scope)
    assert scope["ranking"].table["treatment"].tolist() == shown["treatment"].tolist()


def test_the_reverse_look_up_shows_what_moves_a_gene(page, small):
    page.session_state["screen tab"] = "Which perturbations move my gene?"
    page.run()
    box(page, "Gene, or several").set_value(["STAT1"]).run()
    expected = movers(small, ["STAT1"]).table
    shown = next(f.value for f in page.dataframe if "usual" in f.value.columns)
    assert shown["treatment"].tolist() == expected["treatment"].tolist()
    scope: dict = {}
    exec(next(c.value for c in page.code if "movers(" in c.value), scope)
    pd.testing.assert_frame_equal(scope["found"].table, expected)


def test_lines_of_the_look_up_hold_names_as_texts():
    assert '["a\\"b"]' in movers_lines("m", ['a"b'], [])


@pytest.mark.parametrize(
    "asked",
    [
        Asked("m", ("a", "b"), up=("A", "B"), down=("C",)),
        Asked("m", (), pathway=PATHWAY, direction="down"),
    ],
)
def test_an_address_reads_back_as_it_was_written(asked):
    query = {name: value if isinstance(value, list) else [value] for name, value in asked.query.items()}
    assert Asked.from_query(query) == asked


def test_a_changed_address_is_refused():
    with pytest.raises(InputError):
        Asked.from_query({"model": ["m"], "candidates": ["everything"]})
    assert Asked.from_query({"model": ["m"]}) is None


def test_a_screen_tells_how_far_it_is_and_can_be_cancelled(small, monkeypatch):
    seen = []

    def slow(*_args, tell, **_more):
        for done in range(1, 1000):
            time.sleep(0.01)
            tell(done, 1000)
            seen.append(done)

    monkeypatch.setattr("xpert.ui.screen.jobs.screen", slow)
    job = Workers().start(Asked(small.name, ("all cells",), up=("STAT1",)), small)
    while job.done < 3:
        time.sleep(0.01)
    assert 0 < job.share < 1
    assert job.seconds_left > 0
    job.cancel()
    assert isinstance(job.future.exception(timeout=10), CancelledError)
    assert len(seen) < 900


def test_the_queue_is_bounded_and_says_how_many_are_ahead(small, monkeypatch):
    monkeypatch.setattr("xpert.ui.screen.jobs.screen", lambda *_a, tell, **_m: _until_stopped(tell))
    workers, asked = Workers(), Asked(small.name, ("all cells",), up=("STAT1",))
    jobs = [workers.start(asked, small) for _ in range(AT_ONCE + MOST_WAITING)]
    with pytest.raises(InputError, match="waiting"):
        workers.start(asked, small)
    assert workers.ahead(jobs[-1]) == MOST_WAITING
    for job in jobs:
        job.cancel()


def _until_stopped(tell):
    while True:
        time.sleep(0.01)
        tell(1, 2)


def test_words_of_a_spreadsheet_column_are_names():
    assert words("STAT1\tIRF1\n1-Mar") == ["STAT1", "IRF1", "1-Mar"]
