"""One predictor for each kind of question: what is best for a combination is not best for an unseen gene."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from xpert.data.responses import Condition
from xpert.model.baselines.profiles import check_kind, require_fitted
from xpert.model.question import Known, Question
from xpert.perturbation import Treatment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xpert.data.responses import Context, Floats, Responses
    from xpert.model.baselines.blend import StoredPredictor


@dataclass(frozen=True, eq=False)
class Routed:
    """Each condition is answered by the member that is meant for its kind of question.

    Attributes
    ----------
    members
        The predictors.
    routes
        Place in `members` for kinds of question; the first member answers every other kind.
    title
        Name as shown beside a score.
    known
        What was measured; None before `fit`.
    """

    members: tuple[StoredPredictor, ...]
    routes: Mapping[Question, int]
    title: str = "routed"
    known: Known | None = None

    def __post_init__(self) -> None:
        if not self.members or not all(0 <= place < len(self.members) for place in self.routes.values()):
            raise ValueError("a route leads to no member")

    @property
    def name(self) -> str:
        """Name as shown beside a score."""
        return self.title

    def fit(self, responses: Responses) -> Self:
        """Fit every member and take note of what was measured."""
        members = tuple(member.fit(responses) for member in self.members)
        return replace(self, members=members, known=Known.of(responses.conditions))

    def predict(self, conditions: Sequence[Condition], contexts: Mapping[str, Context]) -> Floats:
        """Each member's answer to its own kinds of question, shape ``(conditions, genes)``."""
        known = require_fitted(self.known, self.name)
        place = np.array([self.routes.get(known.classify(c), 0) for c in conditions], dtype=np.intp)
        # Asked about nothing, a member still tells how many genes it answers for.
        genes = self.members[0].predict([], contexts).shape[1]
        shift = np.zeros((len(conditions), genes))
        for number in np.unique(place).tolist():
            rows = np.flatnonzero(place == number)
            asked = [conditions[i] for i in rows.tolist()]
            shift[rows] = self.members[number].predict(asked, contexts)
        return shift

    def config(self) -> dict[str, Any]:
        """Everything but arrays, as JSON."""
        known = require_fitted(self.known, self.name)
        return {
            "kind": "routed",
            "title": self.title,
            "routes": {question.value: place for question, place in self.routes.items()},
            "known": sorted([context, str(treatment)] for context, treatment in known.conditions),
            "members": [member.config() for member in self.members],
        }

    def arrays(self) -> dict[str, Floats]:
        """Learned numbers by name; a member's stand under its number."""
        return {
            f"{number}.{name}": values
            for number, member in enumerate(self.members)
            for name, values in member.arrays().items()
        }

    @classmethod
    def restore(cls, config: Mapping[str, Any], arrays: Mapping[str, Floats]) -> Self:
        """Inverse of `config` and `arrays`."""
        from xpert.model.baselines.registry import restore_members

        check_kind(config, "routed")
        return cls(
            members=restore_members(config["members"], arrays),
            routes={Question(question): place for question, place in config["routes"].items()},
            title=config["title"],
            known=Known.of(Condition(c, Treatment.parse(text)) for c, text in config["known"]),
        )
