"""A network that has been trained, behind the interface of plain names and arrays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from xpert.errors import InputError
from xpert.model.batch import Batch
from xpert.model.encode import TreatmentTable, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from xpert.data.responses import Condition, Context, Floats
    from xpert.model.network import XPert
    from xpert.perturbation import Treatment

ROWS_AT_ONCE = 64


class Answer(NamedTuple):
    """What a trained network says of conditions."""

    shift: Floats
    """Starting point plus the network's own part, shape ``(conditions, genes)``."""
    spread_ratio: Floats
    """Spread over treated cells in units of its starting point, shape ``(conditions, genes)``."""


@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """A network with the names that it knows.

    Attributes
    ----------
    network
        In evaluation mode.
    vocabulary
        The names that it knows.
    share
        How much its answer counts beside the strongest simple model's, 0 to 1; see `mixed`.
    """

    network: XPert
    vocabulary: Vocabulary
    share: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise ValueError(f"the network's share lies between 0 and 1, not at {self.share}")
        config, genes = self.network.config, self.vocabulary.genes
        if config.genes != len(genes):
            raise ValueError(f"{config.genes} gene identities, {len(genes)} gene names")
        if config.modalities != self.vocabulary.modalities:
            raise ValueError(f"modalities {config.modalities} are named {self.vocabulary.modalities}")
        if self.network.training:
            raise ValueError("the network is still in training mode")

    @cached_property
    def _place(self) -> dict[str, int]:
        return {gene: i for i, gene in enumerate(self.vocabulary.genes)}

    def places(self, genes: Sequence[str]) -> torch.Tensor:
        """Place of each gene among the identities, by name, shape ``(genes,)``.

        Raises
        ------
        InputError
            Naming the genes that the network does not know.
        """
        unknown = [gene for gene in genes if gene not in self._place]
        if unknown:
            listed = ", ".join(unknown[:5]) + (" …" if len(unknown) > 5 else "")
            raise InputError(f"{len(unknown)} genes are not among those of this model: {listed}")
        return torch.tensor([self._place[gene] for gene in genes], dtype=torch.long)

    def answer(
        self, conditions: Sequence[Condition], contexts: Mapping[str, Context], start: Floats
    ) -> Answer:
        """Shift and spread ratio of conditions, given what the network starts from.

        Parameters
        ----------
        conditions
            What is asked.
        contexts
            Every context that a condition names, all on the same genes; any of the network's, in any order.
        start
            What a simple model says, shape ``(conditions, genes)``.
        """
        if not conditions:
            return Answer(start, np.ones_like(start))
        genes = contexts[conditions[0].context].genes
        shift, ratio = np.empty_like(start, dtype=np.float32), np.empty_like(start, dtype=np.float32)
        for rows, batch in self._batches(conditions, contexts, start, genes):
            with torch.inference_mode():
                out = self.network(batch)
            shift[rows], ratio[rows] = out.shift.numpy(), out.log_spread_ratio.exp().numpy()
        return Answer(shift, ratio)

    def mixed(self, base: Floats, own: Floats) -> Floats:
        """The network's answer and the strongest simple model's, weighed, shape ``(conditions, genes)``.

        Differs from X-Pert: a network that starts from the strongest simple model finds next to nothing that holds
        on new perturbations. One that starts from the mean errs in other places, and the average of the two is
        better than each (measured on held-out compounds).
        """
        weighed: Floats = base + np.float32(self.share) * (own - base)
        return weighed

    def latent(self, treatments: Sequence[Treatment]) -> Floats:
        """Places in the Perturbverse, shape ``(treatments, width)``; control is exactly the origin."""
        table = TreatmentTable.of(treatments, (), self.vocabulary)
        with torch.inference_mode():
            unified = self.network.perceiver(table.perturbations(torch.arange(len(treatments))))
        return np.asarray(unified.latent.numpy())

    def _batches(
        self,
        conditions: Sequence[Condition],
        contexts: Mapping[str, Context],
        start: Floats,
        genes: tuple[str, ...],
    ) -> Iterator[tuple[slice, Batch]]:
        places = self.places(genes)
        for first in range(0, len(conditions), ROWS_AT_ONCE):
            rows = slice(first, first + ROWS_AT_ONCE)
            asked = conditions[rows]
            table = TreatmentTable.of([c.treatment for c in asked], genes, self.vocabulary)
            control = np.stack([contexts[c.context].aligned(genes).control for c in asked])
            yield (
                rows,
                Batch(
                    table.perturbations(torch.arange(len(asked))),
                    places,
                    torch.from_numpy(control.astype(np.float32)),
                    table.impact,
                    torch.from_numpy(start[rows].astype(np.float32)),
                ),
            )
