"""The names by which a model knows its targets: other spellings of the same gene or compound mean the same."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Self

from xpert.errors import InputError
from xpert.perturbation import Treatment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xpert.features.treatments import TreatmentFeatures
    from xpert.model.bundle import Bundle
    from xpert.perturbation import Perturbation


@dataclass(frozen=True, eq=False)
class OwnNames:
    """A model's targets by every way to write them.

    Attributes
    ----------
    targets
        As they stand in the training data.
    features
        Knows aliases of genes, and names and structures of compounds.
    """

    targets: frozenset[str]
    features: TreatmentFeatures

    @classmethod
    def of(cls, model: Bundle) -> Self:
        """The names of a model; nothing is looked up before it is needed."""
        return cls(frozenset(model.targets), model.features)

    def treatment(self, treatment: Treatment) -> Treatment:
        """The same treatment by the model's own names; what it does not have keeps the name that was given.

        Raises
        ------
        InputError
            When two of its perturbations turn out to be the same.
        """
        if all(p.target in self.targets for p in treatment.perturbations):
            return treatment
        own = [replace(p, target=self._name(p)) for p in treatment.ordered]
        if len({(p.target, p.modality) for p in own}) < len(own):
            raise InputError(
                f"{treatment} holds the same target twice under different names; name each target once."
            )
        return Treatment.of(*own)

    def _name(self, perturbation: Perturbation) -> str:
        asked = perturbation.target
        if asked in self.targets:
            return asked
        if perturbation.modality.is_genetic:
            symbol = self.features.gene_names.resolve(asked)
            return self._genes.get(symbol, asked) if symbol is not None else asked
        if (own := self._folded.get(asked.casefold())) is not None:
            return own
        compound = self.features.compound(asked)
        return asked if compound is None else self._compounds.get(compound.identity, asked)

    @cached_property
    def _genes(self) -> Mapping[str, str]:
        symbols = ((self.features.gene_names.resolve(target), target) for target in self._longest_first)
        return {symbol: target for symbol, target in symbols if symbol is not None}

    @cached_property
    def _folded(self) -> Mapping[str, str]:
        return {target.casefold(): target for target in self._longest_first}

    @cached_property
    def _compounds(self) -> Mapping[str, str]:
        known = ((self.features.compound(target), target) for target in self._longest_first)
        return {compound.identity: target for compound, target in known if compound is not None}

    @cached_property
    def _longest_first(self) -> tuple[str, ...]:
        """Of several names of one compound the shortest is kept: the parent's rather than a salt's."""
        return tuple(sorted(self.targets, key=lambda name: (-len(name), name)))
