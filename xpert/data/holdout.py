"""The rules by which conditions are held out. Each is seeded and draws whole groups, so that nothing leaks."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from xpert.data.split import Rule, Split
from xpert.errors import InputError
from xpert.perturbation import CONTROL, Modality

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from xpert.data.responses import Condition
    from xpert.perturbation import Dose, Perturbation

Hit = tuple[str, Modality]


@dataclass(frozen=True)
class Draw:
    """How much is held out.

    Attributes
    ----------
    test, validation
        Share of the groups, 0 to 1; at least one group is held out where the share is above 0.
    seed
        Seed of the draw; the same seed and conditions give the same split, in whatever order they come.
    """

    test: float = 0.2
    validation: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        if not (0 < self.test < 1 and 0 <= self.validation < 1 and self.test + self.validation < 1):
            raise InputError(
                f"Shares held out are between 0 and 1 and leave something to train on, not {self.test} and "
                f"{self.validation}."
            )

    def groups(self, names: Iterable[str]) -> tuple[frozenset[str], frozenset[str]]:
        """Names that are drawn for test and for validation."""
        ordered = sorted(set(names))
        shuffled = [ordered[i] for i in np.random.default_rng(self.seed).permutation(len(ordered))]
        test = max(1, round(self.test * len(ordered)))
        validation = max(1, round(self.validation * len(ordered))) if self.validation else 0
        if test + validation >= len(ordered):
            raise InputError(f"{len(ordered)} groups are too few to hold out {test + validation} of them.")
        return frozenset(shuffled[:test]), frozenset(shuffled[test : test + validation])


def hold_out_perturbations(conditions: Sequence[Condition], draw: Draw = Draw()) -> Split:
    """Targets that no training condition hits, by whatever modality."""
    groups = {condition: set(condition.treatment.targets) for condition in _treated(conditions)}
    return _by_groups(Rule.UNSEEN_PERTURBATION, groups, draw)


def hold_out_compounds(
    conditions: Sequence[Condition],
    draw: Draw = Draw(),
    *,
    parents: Mapping[str, str] | None = None,
) -> Split:
    """Compounds that no training condition holds, at any dose.

    Parameters
    ----------
    conditions
        All conditions; those without a compound are trained on.
    draw
        How much is held out.
    parents
        Compound to its parent: salts and other forms of one parent stay on one side.
    """
    parent = dict(parents or {})
    groups = {c: {parent.get(name, name) for name in _compounds(c)} for c in _treated(conditions)}
    return _by_groups(Rule.UNSEEN_COMPOUND, groups, draw)


def hold_out_scaffolds(
    conditions: Sequence[Condition],
    scaffolds: Mapping[str, str],
    draw: Draw = Draw(),
    *,
    parents: Mapping[str, str] | None = None,
) -> Split:
    """Scaffolds that no training condition's compounds have.

    Parameters
    ----------
    conditions
        All conditions; those without a compound are trained on.
    scaffolds
        Compound to its scaffold; a compound whose scaffold is empty, being without rings, is a group alone.
    draw
        How much is held out.
    parents
        Compound to its parent; forms of one parent stay together even if their scaffolds differ.

    Raises
    ------
    InputError
        When a compound has no entry in `scaffolds`.
    """
    names = sorted({name for condition in conditions for name in _compounds(condition)})
    missing = [name for name in names if name not in scaffolds]
    if missing:
        raise InputError(f"No scaffold is given for {len(missing)} compounds, for example {missing[0]!r}.")
    parent = {name: (parents or {}).get(name, name) for name in names}  # a parent is its own form
    group = _joined(names, [scaffolds, parent])
    groups = {c: {group[name] for name in _compounds(c)} for c in _treated(conditions)}
    return _by_groups(Rule.UNSEEN_SCAFFOLD, groups, draw)


def hold_out_contexts(
    conditions: Sequence[Condition],
    draw: Draw = Draw(),
    *,
    contexts: Collection[str] | None = None,
) -> Split:
    """Contexts in which nothing is trained on: those named, or some that are drawn."""
    groups = {condition: {condition.context} for condition in _treated(conditions)}
    if contexts is None:
        return _by_groups(Rule.UNSEEN_CONTEXT, groups, draw)
    unknown = set(contexts) - {condition.context for condition in groups}
    if unknown:
        raise InputError(f"No condition stands in the context {', '.join(sorted(unknown))}.")
    return _parted(Rule.UNSEEN_CONTEXT, groups, draw, frozenset(contexts), frozenset())


def hold_out_doses(
    conditions: Sequence[Condition],
    draw: Draw = Draw(),
    *,
    between: bool = False,
) -> Split:
    """Doses at which a compound is not trained on, while it is at others.

    Parameters
    ----------
    conditions
        All conditions.
    draw
        Share of the compounds of which one dose is held out, in every context.
    between
        Whether only doses between others are held out, so that the test is interpolation.

    Raises
    ------
    InputError
        When no compound has enough doses.
    """
    ladder: dict[str, set[Dose]] = defaultdict(set)
    for perturbation in (p for c in conditions for p in c.treatment.perturbations):
        if perturbation.dose is not None:
            ladder[perturbation.target].add(perturbation.dose)
    steps = {name: sorted(doses)[1:-1] if between else sorted(doses) for name, doses in ladder.items()}
    able = [name for name, doses in steps.items() if doses and len(ladder[name]) > 1]
    if not able:
        raise InputError("No compound has enough doses to hold one out.")
    test, validation = draw.groups(able) if len(able) > 1 else (frozenset(able), frozenset[str]())
    random = np.random.default_rng([draw.seed, 1])
    held = {name: steps[name][int(random.integers(len(steps[name])))] for name in sorted(test | validation)}
    groups = {
        c: {p.target for p in c.treatment.perturbations if p.target in held and p.dose == held[p.target]}
        for c in _treated(conditions)
    }
    return _parted(Rule.UNSEEN_DOSE, groups, draw, test, validation, between=between)


def hold_out_combinations(
    conditions: Sequence[Condition],
    draw: Draw = Draw(),
    *,
    singles_seen: int = 2,
) -> Split:
    """Pairs that are not trained on, of whose two members so many are trained on alone in the same context.

    A member that is not seen occurs in no training condition at all. What would show it to the model, and
    what holds the pair and more, is put into `unused`.

    Raises
    ------
    InputError
        When no pair qualifies.
    """
    if singles_seen not in {0, 1, 2}:
        raise InputError(f"Of a pair 0, 1 or 2 members are seen alone, not {singles_seen}.")
    treated = _treated(conditions)
    alone = {
        (c.context, _hit(p)) for c in treated if len(c.treatment) == 1 for p in c.treatment.perturbations
    }
    pairs = [c for c in treated if len(c.treatment) == 2]
    able = [c for c in pairs if sum((c.context, hit) in alone for hit in _hits(c)) >= singles_seen]
    if len(able) < 2:
        raise InputError(f"Too few pairs have {singles_seen} of their members measured alone: {len(able)}.")
    test, validation = draw.groups(str(c.treatment) for c in able)
    hidden = _hidden(able, test | validation, alone, singles_seen, draw.seed)
    parts: dict[str, list[Condition]] = {"train": [], "test": [], "validation": [], "unused": []}
    train = {c for c in treated if not _hits(c) & hidden and not _holds_pair(c, pairs, test | validation)}
    trained_alone = {(c.context, hit) for c in train if len(c.treatment) == 1 for hit in _hits(c)}
    for condition in treated:
        seen = {hit for hit in _hits(condition) if (condition.context, hit) in trained_alone}
        name = str(condition.treatment)
        qualifies = (
            len(condition.treatment) == 2 and len(seen) == singles_seen and _hits(condition) - seen <= hidden
        )
        part = "test" if name in test else "validation" if name in validation else ""
        parts["train" if condition in train else part if part and qualifies else "unused"].append(condition)
    return Split(
        Rule.UNSEEN_COMBINATION,
        draw.seed,
        settings={"singles_seen": singles_seen, "test": draw.test, "validation": draw.validation},
        **{part: tuple(listed) for part, listed in parts.items()},
    )


def _hidden(
    pairs: Sequence[Condition],
    held: Collection[str],
    alone: Collection[tuple[str, Hit]],
    singles_seen: int,
    seed: int,
) -> frozenset[Hit]:
    """The members of held-out pairs that must not be seen: one of each pair, or both."""
    random = np.random.default_rng([seed, 2])
    hidden: set[Hit] = set()
    for pair in sorted((c for c in pairs if str(c.treatment) in held), key=str):
        hits = sorted(_hits(pair))
        if singles_seen == 0:
            hidden |= set(hits)
        if singles_seen == 1 and len(hidden & set(hits)) == 0:
            # The one that stays must be measured alone, and not be hidden for another pair.
            able = [
                hit for hit in hits if any((pair.context, other) in alone for other in hits if other != hit)
            ]
            hidden.add(able[int(random.integers(len(able)))])
    return frozenset(hidden)


def _holds_pair(condition: Condition, pairs: Sequence[Condition], held: Collection[str]) -> bool:
    """Whether a condition is a held-out pair, or one with more added, in any context."""
    return any(_hits(pair) <= _hits(condition) for pair in pairs if str(pair.treatment) in held)


def _by_groups(rule: Rule, groups: Mapping[Condition, set[str]], draw: Draw) -> Split:
    test, validation = draw.groups(name for names in groups.values() for name in names)
    return _parted(rule, groups, draw, test, validation)


def _parted(
    rule: Rule,
    groups: Mapping[Condition, set[str]],
    draw: Draw,
    test: frozenset[str],
    validation: frozenset[str],
    **settings: object,
) -> Split:
    """A condition is held out as soon as one of its groups is; for test rather than for validation."""
    return Split(
        rule,
        draw.seed,
        train=tuple(c for c, names in groups.items() if not names & (test | validation)),
        validation=tuple(c for c, names in groups.items() if names & validation and not names & test),
        test=tuple(c for c, names in groups.items() if names & test),
        settings={
            "test": draw.test,
            "validation": draw.validation,
            "held_out": sorted(test),
            "held_out_for_validation": sorted(validation),
            **settings,
        },
    )


def _joined(names: Sequence[str], labels: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Group of each name, where names that share a label are in one group, directly or by way of others."""
    group = {name: name for name in names}

    def root(name: str) -> str:
        while group[name] != name:
            name = group[name]
        return name

    for label_of in labels:
        first: dict[str, str] = {}
        for name in names:
            label = label_of.get(name)
            if label:
                group[root(name)] = root(first.setdefault(label, name))
    return {name: root(name) for name in names}


def _treated(conditions: Iterable[Condition]) -> list[Condition]:
    return [condition for condition in dict.fromkeys(conditions) if condition.treatment != CONTROL]


def _compounds(condition: Condition) -> set[str]:
    return {p.target for p in condition.treatment.perturbations if p.modality is Modality.COMPOUND}


def _hit(perturbation: Perturbation) -> Hit:
    return (perturbation.target, perturbation.modality)


def _hits(condition: Condition) -> frozenset[Hit]:
    return frozenset(_hit(p) for p in condition.treatment.perturbations)
