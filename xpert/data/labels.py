"""What the labels of a perturbation column name: one thing or a combination, a guide's target, a dose."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xpert.data.controls import control_strength, is_control_member, is_symbol
from xpert.errors import InputError
from xpert.perturbation import Dose, DoseUnit, Modality

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xpert.data.genes import GeneNames

SEPARATORS = ("+", "|", ";", "&", ",", "_")
_GUIDE_NUMBER = re.compile(
    r"^(?P<target>.+?)(?:[-_. ]?(?:sg|g|gRNA|sgRNA|guide)[-_ ]?#?\d{1,3}|[-_.#]\d{1,5}"
    r"|[-_ ](?:ko|kd|oe|crispri|crispra|crispr|sh|si|sg|activation|knockout|knockdown))$",
    re.IGNORECASE,
)
_UNIT = r"nM|[uµμ]M|mM|M|ng/m[lL]|[uµμ]g/m[lL]|%"
_NAME_WITH_DOSE = re.compile(rf"^(?P<name>.+?)(?:_|@|\s)(?P<value>\d+(?:\.\d+)?)\s?(?P<unit>{_UNIT})$")
# Tahoe-100M writes a label as a list of tuples: [('Adagrasib', 0.05, 'uM')]
_TUPLES = re.compile(rf"\((['\"])(.+?)\1,\s*(\d+(?:\.\d+)?(?:e-?\d+)?),\s*['\"]({_UNIT})['\"]\)")
_QUALIFIER = re.compile(
    rf"(?:\d+(?:\.\d+)?\s?(?:{_UNIT}|h|hr|hrs|hours?|min|d|days?)|(?:sg|g|gRNA|sgRNA|guide|rep|r)[-_ ]?\d+)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a label.

    Attributes
    ----------
    place
        Position in the label, control counted.
    name
        Name of the target as written, without a dose.
    dose
        The dose that the label states; None where it states none.
    """

    place: int
    name: str
    dose: Dose | None = None


@dataclass(frozen=True)
class LabelReader:
    """Splits a label into what is perturbed.

    Attributes
    ----------
    separator
        What stands between the members of a combination; None where each label is one thing.
    whole
        Labels that are one thing although they hold the separator.
    control_labels
        Labels that mean control.
    guides
        Gene names, where a label names guides and the target is the name without the guide's number.
    """

    separator: str | None
    whole: frozenset[str]
    control_labels: frozenset[str]
    guides: GeneNames | None = None

    def members(self, label: str) -> tuple[Member, ...]:
        """Each member that is not control; a target that stands twice is given once."""
        if label in self.control_labels:
            return ()
        found: dict[str, Member] = {}
        for place, (name, dose) in enumerate(self._parts(label)):
            if not is_control_member(name, self.control_labels):
                target = guide_target(name, self.guides) if self.guides else name
                found.setdefault(target, Member(place, target, dose))
        return tuple(found.values())

    def _parts(self, label: str) -> list[tuple[str, Dose | None]]:
        listed = _TUPLES.findall(label) if label.startswith("[(") else []
        if listed:
            return [(name, Dose(float(value), DoseUnit.of(unit))) for _, name, value, unit in listed]
        if self.separator is None or self.separator not in label or label in self.whole:
            return [split_dose(label)]
        return [split_dose(part.strip()) for part in label.split(self.separator) if part.strip()]


def split_dose(label: str) -> tuple[str, Dose | None]:
    """Name and dose of a label that states both: ``Belinostat_10uM``, ``JQ1@500 nM``."""
    found = _NAME_WITH_DOSE.match(label)
    if found is None:
        return label, None
    return found["name"], Dose(float(found["value"]), DoseUnit.of(found["unit"]))


def guide_target(guide: str, genes: GeneNames) -> str:
    """Target of a guide by its name: ``STAT1g2``, ``STAT1_sg2`` and ``STAT1-2`` hit STAT1, NKX2-1 is itself."""
    found = _GUIDE_NUMBER.match(guide)
    return found["target"] if found and genes.resolve(guide) is None else guide


def are_guides(labels: Sequence[str], genes: GeneNames) -> bool:
    """Whether most labels are no gene as they stand, but are one without a guide's number."""
    parts = dict.fromkeys(part.strip() for label in labels for part in re.split(r"[+|;&,]", label))
    named = [part for part in parts if control_strength(part) is None]
    guides = sum(
        genes.resolve(part) is None and genes.resolve(guide_target(part, genes)) is not None for part in named
    )
    return bool(named) and guides >= 0.6 * len(named)


def are_genes(labels: Sequence[str], genes: GeneNames) -> bool:
    """Whether most labels are genes or combinations of genes, by any separator."""
    named = [label for label in labels if control_strength(label) is None]
    hits = 0
    for label in named:
        parts = [part for part in re.split(r"[+|;&,_]", label) if control_strength(part.strip()) is None]
        hits += genes.resolve(label) is not None or (
            bool(parts) and all(genes.resolve(guide_target(part.strip(), genes)) for part in parts)
        )
    return bool(named) and hits >= 0.6 * len(named)


def find_separator(labels: Sequence[str], genes: GeneNames, *, are_genetic: bool) -> str | None:
    """What stands between the members of combinations, decided from the labels themselves.

    A separator is believed where at least half of the labels that hold it fall into parts that are vouched
    for (see `combinations`). The one that explains most labels wins.
    """
    scores: dict[str, int] = {}
    for separator in SEPARATORS:
        holders = sum(separator in label for label in labels)
        split = len(combinations(labels, separator, genes, are_genetic=are_genetic)) if holders else 0
        if split and split >= 0.5 * holders:
            scores[separator] = split
    return max(scores, key=lambda s: (scores[s], -SEPARATORS.index(s)), default=None)


def combinations(
    labels: Sequence[str], separator: str, genes: GeneNames, *, are_genetic: bool
) -> frozenset[str]:
    """The labels that are combinations with this separator, because their parts are vouched for.

    A part is vouched for by being a control, a label of its own, a gene, or by standing beside control.
    The names of compounds hold any character: there a part is also vouched for by standing in another
    combination, or beside a part that is vouched for.
    """
    parts_of = {
        label: [part.strip() for part in label.split(separator)]
        for label in labels
        if separator in label and not is_symbol(label, genes)
    }
    singles = {label for label in labels if separator not in label}
    recurring = Counter(part for parts in parts_of.values() for part in set(parts))

    def is_vouched(part: str) -> bool:
        if control_strength(part) == "clear" or part in singles:
            return True
        if are_genetic:
            return _is_name(part) and genes.resolve(guide_target(part, genes)) is not None
        return _is_name(part) and recurring[part] > 1

    def is_combination(parts: list[str]) -> bool:
        beside = any(control_strength(part) == "clear" for part in parts)
        beside |= not are_genetic and any(part in singles for part in parts)
        return all(is_vouched(part) or (beside and _is_name(part)) for part in parts)

    return frozenset(label for label, parts in parts_of.items() if is_combination(parts))


def _is_name(part: str) -> bool:
    """Whether a part can be the name of something on its own."""
    return (
        sum(c.isalpha() for c in part) >= 2 and part.count("(") == part.count(")") and not _is_qualifier(part)
    )


def _is_qualifier(part: str) -> bool:
    """Whether a part says how and not what: a dose, a duration, a modality, a guide's or replicate's number."""
    if _QUALIFIER.fullmatch(part):
        return True
    try:
        Modality.of(part)
    except InputError:
        return False
    return True
