"""Every page from the front door on: what it shows, and that no error ever shows more than words."""

from __future__ import annotations

import ast
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from xpert.errors import InputError
from xpert.ui import load

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest

PAGES = (
    "pages/1_Data.py", "pages/2_Predict.py", "pages/3_Perturbverse.py", "pages/4_Look_up.py", "pages/5_Compare.py",
    "pages/6_Hypothesis.py", "pages/7_Screen.py",
)  # fmt: skip


def said(app: AppTest) -> str:
    """Every text on the page."""
    parts = [
        *app.markdown,
        *app.caption,
        *app.error,
        *app.warning,
        *app.info,
        *app.success,
        *app.title,
        *app.code,
    ]
    return "\n".join(str(part.value) for part in parts)


def visit(app: AppTest, page: str) -> AppTest:
    return app.switch_page(page).run()


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_without_an_error(app, page):
    visit(app, page)
    assert not app.exception
    assert not app.error
    assert len(app.title) == 1


def test_the_front_page_says_what_is_loaded_and_how_to_begin(app, bundle):
    text = said(app)
    assert bundle.name in text
    assert all(name in text for name in bundle.contexts)
    links = {link.proto.label: link.proto.query_string for link in app.get("page_link")}
    assert any("treat=" in query for query in links.values())
    assert len(links) >= 7


@pytest.mark.parametrize("page", ["app.py", *PAGES])
def test_a_page_is_short_and_only_puts_parts_together(root, page):
    source = (root / page).read_text()
    assert len(source.splitlines()) <= 60
    tree = ast.parse(source)
    assert not [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.ClassDef | ast.Lambda)]
    imported = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    assert imported <= {"streamlit"}


def test_the_front_page_loads_no_heavy_library(root):
    lines = (
        "import sys; from streamlit.testing.v1 import AppTest;"
        f"app = AppTest.from_file({str(root / 'app.py')!r}, default_timeout=60).run(); assert not app.exception;"
        "print([m for m in ('torch', 'scanpy', 'umap', 'lightning', 'rdkit', 'numba', 'anndata') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, cwd=root, check=True)
    assert done.stdout.strip().splitlines()[-1] == "[]"


def test_an_error_of_the_program_shows_a_number_and_nothing_else(app, monkeypatch):
    def broken() -> None:
        raise RuntimeError("secret /home/somebody/file.h5ad")

    monkeypatch.setattr(load, "bundle_infos", broken)
    visit(app, PAGES[1])
    assert not app.exception
    assert "secret" not in said(app)
    assert "server's log" in app.error[0].value


def test_an_error_of_the_input_is_shown_as_it_is_written(app, monkeypatch):
    def refused() -> None:
        raise InputError("Use *another* file.")

    monkeypatch.setattr(load, "bundle_infos", refused)
    visit(app, PAGES[2])
    assert app.error[0].value == "Use \\*another\\* file\\."


@pytest.mark.parametrize("page", PAGES[1:])
def test_without_any_model_the_pages_say_what_to_do(app, monkeypatch, page):
    monkeypatch.setattr(load, "bundle_infos", tuple)
    assert "xpert train" in visit(app, page).error[0].value.replace("\\", "")
