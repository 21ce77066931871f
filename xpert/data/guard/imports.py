"""Importing while nothing may be opened: Python's own modules are the exception.

Libraries load parts of themselves when they first need them, an encoding for example. While the process is
sealed, that would fail; so the seal is lifted for the import alone, during which no file of the user's is read.
"""

from __future__ import annotations

import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING

from xpert.data.guard import confine

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType


class _UnsealedLoader(Loader):
    """Loads a module as its own loader would, with the seal lifted."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        with confine.unsealed():
            return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        with confine.unsealed():
            self._loader.exec_module(module)


class UnsealedFinder(MetaPathFinder):
    """Finds what Python's path holds, with the seal lifted; pandas it does not find.

    Arrow would load pandas for nothing, which takes half the time of a reading.
    """

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Where a module is and how it is loaded."""
        if fullname == "pandas":
            raise ModuleNotFoundError(fullname)
        with confine.unsealed():
            spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _UnsealedLoader(spec.loader)
        return spec


def allow_imports() -> None:
    """Have imports go through `UnsealedFinder` from now on."""
    sys.meta_path.insert(0, UnsealedFinder())
