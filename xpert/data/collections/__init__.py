"""Public collections as `Responses`, by name: what the bundled models are trained on."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from xpert.errors import InputError, nearest_names

if TYPE_CHECKING:
    from pathlib import Path

    from xpert.data.responses import Responses

COLLECTIONS = ("l1000", "neurips2023", "norman_mcfaline", "papalexi", "tahoe", "tggates")


def load_responses(name: str, folder: Path) -> Responses:
    """Mean response of every condition of a named collection.

    Parameters
    ----------
    name
        One of `COLLECTIONS`.
    folder
        Holds one folder per data set, as they were downloaded.

    Raises
    ------
    InputError
        When there is no such collection, or its files are not in the folder.
    """
    if name not in COLLECTIONS:
        close = nearest_names(name, COLLECTIONS) or COLLECTIONS
        raise InputError(f"{name!r} is no collection; did you mean {', '.join(close)}?")
    responses: Responses = import_module(f"xpert.data.collections.{name}").load(folder)
    return responses


def file_in(folder: Path, *parts: str) -> Path:
    """A file of a collection.

    Raises
    ------
    InputError
        When it is not there.
    """
    path = folder.joinpath(*parts)
    if not path.is_file():
        raise InputError(f"{path} is not there; download the collection into {folder} first.")
    return path
