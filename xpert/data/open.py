"""From a file to a dataset in one call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xpert.data.check import check
from xpert.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from xpert.data.dataset import PerturbationDataset


def open_dataset(
    path: str | Path, *, mapping: Mapping[str, str] | None = None, layer: str | None = None
) -> PerturbationDataset:
    """Read a file, find out what its columns mean, and give its cells with their meaning.

    Parameters
    ----------
    path
        File or folder of data.
    mapping
        What the user says of the columns, as ``{key: column or constant}``, for example
        ``{"dose_unit": "uM"}``; the rest is detected.
    layer
        ``X``, ``raw`` or a layer's name; the main matrix where None.

    Raises
    ------
    InputError
        When the file cannot be read or used; every error is listed.
    """
    report = check(path, mapping=mapping, layer=layer)
    if not report.is_usable:
        errors = [problem for problem in report.problems if problem.severity == "error"]
        listed = "\n".join(f"- {problem.where}: {problem.what} {problem.do}" for problem in errors)
        raise InputError(f"{report.dataset.table.name} cannot be used as it is mapped:\n{listed}")
    return report.dataset
