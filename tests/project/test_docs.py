"""What the documentation shows is true."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from xpert.cli import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(path: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", path.read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.mark.parametrize("path", [p for p in PAGES if blocks(p, "python")], ids=lambda p: p.name)
def test_python_examples_run(path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {"shared": ROOT.parent / "shared" / "data"}
    for code in blocks(path, "python"):
        exec(compile(code, str(path), "exec"), namespace)
    assert len(namespace) > 1


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.name)
def test_commands_that_are_shown_exist(path: Path) -> None:
    lines = [line for code in blocks(path, "bash") for line in code.splitlines() if line.strip()]
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    for line in lines:
        words = shlex.split(line, comments=True)
        if words[:1] == ["make"]:
            assert words[1] in targets
        if words[:1] == ["xpert"] and len(words) > 1 and not words[1].startswith("-"):
            assert words[1] in COMMANDS


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.name)
def test_links_to_files_lead_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []
