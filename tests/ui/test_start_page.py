"""The front page: a tour that leads and never stands in the way, examples, and a way to every page."""

from __future__ import annotations

from urllib.parse import parse_qs

from xpert.ui.examples import EXAMPLES
from xpert.ui.plan import Plan
from xpert.ui.session import Session
from xpert.ui.tour import steps

PAGES = ("Data", "Predict", "Perturbverse", "Look_up", "Compare", "Hypothesis", "Screen")


def press(app, label):
    return next(b for b in app.button if b.label == label).click().run()


def links(app):
    return [link.proto for link in app.get("page_link")]


def labels(app):
    return [link.label for link in links(app)]


def offers(app, words):
    return any(words in b.label for b in app.button)


def words_of(app):
    return "\n".join(str(c.value) for c in (*app.caption, *app.markdown, *app.header))


def test_the_tour_has_five_steps_with_one_sentence_and_one_link_each(app):
    all_steps = steps(app.session_state["xpert"])
    assert len(all_steps) == 5
    for number, step in enumerate(all_steps, 1):
        (link,) = [found for found in links(app) if found.label == f"**{step.label}**"]
        assert link.icon == f":material/counter_{number}:"
        assert step.words.count(". ") == 0
        assert not step.is_done


def test_the_first_steps_open_a_question_that_is_already_asked(app, bundle):
    del bundle
    for step, example in zip(steps(app.session_state["xpert"])[:2], EXAMPLES[:2], strict=True):
        (link,) = [found for found in links(app) if found.label == f"**{step.label}**"]
        assert Plan.from_query(parse_qs(link.query_string)) == example.plan


def test_steps_are_marked_as_they_are_taken(app, bundle):
    del bundle
    app.switch_page("pages/2_Predict.py")
    for name, value in EXAMPLES[1].plan.query.items():
        app.query_params[name] = value
    app.run()
    assert "Guided tour: 2 of 5 steps done. Next:" in words_of(app)
    assert "Meet the neighbours" in labels(app)
    app.query_params.clear()
    app.switch_page("app.py").run()
    done = [step.is_done for step in steps(app.session_state["xpert"])]
    assert done == [True, True, False, False, False]
    assert words_of(app).count("**Done.**") == 2


def test_every_step_can_be_taken(app):
    now = app.session_state["xpert"]
    for page in ("Predict", "Perturbverse", "Hypothesis"):
        now.visit(page, {})
    now.uploads = 1
    for example in EXAMPLES[:2]:
        now.keep_result(example.plan, [])
    assert all(step.is_done for step in steps(now))
    app.run()
    assert "All five are done" in words_of(app)


def test_the_tour_can_be_put_away_and_called_back(app):
    press(app, "Hide the tour")
    assert "A first visit in five steps" not in words_of(app)
    assert not offers(app, "Hide the tour")
    app.switch_page("pages/3_Perturbverse.py").run()
    assert "Guided tour" not in words_of(app)
    app.switch_page("app.py").run()
    press(app, "Show the guided tour")
    assert "A first visit in five steps" in words_of(app)


def test_the_menu_shows_no_tour_before_it_was_begun(app):
    assert "Guided tour:" not in words_of(app)
    app.switch_page("pages/1_Data.py").run()
    assert "Guided tour:" not in words_of(app)


def test_without_the_models_of_the_examples_the_tour_still_leads_somewhere(monkeypatch):
    from xpert.ui import load

    monkeypatch.setattr(load, "bundle_infos", tuple)
    assert [bool(step.query) for step in steps(Session())] == [False] * 5


def test_every_page_is_named_by_the_question_that_it_answers(app):
    asked = {link.page for link in links(app) if link.label.endswith("?**")}
    assert asked == set(PAGES)


def test_every_model_says_in_a_sentence_what_it_is_about(app, bundle):
    from xpert.ui import load

    text = words_of(app).replace("\\", "")
    for info in load.bundle_infos():
        assert f"**{info.name}** — " in text
    assert "K562 cells" in text
    del bundle


def test_a_sample_file_is_offered(app):
    assert any(b.label == "Download a sample file (.h5ad)" for b in app.get("download_button"))
