"""The built package works where nothing else is installed."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        str(ROOT),
        "--no-deps",
        "--no-build-isolation",
        "-q",
        "-w",
        str(folder),
    ]
    subprocess.run(command, check=True, capture_output=True, text=True)
    (built,) = folder.glob("xpert-*.whl")
    return built


@pytest.fixture(scope="module")
def empty_environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("empty")
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    command = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(python),
        "install",
        "-q",
        "--no-deps",
        "--no-index",
        str(wheel),
    ]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return folder / "bin"


def test_the_package_imports_in_an_empty_environment(empty_environment: Path, tmp_path: Path) -> None:
    code = "import xpert; print(xpert.Treatment.parse('MAP2K6:crispra + KLF1:crispra'))"
    command = [str(empty_environment / "python"), "-I", "-c", code]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert printed.stdout.strip() == "KLF1:crispra + MAP2K6:crispra"


def test_the_command_shows_its_help_in_an_empty_environment(empty_environment: Path, tmp_path: Path) -> None:
    printed = subprocess.run(
        [str(empty_environment / "xpert"), "--help"], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    for command in ("check", "models", "predict", "train"):
        assert command in printed.stdout


def test_the_wheel_holds_the_bundled_models_and_tables(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for wanted in (
        "xpert/bundles/perturbseq/config.json",
        "xpert/bundles/l1000/config.json",
        "xpert/data/read.py",
    ):
        assert wanted in names
    assert any(name.startswith("xpert/data/tables/") for name in names)
    assert any(name.startswith("xpert/features/tables/") for name in names)
