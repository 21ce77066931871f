"""One thing about a file that a person should know, with its place and what to do."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal, get_args

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, where, and what to do about it.

    Attributes
    ----------
    severity
        ``error``: the file cannot be used as it is mapped; ``warning``: it can, but a result may mislead;
        ``info``: something was done or read in a way that is good to know.
    where
        The column, condition, context or gene that it is about.
    what
        What was found, in one sentence.
    do
        What to do, in one sentence.
    """

    severity: Severity
    where: str
    what: str
    do: str

    def __post_init__(self) -> None:
        if self.severity not in get_args(Severity):
            raise ValueError(f"severity is {self.severity!r}, not one of {get_args(Severity)}")
        if not (self.where and self.what and self.do):
            raise ValueError("a problem says where, what and what to do")

    def to_dict(self) -> dict[str, str]:
        """The four fields, for JSON."""
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.severity}: {self.where}: {self.what} {self.do}"


def listed(names: list[str] | tuple[str, ...], *, most: int = 5) -> str:
    """Some names in words: ``A, B, C and 12 more``."""
    shown = ", ".join(str(name) for name in names[:most])
    return f"{shown} and {len(names) - most:,} more" if len(names) > most else shown


def plural(count: int, noun: str) -> str:
    """A count with its noun: ``1 gene``, ``1,200 genes``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
