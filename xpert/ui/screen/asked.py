"""What a screen is asked for, and the same in the page's address and in Python."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from xpert.design.candidates import Candidates
from xpert.design.objective import DIRECTIONS, DOWN, UP, Objective
from xpert.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LONGEST = 1_500
_LINES = """\
from xpert import load_bundle
from xpert.design.objective import Objective
from xpert.design.screen import screen

model = load_bundle({model})
objective = {objective}
ranking = screen(model, objective, {contexts}, {candidates})
ranking.table
"""
_MOVERS = """\
from xpert import load_bundle
from xpert.design.movers import movers

model = load_bundle({model})
found = movers(model, {genes}, {contexts})
found.table
"""


@dataclass(frozen=True)
class Asked:
    """A screen.

    Attributes
    ----------
    model
        Name of the bundle.
    contexts
        Names of its contexts.
    candidates
        Which treatments are ranked.
    up, down
        Names of genes as they were typed; empty for a pathway.
    pathway
        Name of a gene set; empty for genes.
    direction
        Of the pathway.
    """

    model: str
    contexts: tuple[str, ...]
    candidates: Candidates = Candidates.MEASURED
    up: tuple[str, ...] = ()
    down: tuple[str, ...] = ()
    pathway: str = ""
    direction: str = UP

    @property
    def objective(self) -> Objective:
        """What the treatments should do.

        Raises
        ------
        InputError
            When nothing is wanted, or no such pathway is there.
        """
        if self.pathway:
            return Objective.pathway(self.pathway, self.direction)
        return Objective.of(up=self.up, down=self.down)

    @property
    def query(self) -> dict[str, str | list[str]]:
        """The query parameters that name this screen; without its genes, where they are too many for an address."""
        found: dict[str, str | list[str]] = {
            "model": self.model,
            "context": list(self.contexts),
            "candidates": self.candidates.value,
        }
        if self.pathway:
            return found | {"pathway": self.pathway, "direction": self.direction}
        genes = {side: ",".join(names) for side, names in ((UP, self.up), (DOWN, self.down)) if names}
        return found | (genes if sum(map(len, genes.values())) <= LONGEST else {})

    @classmethod
    def from_query(cls, parameters: Mapping[str, Sequence[str]]) -> Self | None:
        """Read query parameters; None where they name no screen.

        Raises
        ------
        InputError
            When they cannot be read.
        """
        first = {name: next(iter(values), "") for name, values in parameters.items()}
        if not first.get("model") or not first.get("candidates"):
            return None
        if first["candidates"] not in set(Candidates) or first.get("direction", UP) not in DIRECTIONS:
            raise InputError("This link asks for a screen that there is not; it may have been changed.")
        sides = {side: tuple(filter(None, first.get(side, "").split(","))) for side in DIRECTIONS}
        return cls(
            first["model"],
            tuple(parameters.get("context", ())),
            Candidates(first["candidates"]),
            sides[UP],
            sides[DOWN],
            first.get("pathway", ""),
            first.get("direction", UP),
        )

    @property
    def lines(self) -> str:
        """Python lines that give the same table."""
        if self.pathway:
            objective = f"Objective.pathway({_quoted(self.pathway)}, {_quoted(self.direction)})"
        else:
            sides = ((UP, self.up), (DOWN, self.down))
            given = [
                f"{side}={json.dumps(list(names), ensure_ascii=False)}" for side, names in sides if names
            ]
            objective = f"Objective.of({', '.join(given)})"
        return _LINES.format(
            model=_quoted(self.model),
            objective=objective,
            contexts=json.dumps(list(self.contexts), ensure_ascii=False),
            candidates=_quoted(self.candidates.value),
        )


def movers_lines(model: str, genes: Sequence[str], contexts: Sequence[str]) -> str:
    """Python lines that give the table of the reverse look-up."""
    return _MOVERS.format(
        model=_quoted(model),
        genes=json.dumps(list(genes), ensure_ascii=False),
        contexts=json.dumps(list(contexts), ensure_ascii=False) if contexts else "None",
    )


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
