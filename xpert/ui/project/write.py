"""A session as the bytes of a zip: what was asked, what came of it, and the reader's file where that is wished."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from xpert import __version__
from xpert.ui.files import table_file
from xpert.ui.project.schema import VERSION, Project, SavedFile, SavedResult, written

if TYPE_CHECKING:
    from collections.abc import Callable

    from xpert.ui.plan import Plan
    from xpert.ui.project.schema import Query
    from xpert.ui.session import Session
    from xpert.ui.upload import Upload

STATE, READ_ME = "project.json", "README.txt"
_WORDS = """\
A project of X-Pert {version}, saved {when} (UTC).

Open it again: start X-Pert, go to the page "Data", unfold "Save or open a project", and choose this zip.

  project.json     what was asked, the basket, the pages as they were, and the data file's name, sha256 and mapping
  results/*.csv    the gene tables of every prediction, below one another; any spreadsheet opens them
  results/screen.csv  the ranking of the last screen, where there was one
  results/*.json   what was asked of which model, and what stands behind each prediction
  data/            the data file itself; only where that was ticked when the project was saved

Predictions are computed again when the project is opened, and compared with the tables in it.
"""


def project_file(session: Session, *, with_data: bool = False) -> bytes:
    """Everything that reopens to the same state.

    Parameters
    ----------
    session
        What is saved.
    with_data
        Whether the reader's own file becomes part of it; else its name and hash alone.
    """
    when = datetime.now(UTC).replace(microsecond=0)
    out = BytesIO()
    with closing(ZipFile(out, "w", ZIP_DEFLATED)) as archive:

        def add(name: str, content: bytes | str) -> str:
            archive.writestr(_entry(name, when), content)
            return name

        upload = session.upload
        original = upload.original if upload is not None and with_data else None
        if original is not None:
            with archive.open(_entry(f"data/upload{original.suffix}", when, ZIP_STORED), "w") as entry:
                for block in original.blocks():
                    entry.write(block)
        results = [
            SavedResult(asked=written(plan), table=add(f"results/{number}.csv", table))
            for number, (plan, table, settings) in enumerate(_results(session), 1)
            if add(f"results/{number}.json", settings)
        ]
        project = Project(
            format="xpert-project",
            version=VERSION,
            xpert=__version__,
            saved=when.isoformat(),
            file=_file(session, upload, original.suffix if original else None),
            plan=written(session.plan) if session.plan else None,
            basket=list(session.basket),
            results=results,
            pages=session.restored | session.addresses,
            screen=_add_screen(session, add),
        )
        add(STATE, project.model_dump_json(indent=2))
        add(READ_ME, _WORDS.format(version=__version__, when=f"{when:%Y-%m-%d %H:%M}"))
    return out.getvalue()


def _add_screen(session: Session, add: Callable[[str, bytes], str]) -> Query | None:
    """Put the ranking of the last screen into the project, and give the question that it answers."""
    job = session.screen
    if job is None or not job.future.done() or job.future.cancelled() or job.future.exception() is not None:
        return None
    add("results/screen.csv", table_file(job.future.result().table, ".csv"))
    return {name: value if isinstance(value, list) else [value] for name, value in job.asked.query.items()}


def _file(session: Session, upload: Upload | None, suffix: str | None) -> SavedFile | None:
    if upload is None:
        return session.awaited
    return SavedFile(
        name=upload.name[:255],
        sha256=upload.sha256,
        part=f"data/upload{suffix}" if suffix else None,
        mapping=dict(upload.mapping),
        confirmed=upload.is_confirmed,
    )


def _results(session: Session) -> list[tuple[Plan, bytes, bytes]]:
    """Plan, gene tables and provenance of every prediction."""
    from xpert.prediction.export import gene_table, write_table
    from xpert.ui.downloads import settings

    found = []
    with TemporaryDirectory(prefix="xpert-") as folder:
        path = Path(folder) / "table.csv"
        for plan, kept in session.results.items():
            write_table(gene_table(kept), path)
            found.append((plan, path.read_bytes(), settings(plan, kept)))
    return found


def _entry(name: str, when: datetime, compression: int = ZIP_DEFLATED) -> ZipInfo:
    entry = ZipInfo(name, when.timetuple()[:6])
    entry.compress_type = compression
    entry.external_attr = 0o600 << 16
    return entry
