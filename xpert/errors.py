"""What can go wrong through no fault of the program, in words a person can act on."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class XpertError(Exception):
    """Base of every error that is meant to be read by a person; its text says what to do."""


class InputError(XpertError):
    """The user's input cannot be used as it is. The command line exits with 2."""


class UnsafeFileError(InputError):
    """A file was refused before it was read, because of what it asks the reader to do."""


class TreatmentSyntaxError(InputError):
    """A treatment's text form is malformed.

    Attributes
    ----------
    text
        The whole text.
    position
        Index of the first character that could not be read, from 0 to ``len(text)``.
    """

    def __init__(self, reason: str, text: str, position: int) -> None:
        self.text = text
        self.position = position
        self.reason = reason
        super().__init__(f"{reason}\n  {text}\n  {' ' * position}^")


class UnknownTargetError(InputError):
    """A gene or compound that the model has no features for.

    Attributes
    ----------
    target
        The name that was asked for.
    nearest
        Known names that are spelt most like it, best first.
    """

    def __init__(self, target: str, known: Iterable[str], *, what: str = "gene or compound") -> None:
        self.target = target
        self.nearest = nearest_names(target, known)
        hint = f" Did you mean {', '.join(self.nearest)}?" if self.nearest else ""
        if what == "compound":
            hint += ' A structure is given as "smiles:CCO".'
        super().__init__(f"{target!r} is no {what} that this model knows.{hint}")


def nearest_names(name: str, known: Iterable[str], *, count: int = 5) -> tuple[str, ...]:
    """Known names that are spelt most like `name`, regardless of case, best first."""
    by_fold: dict[str, str] = {}
    for candidate in known:
        by_fold.setdefault(candidate.casefold(), candidate)
    close = get_close_matches(name.casefold(), by_fold, n=count, cutoff=0.6)
    return tuple(by_fold[fold] for fold in close)
