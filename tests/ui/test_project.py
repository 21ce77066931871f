"""A session saved as a project and opened again: the same state, nothing else, and nothing left behind."""

from __future__ import annotations

import gc
import io
import json
import os
import tempfile
import weakref
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from xpert import __version__
from xpert.errors import InputError
from xpert.perturbation import Treatment
from xpert.ui import sample
from xpert.ui.plan import Plan
from xpert.ui.project.read import open_project
from xpert.ui.project.write import project_file
from xpert.ui.session import Session
from xpert.ui.sweep import Watch, Watched
from xpert.ui.upload import open_file

DATA, PREDICT = "pages/1_Data.py", "pages/2_Predict.py"
TREATMENT = Treatment.parse("KLF1:crispra + MAP2K6:crispra")


def press(app, label):
    return next(b for b in app.button if b.label == label).click().run()


def said(app):
    return "\n".join(str(p.value) for p in (*app.info, *app.warning, *app.error, *app.success, *app.caption))


def offer(app, content):
    """Open a project on the Data page."""
    app.switch_page(DATA).run()
    box = next(u for u in app.file_uploader if u.label.startswith("A project"))
    return box.upload("project.zip", content).run()


def state(project):
    return json.loads(zipfile.ZipFile(io.BytesIO(project)).read("project.json"))


def changed(project, **parts):
    """A project with other parts; None takes one out."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(project)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            if name not in parts:
                new.writestr(name, old.read(name))
        for name, content in parts.items():
            if content is not None:
                new.writestr(name, content)
    return out.getvalue()


@pytest.fixture
def upload():
    return open_file(sample.NAME, io.BytesIO(sample.file()))


@pytest.fixture
def predicted(app, bundle):
    """The Predict page with one prediction, and one treatment set aside."""
    del bundle
    session = app.session_state["xpert"]
    session.basket = ["KLF1:crispra"]
    plan = Plan("perturbseq", "k562", (TREATMENT,))
    app.switch_page(PREDICT)
    for name, value in plan.query.items():
        app.query_params[name] = value
    return app.run()


def test_a_session_without_data_reopens_to_the_same_state(predicted, root):
    before = predicted.session_state["xpert"]
    project = project_file(before)
    again = AppTest.from_file(str(root / "app.py"), default_timeout=90).run()
    offer(again, project)
    assert not again.exception
    assert not again.error
    after = again.session_state["xpert"]
    assert after is not before
    assert after.plan == before.plan
    assert after.basket == before.basket
    assert list(after.results) == list(before.results)
    (one,), (other,) = (next(iter(s.results.values())) for s in (before, after))
    np.testing.assert_array_equal(one.delta, other.delta)
    assert "1 prediction computed again, equal to the saved tables" in said(again)


def test_the_zip_holds_tables_with_where_they_come_from(predicted):
    project = project_file(predicted.session_state["xpert"])
    (prediction,) = next(iter(predicted.session_state["xpert"].results.values()))
    with zipfile.ZipFile(io.BytesIO(project)) as archive:
        assert set(archive.namelist()) == {"project.json", "README.txt", "results/1.csv", "results/1.json"}
        table = pd.read_csv(archive.open("results/1.csv"), float_precision="round_trip")
        came_from = json.loads(archive.read("results/1.json"))
    np.testing.assert_array_equal(table["delta"], prediction.delta)
    assert came_from["version"] == __version__
    assert came_from["asked"]["treat"] == [str(TREATMENT)]
    assert state(project)["xpert"] == __version__


def test_a_saved_table_that_is_not_what_is_computed_is_said(predicted):
    project = project_file(predicted.session_state["xpert"])
    with zipfile.ZipFile(io.BytesIO(project)) as archive:
        table = pd.read_csv(archive.open("results/1.csv"), float_precision="round_trip")
    table.loc[0, "delta"] += 0.5
    offer(predicted, changed(project, **{"results/1.csv": table.to_csv(index=False)}))
    assert "differs from the saved table by up to 0.5" in said(predicted)


def test_data_are_part_of_it_only_where_that_is_wished(upload):
    session = Session(upload=upload.confirmed())
    without = project_file(session)
    with_data = project_file(session, with_data=True)
    assert not [n for n in zipfile.ZipFile(io.BytesIO(without)).namelist() if n.startswith("data/")]
    assert state(without)["file"]["part"] is None
    assert state(without)["file"]["sha256"] == upload.sha256
    assert zipfile.ZipFile(io.BytesIO(with_data)).read("data/upload.h5ad") == sample.file()


def test_a_project_with_its_data_opens_them_as_they_were_confirmed(app, upload):
    confirmed = upload.mapped({"batch": "none"}).confirmed()
    offer(app, project_file(Session(upload=confirmed), with_data=True))
    found = app.session_state["xpert"].upload
    assert not app.error
    assert (found.name, found.sha256, found.mapping) == (upload.name, upload.sha256, {"batch": "none"})
    assert found.is_confirmed
    assert found.original is not None


def test_a_project_without_its_data_waits_for_the_file_and_takes_no_other(app, upload):
    project = project_file(Session(upload=upload.mapped({"batch": "none"}).confirmed()))
    offer(app, project)
    assert app.session_state["xpert"].upload is None
    assert "was made with the file" in said(app)
    other = b"cell,group,KLF1,GATA1\na,control,1,2\nb,KLF1,3,4\n"
    app.file_uploader[0].upload("other.csv", other).run()
    assert app.session_state["xpert"].awaited is not None
    assert not app.session_state["xpert"].upload.is_confirmed
    session = app.session_state["xpert"]
    press(app, "Forget my data")
    assert session.awaited is None
    offer(app, project)
    app.file_uploader[0].upload("renamed.h5ad", sample.file()).run()
    found = app.session_state["xpert"]
    assert found.upload.is_confirmed
    assert found.upload.mapping == {"batch": "none"}
    assert found.awaited is None


def test_another_file_than_the_one_that_was_saved_is_refused(app, upload):
    project = project_file(Session(upload=upload), with_data=True)
    offer(app, changed(project, **{"data/upload.h5ad": sample.file() + b"\0"}))
    assert "sha256 is another" in app.error[0].value
    assert app.session_state["xpert"].upload is None


def test_what_this_version_does_not_know_is_left_out_and_said():
    project = project_file(Session())
    text = state(project) | {"screens": [1, 2], "<b>": 1}
    opened = open_project(io.BytesIO(changed(project, **{"project.json": json.dumps(text)})))
    assert any("screens" in word for word in opened.words)
    assert opened.session.plan is None


def test_a_plan_or_a_basket_that_cannot_be_read_costs_nothing_else():
    project = project_file(Session())
    text = state(project) | {"basket": ["KLF1:crispra", "@@"], "plan": {"treat": ["x"]}}
    opened = open_project(io.BytesIO(changed(project, **{"project.json": json.dumps(text)})))
    assert opened.session.basket == ["KLF1:crispra"]
    assert opened.session.plan is None
    assert len(opened.words) == 2


def test_a_project_of_a_newer_layout_is_refused_with_a_word():
    project = project_file(Session())
    text = state(project) | {"version": 2, "xpert": "9.9"}
    with pytest.raises(InputError, match=r"newer X-Pert \(9.9\)"):
        open_project(io.BytesIO(changed(project, **{"project.json": json.dumps(text)})))


def test_a_zipped_folder_of_a_project_opens_too():
    project = project_file(Session(basket=["KLF1:crispra"]))
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(project)) as old, zipfile.ZipFile(out, "w") as new:
        new.mkdir("my project")
        for name in old.namelist():
            new.writestr(f"my project/{name}", old.read(name))
    assert open_project(out).session.basket == ["KLF1:crispra"]


def test_a_page_that_was_visited_is_linked_with_its_address_again(app):
    session = Session()
    session.visit("Look up", {"query": ["up"], "gene": ["KLF1", "GATA1"]})
    offer(app, project_file(session))
    links = {link.proto.label: link.proto.query_string for link in app.get("page_link")}
    assert links["Look up"] == "query=up&gene=KLF1&gene=GATA1"


def test_opening_one_leaves_nothing_of_the_session_before(predicted):
    project = project_file(Session())
    offer(predicted, project)
    after = predicted.session_state["xpert"]
    assert (after.plan, after.results, after.basket) == (None, {}, [])
    assert "treatment_text" not in predicted.session_state


def test_two_sessions_share_nothing(app, upload, root):
    other = AppTest.from_file(str(root / "app.py"), default_timeout=90).run()
    session = app.session_state["xpert"]
    session.use(upload.confirmed())
    session.basket.append("KLF1:crispra")
    session.computed[("mine",)] = 1
    app.run()
    other.switch_page(DATA).run()
    found = other.session_state["xpert"]
    assert found is not session
    assert (found.upload, found.basket, found.computed, found.results) == (None, [], {}, {})
    assert not any(upload.name in str(c.value) for c in other.caption)


def test_forgetting_drops_copies_results_and_addresses_of_the_data(app, upload):
    session = app.session_state["xpert"]
    session.use(upload.confirmed())
    own = Plan("perturbseq", "K562", (TREATMENT,), upload.sha256)
    session.keep_result(own, [])
    session.keep_result(Plan("perturbseq", "k562", (TREATMENT,)), [])
    session.plan = session.shown = own
    session.computed[("context",)] = 1
    session.visit("Predict", {"data": [own.data]})
    session.forget_data()
    assert (session.upload, session.plan, session.shown, session.computed) == (None, None, None, {})
    assert not any(plan.data for plan in session.results)
    assert session.addresses["Predict"] == {}


def nameless(prefix="xpert-"):
    """Files of this process whose names are gone."""
    found = []
    for number in Path("/proc/self/fd").iterdir():
        try:
            target = str(number.readlink())
        except OSError:
            continue
        if prefix in target and target.endswith("(deleted)"):
            found.append(target)
    return found


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc")
def test_nothing_is_left_on_disk_after_deletion(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = len(nameless(str(tmp_path)))
    session = Session()
    session.use(open_file(sample.NAME, io.BytesIO(sample.file())))
    assert session.upload.original.size == len(sample.file())
    assert not list(tmp_path.iterdir()), "a copy has a name while the session lasts"
    seen = weakref.ref(session.upload)
    assert project_file(session, with_data=True)
    session.forget_data()
    gc.collect()
    assert seen() is None
    assert not list(tmp_path.iterdir())
    assert len(nameless(str(tmp_path))) == before


def test_the_original_can_be_read_by_two_at_once(upload):
    one, other = upload.original.blocks(), upload.original.blocks()
    assert next(one) == next(other)
    assert os.fstat(upload.original.file.fileno()).st_nlink == 0


def test_a_closed_tab_is_wiped_once_it_cannot_come_back(upload):
    session = Session(upload=upload, basket=["KLF1:crispra"])
    state = {"a control": 1}
    open_tabs = {"a"}
    watched = Watch(open_tabs.__contains__, patience=100, pause=60)
    watched.add("a", Watched(weakref.ref(session), state))
    watched.look(0)
    open_tabs.clear()
    watched.look(10)
    watched.look(100)
    open_tabs.add("a")  # the connection was only lost
    watched.look(150)
    open_tabs.clear()
    watched.look(200)
    watched.look(290)
    assert session.upload is upload
    assert state
    watched.look(301)
    assert (session.upload, session.basket, state) == (None, [], {})


def test_watching_a_tab_does_not_keep_its_data_alive(upload):
    session = Session(upload=upload)
    watched = Watch(lambda _: True, patience=100, pause=60)
    watched.add("a", Watched(weakref.ref(session), {}))
    seen = weakref.ref(session)
    del session
    gc.collect()
    assert seen() is None


def test_the_ranking_of_a_screen_is_part_of_it_and_its_question_comes_back(bundle):
    from xpert.design.candidates import Candidates
    from xpert.ui.screen.asked import Asked
    from xpert.ui.screen.jobs import Job

    asked = Asked(bundle.name, ("k562",), Candidates.MEASURED, ("HBG1",), ("KLF1",))
    job = Job(asked)
    session = Session(screen=job)
    assert state(project_file(session))["screen"] is None
    job.future.set_result(SimpleNamespace(table=pd.DataFrame({"treatment": ["=A:ko"], "score": [0.5]})))
    project = project_file(session)
    with zipfile.ZipFile(io.BytesIO(project)) as archive:
        assert archive.read("results/screen.csv").decode() == "treatment,score\n'=A:ko,0.5\n"
    opened = open_project(io.BytesIO(project))
    assert Asked.from_query(opened.session.restored["Screen"]) == asked
    assert any("screen" in word for word in opened.words)
