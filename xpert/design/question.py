"""A hypothesis as a person states it: perturbing this in these cells raises or lowers that."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Self

from xpert.errors import InputError
from xpert.perturbation import Treatment

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from xpert.perturbation import Perturbation

FEWEST_GENES = 3
MOST_GENES = 2_000
LONGEST = 4


class Direction(StrEnum):
    """Which way something is expected to go."""

    UP = "up"
    DOWN = "down"

    @property
    def sign(self) -> int:
        """+1 or −1."""
        return 1 if self is Direction.UP else -1

    @property
    def verb(self) -> str:
        """``raises`` or ``lowers``."""
        return "raises" if self is Direction.UP else "lowers"

    @property
    def opposite(self) -> Direction:
        """The other one."""
        return Direction.DOWN if self is Direction.UP else Direction.UP


@dataclass(frozen=True)
class Hypothesis:
    """Perturbing something in some cells raises or lowers a gene, or the mean of a set of genes.

    Attributes
    ----------
    treatment
        What is done to the cells; not control, of which everybody knows what it does.
    context
        Name of the cells.
    direction
        Which way the genes are expected to go.
    genes
        One gene, or the set's genes; names are taken as they stand here and matched to a model's in `weigh`.
    name
        Name of the set; empty for a single gene or a list without a name.
    """

    treatment: Treatment
    context: str
    direction: Direction
    genes: tuple[str, ...]
    name: str = ""

    def __post_init__(self) -> None:
        if self.treatment.active.is_control:
            raise InputError(
                "Name what is perturbed: control, and anything of zero strength, changes nothing."
            )
        object.__setattr__(self, "direction", _direction(self.direction))
        object.__setattr__(self, "genes", tuple(dict.fromkeys(g.strip() for g in self.genes if g.strip())))
        if not self.context.strip():
            raise InputError("Name the cells that the hypothesis is about.")
        if not self.genes:
            raise InputError("Name a gene, or a set of genes, that should go up or down.")
        if len(self.genes) > MOST_GENES:
            raise InputError(f"A hypothesis is about at most {MOST_GENES:,} genes, not {len(self.genes):,}.")

    @classmethod
    def about(
        cls, treatment: str | Treatment, context: str, direction: str, what: str | Sequence[str]
    ) -> Self:
        """State a hypothesis in words.

        Parameters
        ----------
        treatment
            What is done, as text (``JAK2:ko``) or as a value.
        context
            Name of the cells.
        direction
            ``up`` or ``down``; ``raises`` and ``lowers`` are understood.
        what
            A gene, the name of a gene set (Hallmark, Reactome or GO biological process), or several genes: a list, or a
            text with commas or spaces between them.

        Raises
        ------
        InputError
            Where one of these cannot be read.
        """
        parsed = treatment if isinstance(treatment, Treatment) else Treatment.parse(treatment)
        if not isinstance(what, str):
            return cls(parsed, context, _direction(direction), tuple(what))
        genes, name = read_subject(what)
        return cls(parsed, context, _direction(direction), genes, name)

    @property
    def is_set(self) -> bool:
        """Whether it is about more than one gene."""
        return len(self.genes) > 1 or bool(self.name)

    @property
    def subject(self) -> str:
        """What should go up or down, in words."""
        if self.name:
            return f"the mean of {self.name}"
        if len(self.genes) == 1:
            return self.genes[0]
        shown = ", ".join(self.genes[:LONGEST])
        more = f" and {len(self.genes) - LONGEST} more" if len(self.genes) > LONGEST else ""
        return f"the mean of {shown}{more}"

    def __str__(self) -> str:
        return f"{done(self.treatment)} in {self.context} {self.direction.verb} {self.subject}."


def done(treatment: Treatment) -> str:
    """What is done, as the beginning of a sentence: ``Knockout of JAK2 with ruxolitinib at 500nM``."""
    said = " together with ".join(_done(p) for p in treatment.ordered)
    return said[:1].upper() + said[1:] if treatment.ordered[0].modality.is_genetic else said


def read_subject(text: str) -> tuple[tuple[str, ...], str]:
    """Genes that a text names, and the name of the set where it is one's.

    Raises
    ------
    InputError
        Where it is neither a gene, nor a gene set, nor a list of genes.
    """
    from xpert.data.gene_list import words
    from xpert.response.gene_sets import gene_set

    plain = text.strip()
    names = words(plain)
    if is_gene(plain) or not names:
        return (plain,), ""
    try:
        return gene_set(plain), plain
    except InputError:
        if len(names) > 1 and any(map(is_gene, names)):
            return tuple(names), ""
        raise


def is_gene(name: str) -> bool:
    """Whether a name is a gene's: a symbol, an alias or an id."""
    from xpert.data.genes import GeneNames

    match = GeneNames.load().match(name)
    return match.symbol is not None or bool(match.candidates)


def named_genes(genes: Sequence[str], among: Collection[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Genes as a model calls them, and the names of those that it does not predict.

    Raises
    ------
    InputError
        Where none is predicted, naming those that are spelt most like it.
    """
    from xpert.data.gene_list import GeneList

    read = GeneList.read(genes, among)
    if not read.genes:
        raise InputError(
            f"None of the genes is predicted by this model. {' '.join(read.sentences)} "
            "Choose a gene that it predicts, or another model."
        )
    return read.genes, (*read.unused, *read.unknown)


def _done(perturbation: Perturbation) -> str:
    way = perturbation.modality
    if not way.is_genetic:
        dose = f" at {perturbation.dose}" if perturbation.dose is not None else ""
        return f"{perturbation.target}{dose}"
    part = "" if perturbation.efficacy == 1 else f" ({perturbation.efficacy:.0%} efficacy)"
    return f"{way.label} of {perturbation.target}{part}"


def _direction(direction: str) -> Direction:
    words = {"raises": Direction.UP, "lowers": Direction.DOWN, "raise": Direction.UP, "lower": Direction.DOWN}
    folded = str(direction).strip().casefold()
    try:
        return words.get(folded) or Direction(folded)
    except ValueError:
        raise InputError(f"A hypothesis says “up” or “down”, not {direction!r}.") from None
