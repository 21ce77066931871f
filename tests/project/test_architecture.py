"""The shape of the code: sizes, imports, and what git must not lose."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST_MODULE = 400
LONGEST_FUNCTION = 60
LONGEST_PAGE = 60
HEAVY = ("torch", "scanpy", "umap", "lightning", "streamlit", "anndata", "rdkit", "sklearn", "pandas")


def python_files() -> list[Path]:
    folders = ("xpert", "pages", "benchmarks", "tests")
    return sorted([ROOT / "app.py", *(f for d in folders for f in (ROOT / d).rglob("*.py"))])


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def test_no_module_is_too_long() -> None:
    lines = {
        str(f.relative_to(ROOT)): len(f.read_text(encoding="utf-8").splitlines()) for f in python_files()
    }
    assert {name: n for name, n in lines.items() if n > LONGEST_MODULE} == {}


def test_no_function_is_too_long() -> None:
    too_long = {
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in python_files()
        for node in functions(path)
        if (node.end_lineno or 0) - node.lineno + 1 > LONGEST_FUNCTION
    }
    assert too_long == {}


def test_pages_are_thin() -> None:
    pages = [ROOT / "app.py", *sorted((ROOT / "pages").glob("*.py"))]
    assert {p.name for p in pages if len(p.read_text(encoding="utf-8").splitlines()) > LONGEST_PAGE} == set()


def test_only_the_user_interface_imports_streamlit() -> None:
    elsewhere = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "xpert").rglob("*.py")
        if "ui" not in path.relative_to(ROOT / "xpert").parts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Import) and any(a.name.split(".")[0] == "streamlit" for a in node.names))
        or (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "streamlit")
    ]
    assert elsewhere == []


@pytest.mark.parametrize("statement", ["import xpert", "import xpert.cli; xpert.cli.main(['--version'])"])
def test_importing_loads_no_heavy_library(statement: str) -> None:
    code = f"""
import json, sys
try:
    {statement.replace("; ", chr(10) + "    ")}
except SystemExit:
    pass
print(json.dumps(sorted({{name.split('.')[0] for name in sys.modules}})))
"""
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    loaded = json.loads(printed.stdout.splitlines()[-1])
    assert sorted(set(loaded) & set(HEAVY)) == []


def test_no_pickle_is_read_or_written() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in (ROOT / "xpert").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Import) and any(a.name in {"pickle", "joblib", "dill"} for a in node.names))
        or (
            isinstance(node, ast.ImportFrom)
            and node.module in {"pickle", "joblib", "dill"}
            and [a.name for a in node.names] != ["UnpicklingError"]  # what a refused checkpoint raises
        )
        or (
            isinstance(node, ast.keyword) and node.arg == "allow_pickle" and ast.unparse(node.value) == "True"
        )
        or (
            isinstance(node, ast.keyword)
            and node.arg == "weights_only"
            and ast.unparse(node.value) == "False"
        )
    ]
    assert found == []


def test_git_keeps_the_data_package() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    ignored = subprocess.run(
        ["git", "check-ignore", "--no-index", "xpert/data/new_module.py"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert ignored.returncode == 1, "xpert/data/ is ignored by git: anchor the pattern in .gitignore"
