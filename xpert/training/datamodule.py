"""Batches of training conditions, in an order that is fixed by seed and epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from lightning import LightningDataModule
from torch.utils.data import DataLoader, Dataset, Sampler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import Tensor

    from xpert.training.rows import TrainingBatch, TrainingRows


class RowsDataModule(LightningDataModule):  # type: ignore[misc]
    """Training rows and held-out rows.

    Rows are gathered a batch at a time from tensors in memory, so worker processes would only cost.
    """

    def __init__(self, rows: TrainingRows, is_held_out: Tensor, *, batch_size: int, seed: int) -> None:
        super().__init__()
        self.rows = rows
        self.is_held_out = is_held_out
        self.batch_size = batch_size
        self.seed = seed

    def train_dataloader(self) -> DataLoader[Tensor]:
        """Training rows in an order of their own each epoch."""
        places = torch.nonzero(~self.is_held_out).flatten()
        return self._loader(places, EpochSampler(len(places), self.seed, self._epoch))

    def val_dataloader(self) -> DataLoader[Tensor]:
        """Held-out rows in order."""
        return self._loader(torch.nonzero(self.is_held_out).flatten(), None)

    def _loader(self, places: Tensor, sampler: EpochSampler | None) -> DataLoader[Tensor]:
        return DataLoader(
            _Places(places),
            batch_size=self.batch_size,
            sampler=sampler,
            collate_fn=self._collate,
            # A generator of its own: a loader draws a number when it starts, which must not shift other draws.
            generator=torch.Generator(),
        )

    def _epoch(self) -> int:
        return self.trainer.current_epoch if self.trainer else 0

    def _collate(self, places: list[Tensor]) -> TrainingBatch:
        return self.rows.gather(torch.stack(places))


class EpochSampler(Sampler[int]):
    """A permutation that depends on seed and epoch only, so that a resumed run continues in the same order."""

    def __init__(self, length: int, seed: int, epoch: Callable[[], int]) -> None:
        self.length = length
        self.seed = seed
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        draw = torch.Generator().manual_seed(self.seed * 1_000_003 + self.epoch())
        return iter(torch.randperm(self.length, generator=draw).tolist())

    def __len__(self) -> int:
        return self.length


class _Places(Dataset["Tensor"]):
    """Places of rows; what lies there is gathered a batch at a time."""

    def __init__(self, places: Tensor) -> None:
        self.places = places

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, item: int) -> Tensor:
        return self.places[item]
