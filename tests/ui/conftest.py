"""The app as Streamlit's own test runner sees it, and the bundle that most pages are about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from streamlit.testing.v1 import AppTest

from xpert.ui import load

if TYPE_CHECKING:
    from pathlib import Path

MODEL = "perturbseq"


@pytest.fixture
def app(root: Path) -> AppTest:
    """The front page, drawn; every other page is reached from it, because pages link to one another."""
    return AppTest.from_file(str(root / "app.py"), default_timeout=90).run()


@pytest.fixture
def bundle():
    """The bundled model of single cells; the test is skipped before it has been trained."""
    if MODEL not in {info.name for info in load.bundle_infos()}:
        pytest.skip(f"the bundle {MODEL} is not here")
    return load.bundle(MODEL)
