"""What stands in ``project.json``; every text, list and number is bounded, for the file may come from anyone."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from xpert.errors import InputError
from xpert.plots.labels import plain
from xpert.ui.plan import LONGEST_TEXT, MOST_TREATMENTS, Plan

VERSION = 1
_SHOWN = 3

Text = Annotated[str, Field(max_length=LONGEST_TEXT)]
Name = Annotated[str, Field(min_length=1, max_length=255)]
# Parameters of a page's address, with every value of each.
Query = dict[
    Annotated[str, Field(max_length=60)],
    Annotated[list[Annotated[str, Field(max_length=4_000)]], Field(max_length=200)],
]


class Tolerant(BaseModel):
    """A part of a project that keeps aside what this version does not know, so that it can be said."""

    model_config = ConfigDict(extra="allow", frozen=True)


class SavedFile(Tolerant):
    """The reader's file.

    Attributes
    ----------
    name
        As the reader calls it; for display, and its ending says how it is read.
    sha256
        Of its bytes.
    part
        Where its bytes stand in the project; None where only its name and hash were saved.
    mapping
        What the reader said about its columns.
    confirmed
        Whether the reader had agreed to their meaning.
    """

    name: Name
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    part: Name | None = None
    mapping: Annotated[dict[Name, Annotated[str, Field(max_length=20_000)]], Field(max_length=40)] = {}
    confirmed: bool = False


class SavedResult(Tolerant):
    """One prediction that was made.

    Attributes
    ----------
    asked
        Its plan, as in an address.
    table
        Where its gene tables stand in the project, below one another.
    """

    asked: Query
    table: Name | None = None


class Project(Tolerant):
    """A session on file.

    Attributes
    ----------
    format
        Says that this is a project.
    version
        Of this layout; a higher number cannot be read.
    xpert
        Version of the program that wrote it.
    saved
        When, in UTC.
    file
        The reader's data; None where there were none.
    plan
        What was asked last.
    basket
        Treatments that were set aside.
    results
        Predictions that were made, the latest last.
    pages
        Address of each page that was visited.
    screen
        Address of the last screen that came to an end; its ranking stands beside it as a table.
    """

    format: Literal["xpert-project"]
    version: int
    xpert: Annotated[str, Field(max_length=40)] = ""
    saved: Annotated[str, Field(max_length=40)] = ""
    file: SavedFile | None = None
    plan: Annotated[Query, Field(max_length=20)] | None = None
    basket: Annotated[list[Text], Field(max_length=MOST_TREATMENTS)] = []
    results: Annotated[list[SavedResult], Field(max_length=20)] = []
    screen: Annotated[Query, Field(max_length=60)] | None = None
    pages: Annotated[dict[Name, Annotated[Query, Field(max_length=60)]], Field(max_length=40)] = {}

    @classmethod
    def of(cls, text: bytes) -> Project:
        """Read ``project.json``.

        Raises
        ------
        InputError
            Naming the place that is wrong.
        """
        try:
            project = cls.model_validate_json(text, strict=True)
        except ValidationError as error:
            raise InputError(f"This is no project that X-Pert has saved: {_faults(error)}.") from None
        if project.version > VERSION:
            raise InputError(
                f"This project was saved by a newer X-Pert ({plain(project.xpert, longest=20)}), "
                "which writes projects in another form; open it with that version."
            )
        if project.version < 1:
            raise InputError("This is no project that X-Pert has saved: its version is below 1.")
        return project

    @property
    def unknown(self) -> tuple[str, ...]:
        """Names of what stands in it and is not known to this version."""
        parts = [(self, ""), (self.file, "file."), *((r, "results.") for r in self.results)]
        names = [
            f"{where}{name}" for part, where in parts if part is not None for name in part.model_extra or ()
        ]
        return tuple(dict.fromkeys(names))


def written(plan: Plan) -> Query:
    """A plan as parameters of an address, each with a list of values."""
    return {name: value if isinstance(value, list) else [value] for name, value in plan.query.items()}


def plan_in(query: Query) -> Plan:
    """The plan that stands in an address.

    Raises
    ------
    InputError
        Where there is none, or it cannot be read.
    """
    plan = Plan.from_query(query)
    if plan is None:
        raise InputError("It names no treatment.")
    return plan


def _faults(error: ValidationError) -> str:
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    said = [
        f"{plain('.'.join(map(str, fault['loc'])) or 'project.json', longest=60)}: {plain(fault['msg'], longest=120)}"
        for fault in faults[:_SHOWN]
    ]
    more = f" (and {len(faults) - _SHOWN:,} more)" if len(faults) > _SHOWN else ""
    return "; ".join(said) + more
