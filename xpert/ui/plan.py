"""What is asked of a model, and the same in a URL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from xpert.errors import InputError
from xpert.perturbation import Treatment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_TREATMENTS = 12
LONGEST_TEXT = 600
_HASH = 16
_MEASURED = "measured"


@dataclass(frozen=True, slots=True)
class Plan:
    """Treatments to predict with one model in one context.

    Attributes
    ----------
    model
        Name of the bundle.
    context
        Name of the context; one of the bundle's own, or of the reader's file when `data` is given.
    treatments
        From 1 to `MOST_TREATMENTS`, without repeats.
    data
        First letters of the sha256 of the file that holds the context's control cells; empty for a
        context of the bundle. The file itself is never part of a URL.
    support
        Whether the treatments that were measured in the same context of that file correct the answer.
    """

    model: str
    context: str
    treatments: tuple[Treatment, ...]
    data: str = ""
    support: bool = False

    def __post_init__(self) -> None:
        if not self.treatments:
            raise InputError("Choose at least one gene or compound to perturb.")
        if len(self.treatments) > MOST_TREATMENTS:
            raise InputError(f"Predict at most {MOST_TREATMENTS} treatments at once.")
        object.__setattr__(self, "treatments", tuple(dict.fromkeys(self.treatments)))
        object.__setattr__(self, "data", self.data[:_HASH])
        if self.support and not self.data:
            raise InputError("Measured conditions come from a file: open it on the Data page.")

    @property
    def query(self) -> dict[str, str | list[str]]:
        """The query parameters that name this plan."""
        treat = [str(t) for t in self.treatments]
        asked: dict[str, str | list[str]] = {"model": self.model, "context": self.context, "treat": treat}
        file = {"data": self.data} if self.data else {}
        return asked | file | ({"support": _MEASURED} if self.support else {})

    @classmethod
    def from_query(cls, parameters: Mapping[str, Sequence[str]]) -> Self | None:
        """Read query parameters; None where they ask for nothing.

        Parameters
        ----------
        parameters
            Every value of each parameter.

        Raises
        ------
        InputError
            When they ask for something that cannot be read.
        """
        treat = list(parameters.get("treat", ()))
        if not treat:
            return None
        if len(treat) > MOST_TREATMENTS or any(len(text) > LONGEST_TEXT for text in treat):
            raise InputError("This link asks for more than one page can show.")
        first = {name: next(iter(parameters.get(name, ())), "") for name in ("model", "context", "data")}
        if not first["model"] or not first["context"]:
            raise InputError(
                "This link names no model or no context; it may have been cut when it was copied."
            )
        support = _MEASURED in parameters.get("support", ())
        return cls(treatments=tuple(Treatment.parse(text) for text in treat), support=support, **first)
