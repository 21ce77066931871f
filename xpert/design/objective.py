"""What a treatment should do to cells: genes that are wanted up and genes that are wanted down."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from xpert.data.gene_list import GeneList
from xpert.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from xpert.data.responses import Floats

UP, DOWN = "up", "down"
DIRECTIONS = (UP, DOWN)
MOST_GENES = 5_000


@dataclass(frozen=True)
class Objective:
    """Genes that are wanted up and genes that are wanted down, each with how much it counts.

    Attributes
    ----------
    up, down
        Weight of each gene, above 0; a name stands in one of the two only.
    name
        What to call it; empty for a list without a name.
    """

    up: Mapping[str, float] = field(default_factory=dict)
    down: Mapping[str, float] = field(default_factory=dict)
    name: str = ""

    def __post_init__(self) -> None:
        if not self.up and not self.down:
            raise InputError("An objective needs at least one gene that is wanted up or down.")
        if len(self.up) + len(self.down) > MOST_GENES:
            raise InputError(f"An objective holds at most {MOST_GENES:,} genes.")
        for gene, weight in (*self.up.items(), *self.down.items()):
            if not (isfinite(weight) and weight > 0):
                raise InputError(f"The weight of {gene} is a number above 0, not {weight}.")
        _check_one_way(self.up, self.down)

    @classmethod
    def of(cls, up: Iterable[str] = (), down: Iterable[str] = (), *, name: str = "") -> Self:
        """Genes that all count the same."""
        return cls(dict.fromkeys(up, 1.0), dict.fromkeys(down, 1.0), name)

    @classmethod
    def pathway(cls, name: str, direction: str = UP) -> Self:
        """All genes of a gene set that ships with the package, up or down.

        Raises
        ------
        InputError
            When there is no set of that name, with the nearest names; or the direction is neither.
        """
        from xpert.response.gene_sets import gene_set

        if direction not in DIRECTIONS:
            raise InputError(f"A pathway is wanted up or down, not {direction!r}.")
        genes = gene_set(name)
        called = f"{name} {direction}"
        return cls.of(up=genes, name=called) if direction == UP else cls.of(down=genes, name=called)

    def on(self, genes: Sequence[str]) -> PlacedObjective:
        """The objective on the genes of a model.

        Raises
        ------
        InputError
            When none of its genes is among them, or two names of one gene stand on either side.
        """
        sides = {UP: GeneList.read(self.up, among=genes), DOWN: GeneList.read(self.down, among=genes)}
        weights = {
            side: _by_symbol(given, sides[side], genes) for side, given in ((UP, self.up), (DOWN, self.down))
        }
        _check_one_way(weights[UP], weights[DOWN])
        if not weights[UP] and not weights[DOWN]:
            said = " ".join(s for found in sides.values() for s in found.sentences)
            raise InputError(f"None of these genes is measured by this model. {said}")
        place = {gene: i for i, gene in enumerate(genes)}
        loading = np.zeros(len(genes), dtype=np.float64)
        for side, sign in ((UP, 1.0), (DOWN, -1.0)):
            total = sum(weights[side].values())
            for gene, weight in weights[side].items():
                loading[place[gene]] = sign * weight / total
        return PlacedObjective(
            self, loading, tuple(weights[UP]), tuple(weights[DOWN]), sides[UP], sides[DOWN]
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, in the form that `xpert.design.objective_file` reads."""
        sides = {
            side: list(given) if set(given.values()) <= {1.0} else dict(given)
            for side, given in ((UP, self.up), (DOWN, self.down))
            if given
        }
        return ({"name": self.name} if self.name else {}) | sides


@dataclass(frozen=True, eq=False)
class PlacedObjective:
    """An objective on the genes of a model.

    Attributes
    ----------
    objective
        What was asked.
    loading
        How much each gene's standardised shift counts in the score, shape ``(genes,)``: the weights of genes wanted
        up sum to 1, those of genes wanted down to −1, and every other gene has 0.
    up, down
        Genes that count, as the model calls them.
    read_up, read_down
        What became of every name that was given.
    """

    objective: Objective
    loading: Floats
    up: tuple[str, ...]
    down: tuple[str, ...]
    read_up: GeneList
    read_down: GeneList

    @property
    def sentences(self) -> tuple[str, ...]:
        """How many genes count, and which names do not."""
        asked = len(self.objective.up) + len(self.objective.down)
        used = len(self.up) + len(self.down)
        sides = ((UP, len(self.up)), (DOWN, len(self.down)))
        wanted = " and ".join(f"{count:,} wanted {side}" for side, count in sides if count)
        opening = f"Genes that are scored: {wanted}{'' if used == asked else f', of {asked:,} names'}."
        return (opening, *self.read_up.sentences, *self.read_down.sentences)


def _by_symbol(given: Mapping[str, float], found: GeneList, genes: Sequence[str]) -> dict[str, float]:
    """Weight of each gene that can be used, by the model's name; of two names of one gene the first counts."""
    offered = {gene.casefold(): gene for gene in genes}
    wanted = set(found.genes)
    weights: dict[str, float] = {}
    for name, weight in given.items():
        symbol = found.renamed.get(name) or offered.get(name.casefold())
        if symbol in wanted:
            weights.setdefault(symbol, float(weight))
    return weights


def _check_one_way(up: Iterable[str], down: Iterable[str]) -> None:
    both = {gene.casefold(): gene for gene in up}
    twice = [gene for gene in down if gene.casefold() in both]
    if twice:
        more = f" and {len(twice) - 5:,} more" if len(twice) > 5 else ""
        raise InputError(f"Wanted up and down at once: {', '.join(twice[:5])}{more}. Leave each on one side.")
