"""A pasted list of treatments or targets, sorted into those that can be predicted and those that cannot."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from xpert.errors import InputError
from xpert.perturbation import Treatment
from xpert.ui.plan import LONGEST_TEXT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from xpert.model.bundle import Bundle
    from xpert.ui.known import Choices

MOST_LINES = 200


class Pasted(NamedTuple):
    """What became of a list.

    Attributes
    ----------
    treatments
        By the model's own names, each once, in the list's order.
    renamed
        What was written, where the model calls a target otherwise, and what it was taken for.
    refused
        What cannot be predicted, and why.
    """

    treatments: tuple[Treatment, ...]
    renamed: Mapping[str, str]
    refused: Mapping[str, str]


def read_treatments(text: str, choices: Choices, bundle: Bundle) -> Pasted:
    """Read one treatment a line, or several apart by commas, semicolons or tabs; a bare name is perturbed as usual.

    Parameters
    ----------
    text
        For example ``KLF1`` or ``KLF1:crispra + MAP2K6:crispra@0.7``.
    choices
        What the model has measured, for the usual way to perturb a target.
    bundle
        Says what it can predict.
    """
    found: dict[Treatment, None] = {}
    renamed: dict[str, str] = {}
    refused: dict[str, str] = {}
    lines = [line for line in text.splitlines() if line.strip()]
    for entry in [e for line in lines[:MOST_LINES] for e in _entries(line, choices, bundle)]:
        try:
            asked = _as_written(entry, choices)
            treatment = _answerable(asked, choices, bundle)
        except InputError as error:
            refused[entry] = str(error)
            continue
        found[treatment] = None
        if _differs(entry, treatment):
            renamed[entry] = str(treatment)
    if len(lines) > MOST_LINES:
        refused[f"line {MOST_LINES + 1:,} and later"] = (
            f"Only {MOST_LINES} lines are read at once; use `xpert predict` for more."
        )
    return Pasted(tuple(found), renamed, refused)


def _entries(line: str, choices: Choices, bundle: Bundle) -> Iterator[str]:
    """The line itself where it can be read: names of compounds hold commas and spaces; else its pieces."""
    whole = line.strip().strip("\"'")
    pieces = [p.strip().strip("\"'") for p in re.split(r"[,;\t]", line) if p.strip()]
    if len(pieces) < 2:
        words = whole.split()
        pieces = words if len(words) > 1 and not re.search(r"[:@+]", whole) else []
    if not pieces:
        yield whole
        return
    try:
        _answerable(_as_written(whole, choices), choices, bundle)
        yield whole
    except InputError:
        yield from pieces


def _as_written(entry: str, choices: Choices) -> Treatment:
    """What an entry says, a bare name as it is usually perturbed."""
    if len(entry) > LONGEST_TEXT:
        raise InputError("This is longer than any treatment; put one treatment on each line.")
    if re.search(r"[:@]", entry) or entry.casefold() == "control":
        return Treatment.parse(entry)
    names = [name.strip() for name in re.split(r"\s\+\s", entry)]
    return Treatment.of(*(choices.first_guess(_spelt(name, choices)) for name in names))


def _spelt(name: str, choices: Choices) -> str:
    """A measured target is written in any case."""
    if name in choices.usual:
        return name
    return next((t for t in choices.targets if t.casefold() == name.casefold()), name)


def _answerable(asked: Treatment, choices: Choices, bundle: Bundle) -> Treatment:
    from xpert.prediction.answerable import check_treatment

    return check_treatment(bundle, asked, choices.names)


def _differs(entry: str, treatment: Treatment) -> bool:
    """Whether a target is called otherwise than it was written."""
    written = entry.casefold()
    return any(target.casefold() not in written for target in treatment.targets)
