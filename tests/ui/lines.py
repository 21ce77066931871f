"""Run the lines that a page shows, as a reader would."""

from __future__ import annotations

import ast
from typing import Any


def run_lines(lines: str) -> Any:
    """What the last expression gives."""
    tree = ast.parse(lines)
    last = tree.body.pop()
    assert isinstance(last, ast.Expr), "the last line shows something"
    space: dict[str, object] = {}
    exec(compile(tree, "lines", "exec"), space)
    return eval(compile(ast.Expression(last.value), "last line", "eval"), space)
