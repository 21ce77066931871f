"""Who answers what: the predictor that was best on held-out conditions of a kind of question."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from xpert.model.question import Question

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

EVERYWHERE = ""


@dataclass(frozen=True)
class Answer:
    """Who answers a kind of question in a context.

    Attributes
    ----------
    question
        The kind of question.
    context
        Where; empty for every context that is not named apart.
    predictor
        Name of the predictor.
    measured
        Whether the kind of question was put to held-out conditions; if not, it was decided with its kin.
    """

    question: Question
    context: str
    predictor: str
    measured: bool

    def to_dict(self) -> dict[str, Any]:
        """Plain types for JSON."""
        return {
            "question": self.question.value,
            "label": self.question.label,
            "context": self.context,
            "predictor": self.predictor,
            "measured": self.measured,
        }


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

    def answers(self, measured: Collection[Question]) -> tuple[Answer, ...]:
        """Everyone who answers something, by kind of question and then context.

        Parameters
        ----------
        measured
            Kinds of question that were put to held-out conditions.
        """
        return tuple(
            Answer(question, context, name, question in measured)
            for question in Question
            for context, name in [(EVERYWHERE, self.everywhere[question]), *self._apart(question)]
        )

    def _apart(self, question: Question) -> list[tuple[str, str]]:
        return [(context, name) for (kind, context), name in self.in_context.items() if kind is question]

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
