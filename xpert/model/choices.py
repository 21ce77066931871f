"""Who answers what: the predictor that was best on held-out conditions of a kind of question."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from xpert.model.question import Question

if TYPE_CHECKING:
    from collections.abc import Mapping

EVERYWHERE = ""


@dataclass(frozen=True)
class Choices:
    """The predictor that answers each kind of question.

    Attributes
    ----------
    everywhere
        By kind of question; every kind has one.
    in_context
        By kind of question and context, for contexts that had enough held-out conditions of their own: what
        can be predicted in one cell line may be noise in another.
    """

    everywhere: Mapping[Question, str]
    in_context: Mapping[tuple[Question, str], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if missing := set(Question) - set(self.everywhere):
            raise ValueError(f"no predictor answers {', '.join(sorted(missing))}")

    def answering(self, question: Question, context: str) -> str:
        """Name of the predictor that answers this kind of question in this context."""
        return self.in_context.get((question, context), self.everywhere[question])

    @property
    def names(self) -> frozenset[str]:
        """Everyone who answers something."""
        return frozenset({*self.everywhere.values(), *self.in_context.values()})

    def config(self) -> dict[str, dict[str, str]]:
        """By question, then by context; the empty context stands for everywhere."""
        listed = {question.value: {EVERYWHERE: name} for question, name in self.everywhere.items()}
        for (question, context), name in self.in_context.items():
            listed[question.value][context] = name
        return listed

    @classmethod
    def restore(cls, config: Mapping[str, Mapping[str, str]]) -> Self:
        """Read what `config` wrote."""
        return cls(
            {Question(q): names[EVERYWHERE] for q, names in config.items()},
            {
                (Question(q), context): name
                for q, names in config.items()
                for context, name in names.items()
                if context != EVERYWHERE
            },
        )
