"""Which conditions are held out together, so that each kind of question is put to a model that cannot know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from xpert.model.question import Known, Question, hits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

    from xpert.data.responses import Condition
    from xpert.model.question import Hits

    Rows = npt.NDArray[np.intp]

# Up to this many groups each is held out alone, which loses the least training data.
MOST_ALONE = 40


@dataclass(frozen=True, eq=False)
class Holdout:
    """One refit: what is learned from and what is asked.

    Attributes
    ----------
    protocol
        ``combination``, ``target``, ``context``, ``pair`` or ``dose``: what is held out.
    train, test
        Rows of the responses, without overlap.
    questions
        Kind of question of each test row, as seen from the training rows.
    """

    protocol: str
    train: Rows
    test: Rows
    questions: tuple[Question, ...]


def holdouts(
    conditions: Sequence[Condition], *, seed: int = 0, folds: int = 5, groups: Mapping[str, str] | None = None
) -> tuple[Holdout, ...]:
    """Every refit that is needed to meet each kind of question that the conditions can pose.

    Combinations are left out one by one, whole in all contexts. Targets are left out in groups, with every
    condition that touches one of them, and their single perturbations are asked. Contexts are left out
    whole, and the treatments that another context shares are asked. Single pairs of a treatment and a context
    are left out in parts, with every strength of the treatment there. Of a treatment with several strengths
    one is left out at a time. Where more than `MOST_ALONE` groups would be left out one by one, they are
    dealt into `folds` parts.

    Parameters
    ----------
    conditions
        What was measured.
    seed
        Of the deal.
    folds
        Number of parts, at least 2.
    groups
        Group of a target's name where it is not the name itself: salts and stereoisomers of one parent
        compound must share a group.
    """
    if folds < 2:
        raise ValueError(f"at least 2 folds are needed, not {folds}")
    plans = (
        ("combination", _combinations(conditions, seed, folds)),
        ("target", _targets(conditions, seed, folds, groups or {})),
        ("context", _contexts(conditions, seed, folds)),
        ("pair", _pairs(conditions, seed, folds)),
        ("dose", _doses(conditions, folds)),
    )
    return tuple(
        found
        for protocol, plan in plans
        for train, test in plan
        if (found := _asked(protocol, conditions, train, test)) is not None
    )


_KINDS: dict[str, frozenset[Question]] = {
    "combination": frozenset(
        {
            Question.BOTH_SINGLES_SEEN,
            Question.ONE_SINGLE_SEEN,
            Question.NO_SINGLE_SEEN,
            Question.UNSEEN_MIXED,
        }
    ),
    "target": frozenset({Question.UNSEEN_GENE, Question.UNSEEN_COMPOUND}),
    "context": frozenset({Question.SEEN_TREATMENT_NEW_CONTEXT}),
    "pair": frozenset({Question.NEW_PAIR}),
    "dose": frozenset({Question.NEW_DOSE}),
}


def _asked(protocol: str, conditions: Sequence[Condition], train: Rows, test: Rows) -> Holdout | None:
    """The test rows that pose a question of this protocol; None where there are none, or nothing to learn from."""
    known = Known.of(conditions[i] for i in train)
    kinds = [known.classify(conditions[i]) for i in test]
    kept = [place for place, kind in enumerate(kinds) if kind in _KINDS[protocol]]
    if not kept or not len(train):
        return None
    return Holdout(protocol, train, test[kept], tuple(kinds[place] for place in kept))


def _combinations(conditions: Sequence[Condition], seed: int, folds: int) -> Iterator[tuple[Rows, Rows]]:
    names: list[str | None] = [
        "+".join(sorted(f"{t}:{m}" for t, m in hit)) if len(hit) > 1 else None
        for hit in (hits(c.treatment.active) for c in conditions)
    ]
    fold = _dealt(names, seed, folds)
    for number in range(fold.max(initial=-1) + 1):
        yield np.flatnonzero(fold != number), np.flatnonzero(fold == number)


def _targets(
    conditions: Sequence[Condition], seed: int, folds: int, groups: Mapping[str, str]
) -> Iterator[tuple[Rows, Rows]]:
    touched = [{groups.get(t, t) for t in c.treatment.active.targets} for c in conditions]
    names = sorted(set().union(*touched)) if touched else []
    fold_of = dict(zip(names, _dealt(names, seed, folds).tolist(), strict=True))
    for number in range(max(fold_of.values(), default=-1) + 1):
        touches = np.array([any(fold_of[name] == number for name in hit) for hit in touched])
        single = np.array([len(c.treatment.active) == 1 for c in conditions])
        yield np.flatnonzero(~touches), np.flatnonzero(touches & single)


def _contexts(conditions: Sequence[Condition], seed: int, folds: int) -> Iterator[tuple[Rows, Rows]]:
    fold = _dealt([c.context for c in conditions], seed, folds)
    for number in range(fold.max(initial=-1) + 1):
        yield np.flatnonzero(fold != number), np.flatnonzero(fold == number)


def _pairs(conditions: Sequence[Condition], seed: int, folds: int) -> Iterator[tuple[Rows, Rows]]:
    """Pairs of a treatment and a context, dealt so that each part takes few from any one treatment."""
    where: dict[Hits, dict[str, list[int]]] = {}
    for row, condition in enumerate(conditions):
        where.setdefault(hits(condition.treatment.active), {}).setdefault(condition.context, []).append(row)
    shared = [places for hit, places in where.items() if hit and len(places) > 1]
    shared.sort(key=lambda places: str(conditions[min(min(rows) for rows in places.values())].treatment))
    draw = np.random.default_rng([seed, len(shared)])
    parts: list[list[int]] = [[] for _ in range(folds)]
    for places in shared:
        first = int(draw.integers(folds))
        for place, context in enumerate(draw.permutation(sorted(places)).tolist()):
            parts[(first + place) % folds] += places[context]
    for part in parts:
        test = np.array(sorted(part), dtype=np.intp)
        yield np.setdiff1d(np.arange(len(conditions)), test), test


def _doses(conditions: Sequence[Condition], folds: int) -> Iterator[tuple[Rows, Rows]]:
    """Of every treatment with several strengths, hold out the first, then the second …"""
    strengths: dict[Any, list[int]] = {}
    for row, condition in enumerate(conditions):
        treatment = condition.treatment.active
        if not treatment.is_control:
            strengths.setdefault((condition.context, hits(treatment)), []).append(row)
    several = [
        sorted(rows, key=lambda i: str(conditions[i].treatment))
        for rows in strengths.values()
        if len(rows) > 1
    ]
    count = min(folds, max(map(len, several), default=0))
    for number in range(count):
        test = np.array(sorted(i for rows in several for i in rows[number::count]), dtype=np.intp)
        yield np.setdiff1d(np.arange(len(conditions)), test), test


def _dealt(names: Sequence[str | None], seed: int, folds: int) -> Rows:
    """Fold of each row by its name, −1 without one; independent of the order of rows."""
    distinct = sorted({name for name in names if name is not None})
    count = len(distinct) if len(distinct) <= MOST_ALONE else folds
    order = np.random.default_rng([seed, len(distinct)]).permutation(len(distinct))
    fold = {name: int(place) % count for name, place in zip(distinct, order, strict=True)}
    return np.array([-1 if name is None else fold[name] for name in names], dtype=np.intp)
