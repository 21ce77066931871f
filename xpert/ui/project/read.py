"""From the bytes of a project to the state that it holds; a project may come from anyone."""

from __future__ import annotations

import csv
import hashlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import StringIO
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, BinaryIO

from xpert.errors import InputError, UnsafeFileError
from xpert.perturbation import Treatment
from xpert.plots.labels import plain
from xpert.ui.project.archive import DEFAULT, Archive, Bounds
from xpert.ui.project.schema import Project, plan_in
from xpert.ui.project.write import STATE
from xpert.ui.session import Session
from xpert.ui.text import listed
from xpert.ui.upload import open_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from xpert.ui.plan import Plan
    from xpert.ui.project.schema import SavedFile
    from xpert.ui.upload import Upload

_DATA, _RESULTS = "data/", "results/"


@dataclass(frozen=True, eq=False)
class Opened:
    """What a project held.

    Attributes
    ----------
    session
        The state, without the predictions themselves: those are computed again.
    saved
        When it was saved, as it says.
    results
        The shifts in its tables by plan, in the order of the tables; None where they cannot be read.
    words
        What could not be taken over, for people.
    """

    session: Session
    saved: str
    results: dict[Plan, list[float] | None] = field(default_factory=dict)
    words: tuple[str, ...] = ()


def open_project(
    content: BinaryIO, tell: Callable[[float], None] | None = None, bounds: Bounds = DEFAULT
) -> Opened:
    """Read a project.

    Parameters
    ----------
    content
        The bytes of the zip.
    tell
        Called with the share that is done.
    bounds
        What reading may cost.

    Raises
    ------
    UnsafeFileError
        When the zip asks for more than `bounds` allow, or for what no project needs.
    InputError
        When it is no project, or its data file is refused or another one than it says.
    """
    with Archive.opened(content, bounds) as archive:
        if STATE not in archive:
            raise InputError(f"This zip is no project of X-Pert: it holds no {STATE}.")
        project = Project.of(archive.read(STATE, bounds.state))
        words: list[str] = []
        session = Session(restored=dict(project.pages), basket=list(_treatments(project.basket, words)))
        session.plan = _plan(project, words)
        if project.screen is not None:
            session.restored["Screen"] = project.screen
            words.append("The screen can be run again on its page; its ranking as it was stands in the zip.")
        if project.file is not None:
            _take_file(session, project.file, archive, words, tell)
        results = dict(_results(project, archive, words))
        if project.unknown:
            words.append(
                f"It holds what this version does not know, which is left out: {listed(project.unknown)}."
            )
    return Opened(session, _when(project.saved), results, tuple(words))


def as_saved(upload: Upload, saved: SavedFile, words: list[str]) -> Upload:
    """The reader's file with the mapping that was saved; what cannot be taken over is said in `words`."""
    try:
        mapped = upload.mapped(saved.mapping) if saved.mapping else upload
    except InputError as error:
        words.append(f"The saved mapping does not fit the file and is left out. {error}")
        return upload
    if not saved.confirmed:
        return mapped
    if not mapped.report.is_usable:
        words.append(
            "The saved mapping had been confirmed, but has errors in this version; look at it again."
        )
        return mapped
    return mapped.confirmed()


def _when(saved: str) -> str:
    """When a project was saved, for people."""
    try:
        return f"{datetime.fromisoformat(saved).astimezone(UTC):%d %B %Y, %H:%M} UTC"
    except (ValueError, OverflowError):
        return "at a time that it does not say"


def _take_file(
    session: Session,
    saved: SavedFile,
    archive: Archive,
    words: list[str],
    tell: Callable[[float], None] | None,
) -> None:
    if saved.part is None:
        session.awaited = saved
        return
    if not saved.part.startswith(_DATA) or saved.part.count("/") > 1:
        raise UnsafeFileError("The project's data file does not stand where it should; it is not opened.")
    with _unpacked(archive, saved.part, saved.sha256) as content:
        upload = open_file(_named(saved), content, tell)
    session.upload = as_saved(upload, saved, words)


def _named(saved: SavedFile) -> str:
    """The file's name with the ending of its part, by which it was read."""
    ending = (saved.part or "").removeprefix(f"{_DATA}upload")
    return saved.name if saved.name.casefold().endswith(ending.casefold()) else f"{saved.name}{ending}"


@contextmanager
def _unpacked(archive: Archive, part: str, sha256: str) -> Iterator[BinaryIO]:
    """The bytes of the reader's file in a file without a name, once they are found to be those that were saved."""
    digest = hashlib.sha256()
    with TemporaryFile(prefix="xpert-") as file:
        for block in archive.blocks(part, archive.bounds.data):
            digest.update(block)
            file.write(block)
        if digest.hexdigest() != sha256:
            raise UnsafeFileError(
                "The data file in this project is not the one that was saved: its sha256 is another. It is not opened."
            )
        file.seek(0)
        yield file


def _treatments(texts: list[str], words: list[str]) -> Iterator[str]:
    for text in texts:
        try:
            yield str(Treatment.parse(text))
        except InputError:
            words.append(
                f"A treatment in the basket cannot be read and is left out: {plain(text, longest=80)}."
            )


def _plan(project: Project, words: list[str]) -> Plan | None:
    if project.plan is None:
        return None
    try:
        return plan_in(project.plan)
    except InputError as error:
        words.append(f"What was asked last cannot be read and is left out. {error}")
        return None


def _results(
    project: Project, archive: Archive, words: list[str]
) -> Iterator[tuple[Plan, list[float] | None]]:
    for number, result in enumerate(project.results, 1):
        try:
            plan = plan_in(result.asked)
        except InputError as error:
            words.append(f"Prediction {number} cannot be read and is left out. {error}")
            continue
        table = None
        if result.table is not None and result.table.startswith(_RESULTS):
            table = _shifts(archive.read(result.table, archive.bounds.table))
        if table is None:
            words.append(f"The table of prediction {number} cannot be read, so nothing is compared with it.")
        yield plan, table


def _shifts(table: bytes) -> list[float] | None:
    """The column ``delta`` of a CSV; None where it has none, or holds other things than numbers."""
    try:
        rows = csv.DictReader(StringIO(table.decode("utf-8"), newline=""))
        return [float(row["delta"]) for row in rows] or None
    except (UnicodeDecodeError, csv.Error, KeyError, TypeError, ValueError):
        return None
