"""The sources' compounds joined to one list, so that a name is understood at once when it is asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from xpert.features.compounds import SEPARATOR, Compound, CompoundKnowledge, listed
from xpert.features.naming import fold, variants

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# The most trusted first.
SOURCES = ("hub", "lincs", "sciplex")


def as_table(knowledge: CompoundKnowledge) -> pd.DataFrame:
    """One row a compound, with every folded spelling that means it."""
    spellings: list[list[str]] = [[] for _ in knowledge.compounds]
    for spelling, place in sorted(knowledge.synonyms.items()):
        spellings[place].append(spelling)
    return pd.DataFrame(
        {
            "name": [c.name for c in knowledge.compounds],
            "smiles": [c.smiles or "" for c in knowledge.compounds],
            "targets": [SEPARATOR.join(c.targets) for c in knowledge.compounds],
            "mechanisms": [SEPARATOR.join(c.mechanisms) for c in knowledge.compounds],
            "key": [c.key or "" for c in knowledge.compounds],
            "spellings": [SEPARATOR.join(found) for found in spellings],
        }
    )


def merged(tables: Mapping[str, pd.DataFrame]) -> CompoundKnowledge:
    """Join the sources: a name that an earlier source has is no new compound."""
    library = _Library()
    for source in SOURCES:
        columns = {name: column.tolist() for name, column in tables[source].items()}
        for row in (
            dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
        ):
            library.add(
                Compound(
                    name=row["name"],
                    smiles=row["smiles"] or None,
                    targets=listed(row.get("targets", "")),
                    mechanisms=listed(row.get("mechanisms", "")),
                    key=row["key"] or None,
                ),
                listed(row["synonyms"]),
            )
    return library.finished()


class _Library:
    """Collects compounds and their spellings, the most trusted source first."""

    def __init__(self) -> None:
        self.compounds: list[Compound] = []
        self.by_name: dict[str, int] = {}
        self.annotated: dict[str, Compound] = {}
        self.spellings: dict[str, set[int]] = {}

    def add(self, compound: Compound, synonyms: Sequence[str]) -> None:
        """Take a compound, or only its spellings where one of that name is there already."""
        place = self._place(compound)
        if place is None:
            place = len(self.compounds)
            self.compounds.append(self._with_annotation(compound))
            self.by_name[fold(compound.name)] = place
        for name in (compound.name, *synonyms):
            for spelling in variants(name):
                self.spellings.setdefault(spelling, set()).add(place)

    def _place(self, compound: Compound) -> int | None:
        """Where a compound of the same name is, or of the same structure under a spelling of the name."""
        if (place := self.by_name.get(fold(compound.name))) is not None:
            return place
        for spelling in variants(compound.name):
            place = self.by_name.get(spelling)
            if place is not None and compound.key and compound.key == self.compounds[place].key:
                return place
        return None

    def _with_annotation(self, compound: Compound) -> Compound:
        """What is known of a structure holds under each of its names."""
        if not compound.key:
            return compound
        if compound.is_annotated:
            self.annotated.setdefault(compound.key, compound)
            return compound
        known = self.annotated.get(compound.key, compound)
        return replace(compound, targets=known.targets, mechanisms=known.mechanisms)

    def finished(self) -> CompoundKnowledge:
        """The compounds sorted by name, and the spellings that mean one of them."""
        order = sorted(range(len(self.compounds)), key=lambda i: (self.compounds[i].name.casefold(), i))
        place = {old: new for new, old in enumerate(order)}
        synonyms = {spelling: place[i] for spelling, i in self.by_name.items()}
        for spelling, found in self.spellings.items():
            parents = {self.compounds[i].identity for i in found}
            if len(parents) == 1:
                synonyms.setdefault(spelling, place[min(found)])
        return CompoundKnowledge(tuple(self.compounds[i] for i in order), synonyms)
