"""What is asked on the page, and the same in its address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from xpert.design.question import Direction, Hypothesis
from xpert.errors import InputError
from xpert.perturbation import Treatment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NAMES = ("model", "context", "treat", "direction", "what", "data", "support")
LONGEST_TEXT, LONGEST_LIST = 600, 6_000
_HASH = 16
_MEASURED = "measured"


@dataclass(frozen=True)
class Asked:
    """A hypothesis put to a model.

    Attributes
    ----------
    model, context
        Who is asked, about which cells.
    treatment
        What is done, as text.
    direction
        ``up`` or ``down``.
    what
        A gene, the name of a set, or genes with commas between them.
    data
        First letters of the sha256 of the file that the context is from; empty for the model's own.
    support
        Whether treatments that were measured there correct the answer.
    """

    model: str
    context: str
    treatment: str
    direction: str
    what: str
    data: str = ""
    support: bool = False

    def __post_init__(self) -> None:
        if not self.treatment.strip():
            raise InputError("Name what is perturbed, for example KLF1:crispra.")
        if not self.what.strip():
            raise InputError("Name a gene or a set of genes that should go up or down.")
        object.__setattr__(self, "treatment", str(Treatment.parse(self.treatment)))
        object.__setattr__(self, "data", self.data[:_HASH])

    @property
    def hypothesis(self) -> Hypothesis:
        """The same as a value.

        Raises
        ------
        InputError
            Where a part of it cannot be read.
        """
        return Hypothesis.about(self.treatment, self.context, self.direction, self.what)

    @property
    def query(self) -> dict[str, str]:
        """The query parameters that name it."""
        asked = {
            "model": self.model,
            "context": self.context,
            "treat": self.treatment,
            "direction": self.direction,
            "what": self.what,
        }
        file = {"data": self.data} if self.data else {}
        return asked | file | ({"support": _MEASURED} if self.support else {})

    @classmethod
    def from_query(cls, parameters: Mapping[str, Sequence[str]]) -> Self | None:
        """Read query parameters; None where they ask for nothing.

        Raises
        ------
        InputError
            When they ask for something that cannot be read.
        """
        first = {name: next(iter(parameters.get(name, ())), "") for name in NAMES}
        if not any(first.values()):
            return None
        if not all(first[name] for name in ("model", "context", "treat", "what")):
            raise InputError(
                "This link lacks a part of the hypothesis; it may have been cut when it was copied."
            )
        if len(first["treat"]) > LONGEST_TEXT or len(first["what"]) > LONGEST_LIST:
            raise InputError("This link asks for more than one page can show.")
        direction = Direction.DOWN if first["direction"].casefold() in {"down", "lowers"} else Direction.UP
        return cls(
            first["model"], first["context"], first["treat"], direction.value, first["what"], first["data"],
            support=first["support"] == _MEASURED,
        )  # fmt: skip


EXAMPLES = (
    Asked("perturbseq", "k562", "CEBPE:crispra + KLF1:crispra", "up", "HBG2"),
    Asked("papalexi", "all cells", "STAT1:ko", "down", "HALLMARK_INTERFERON_GAMMA_RESPONSE"),
    Asked("l1000", "L1000 consensus", "vorinostat:compound", "up", "CDKN1A"),
)
