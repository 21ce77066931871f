"""What is asked on the Compare page, and the same in its address."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Self, TypeVar

from xpert.errors import InputError
from xpert.perturbation import Dose, Modality, Perturbation, Treatment
from xpert.response.comparison import MOST, Rule, Similarity
from xpert.ui.plan import LONGEST_TEXT, MOST_TREATMENTS, Plan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_GENES = 300
NAMES = (
    "view", "model", "context", "treat", "data", "dose", "gene", "up", "down", "set", "least", "rule", "measure",
)  # fmt: skip
_HASH = 16

E = TypeVar("E", bound=StrEnum)


class View(StrEnum):
    """A tab of the page."""

    SIDE_BY_SIDE = "compare"
    COMBINATION = "combination"
    DOSES = "doses"

    @property
    def label(self) -> str:
        """Name of the tab."""
        return _LABELS[self]


_LABELS = {View.SIDE_BY_SIDE: "Compare", View.COMBINATION: "Combination", View.DOSES: "Dose–response"}


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of one tab.

    Attributes
    ----------
    view
        The tab.
    model, context
        Names of the bundle and of the context.
    treatments
        What is compared; the combination alone; or the compound alone.
    data
        First letters of the sha256 of the reader's file whose control cells are the context; empty for the bundle's.
    doses
        Doses that were typed; none for those that the page chooses.
    genes
        Genes that are shown.
    up, down, gene_set
        A signature over doses: pasted genes, or the name of a gene set.
    least
        In how many treatments a gene has to move; 0 for the page's own choice.
    rule, measure
        When a gene counts as moved, and how likeness is measured.
    """

    view: View
    model: str
    context: str
    treatments: tuple[Treatment, ...]
    data: str = ""
    doses: tuple[Dose, ...] = ()
    genes: tuple[str, ...] = ()
    up: tuple[str, ...] = ()
    down: tuple[str, ...] = ()
    gene_set: str = ""
    least: int = 0
    rule: Rule = Rule.INTERVAL
    measure: Similarity = Similarity.COSINE

    @property
    def query(self) -> dict[str, str | list[str]]:
        """Query parameters that name this question."""
        texts: dict[str, str | list[str]] = {
            "view": self.view.value,
            "model": self.model,
            "context": self.context,
            "treat": [str(t) for t in self.treatments],
            "data": self.data,
            "dose": [str(d) for d in self.doses],
            "gene": list(self.genes),
            "up": list(self.up),
            "down": list(self.down),
            "set": self.gene_set,
        }
        if self.view is View.SIDE_BY_SIDE:
            texts |= {"rule": self.rule.value, "measure": self.measure.value}
            texts |= {"least": str(self.least)} if self.least else {}
        return {name: value for name, value in texts.items() if value}

    @property
    def plans(self) -> tuple[Plan, ...]:
        """The same treatments as plans that the Predict page's runner takes, some at a time."""
        blocks = range(0, len(self.treatments), MOST_TREATMENTS)
        return tuple(self.plan(self.treatments[i : i + MOST_TREATMENTS]) for i in blocks)

    def plan(self, treatments: Sequence[Treatment]) -> Plan:
        """Other treatments in the same place."""
        return Plan(self.model, self.context, tuple(treatments), self.data)

    @property
    def compound(self) -> Perturbation:
        """The compound whose doses are asked.

        Raises
        ------
        InputError
            When a gene, or more than one compound, is asked.
        """
        found = [p for t in self.treatments for p in t.perturbations]
        if len(found) != 1 or found[0].modality is not Modality.COMPOUND:
            raise InputError("A dose curve is of one compound by itself: choose a compound.")
        return found[0]

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
        every = {name: [text for text in parameters.get(name, ()) if text] for name in NAMES}
        treat = every["treat"]
        if not treat:
            return None
        if len(treat) > MOST or any(len(text) > LONGEST_TEXT for texts in every.values() for text in texts):
            raise InputError("This link asks for more than one page can show.")
        if any(len(every[name]) > MOST_GENES for name in ("gene", "up", "down", "dose")):
            raise InputError(f"This link names more than {MOST_GENES} genes or doses.")
        first = {name: next(iter(texts), "") for name, texts in every.items()}
        if not first["model"] or not first["context"]:
            raise InputError(
                "This link names no model or no context; it may have been cut when it was copied."
            )
        return cls(
            view=_one(View, first["view"] or View.SIDE_BY_SIDE.value),
            model=first["model"],
            context=first["context"],
            treatments=tuple(dict.fromkeys(Treatment.parse(text) for text in treat)),
            data=first["data"][:_HASH],
            doses=tuple(read_dose(text) for text in every["dose"]),
            genes=tuple(dict.fromkeys(every["gene"])),
            up=tuple(dict.fromkeys(every["up"])),
            down=tuple(dict.fromkeys(every["down"])),
            gene_set=first["set"],
            least=int(first["least"]) if first["least"].isdecimal() else 0,
            rule=_one(Rule, first["rule"] or Rule.INTERVAL.value),
            measure=_one(Similarity, first["measure"] or Similarity.COSINE.value),
        )


def read_dose(text: str) -> Dose:
    """A dose such as ``0.5uM``.

    Raises
    ------
    InputError
        Where it is none.
    """
    refused = InputError(f"{text!r} is no dose; write a number with its unit, for example 0.5uM.")
    try:
        perturbations = Treatment.parse(f"dose@{text.strip()}").ordered
    except InputError:
        raise refused from None
    if len(perturbations) != 1 or perturbations[0].dose is None:
        raise refused
    return perturbations[0].dose


def _one(kind: type[E], text: str) -> E:
    try:
        return kind(text)
    except ValueError:
        known = ", ".join(kind)
        raise InputError(f"This link asks for {text!r}; the page knows: {known}.") from None
