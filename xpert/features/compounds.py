"""Compounds by name or structure, with what is known of them: targets and mechanisms."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

import numpy as np

from xpert.errors import UnknownTargetError
from xpert.features.compound_views import ANNOTATION_VIEWS, STRUCTURE_VIEWS, annotation_views, structure_views
from xpert.features.naming import fold, variants
from xpert.features.smiles import canonical, connectivity, parent, read_molecule
from xpert.features.tables import TABLES
from xpert.parquet import read_frame

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xpert.features.knowledge import Floats

TABLE = "compounds.parquet"
PARTS = ("name", "smiles", "targets", "mechanisms", "key")
SEPARATOR = "|"


@dataclass(frozen=True)
class Compound:
    """One compound as a source names it.

    Attributes
    ----------
    name
        Name to show.
    smiles
        Canonical structure of the parent (no counter-ion), or None where no source states one.
    targets
        Symbols of its known targets, sorted.
    mechanisms
        Mechanisms of action in words, sorted.
    key
        Connectivity block of the parent's InChIKey: salts and stereoisomers share it. None without structure.
    """

    name: str
    smiles: str | None = None
    targets: tuple[str, ...] = ()
    mechanisms: tuple[str, ...] = ()
    key: str | None = None

    @property
    def identity(self) -> str:
        """What makes two names the same compound: the parent's connectivity, or the folded name without one."""
        return self.key or f"name:{fold(self.name)}"

    @property
    def is_annotated(self) -> bool:
        """Whether a target or a mechanism is known."""
        return bool(self.targets or self.mechanisms)

    @property
    def is_described(self) -> bool:
        """Whether anything at all is known, so that it has a vector."""
        return self.smiles is not None or self.is_annotated


@dataclass(frozen=True, eq=False)
class CompoundKnowledge:
    """Every compound that can be asked for by name.

    Attributes
    ----------
    compounds
        One per name shown, sorted by name.
    synonyms
        Position in `compounds` of each folded spelling that means one compound only.
    """

    compounds: tuple[Compound, ...]
    synonyms: Mapping[str, int]

    @classmethod
    def load(cls) -> CompoundKnowledge:
        """The tables that ship with the package; read once."""
        return _shipped()

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names for a list to choose from."""
        return tuple(compound.name for compound in self.compounds)

    def find(self, name: str) -> Compound | None:
        """The compound of a name or synonym, whatever its case, punctuation and salt; None where there is none."""
        for spelling in variants(name):
            if (place := self.synonyms.get(spelling)) is not None:
                return self.compounds[place]
        return None

    def get(self, name: str) -> Compound:
        """As `find`, but a name that is not there is an error that names the nearest.

        Raises
        ------
        UnknownTargetError
            When no spelling of the name is known.
        """
        compound = self.find(name)
        if compound is None:
            raise UnknownTargetError(name, self.names, what="compound")
        return compound

    def with_structures(self, smiles: Mapping[str, str]) -> CompoundKnowledge:
        """The same knowledge with compounds that a data set brings along, by their names there.

        A name that is known already keeps its meaning.

        Raises
        ------
        InputError
            When a structure cannot be used; see `from_smiles`.
        """
        fresh = {name: text for name, text in smiles.items() if self.find(name) is None and fold(name)}
        added = tuple(self.from_smiles(text, name) for name, text in sorted(fresh.items()))
        places = {fold(compound.name): len(self.compounds) + i for i, compound in enumerate(added)}
        return CompoundKnowledge(self.compounds + added, {**places, **self.synonyms})

    def from_smiles(self, smiles: str, name: str | None = None) -> Compound:
        """A compound from its structure; annotations come from a known compound of the same connectivity.

        Raises
        ------
        InputError
            When the text is no structure that can be used.
        """
        molecule = parent(read_molecule(smiles))
        key, text = connectivity(molecule), canonical(molecule)
        known = self._by_key.get(key)
        if known is None:
            return Compound(name or text, text, key=key)
        return Compound(name or known.name, text, known.targets, known.mechanisms, key)

    @cached_property
    def _by_key(self) -> dict[str, Compound]:
        """The best annotated compound of each connectivity."""
        best: dict[str, Compound] = {}
        for compound in self.compounds:
            if compound.key and (compound.key not in best or not best[compound.key].is_annotated):
                best[compound.key] = compound
        return best

    def views(self, a: Sequence[Compound], b: Sequence[Compound]) -> dict[str, Floats]:
        """Similarity of compounds in each view, 0 to 1, shape ``(a, b)``; see `compound_views`.

        A compound is 1 to itself in every view; where a view knows nothing of it, 0 to every other compound.
        """
        everything = list(dict.fromkeys([*a, *b]))
        place = {compound: i for i, compound in enumerate(everything)}
        rows = np.array([place[compound] for compound in a], dtype=np.intp)
        columns = np.array([place[compound] for compound in b], dtype=np.intp)
        same = np.equal.outer([c.identity for c in a], [c.identity for c in b])
        views = structure_views([c.smiles for c in everything]) | annotation_views(
            [c.targets for c in everything], [c.mechanisms for c in everything]
        )
        return {name: view.between(rows, columns, same) for name, view in views.items()}

    def kernels(self, a: Sequence[Compound], b: Sequence[Compound]) -> dict[str, Floats]:
        """``structure`` and ``annotation``: the equal mean of the views of each, shape ``(a, b)``."""
        views = self.views(a, b)
        return {
            "structure": np.mean([views[name] for name in STRUCTURE_VIEWS], axis=0, dtype=np.float32),
            "annotation": np.mean([views[name] for name in ANNOTATION_VIEWS], axis=0, dtype=np.float32),
        }


@cache
def _shipped() -> CompoundKnowledge:

    table = {name: column.tolist() for name, column in read_frame(TABLES / TABLE).items()}
    spellings = table.pop("spellings")
    compounds = tuple(
        Compound(name, smiles or None, listed(targets), listed(mechanisms), key or None)
        for name, smiles, targets, mechanisms, key in zip(*(table[part] for part in PARTS), strict=True)
    )
    synonyms = {
        spelling: place for place, joined in enumerate(spellings) for spelling in joined.split(SEPARATOR)
    }
    return CompoundKnowledge(compounds, synonyms)


def listed(joined: str) -> tuple[str, ...]:
    """The entries of a list as the tables write it."""
    return tuple(filter(None, joined.split(SEPARATOR)))
