"""Bytes of the clean copy that may still be written."""

from __future__ import annotations

from dataclasses import dataclass

from xpert.data.guard.words import size
from xpert.errors import InputError


@dataclass(slots=True)
class DiskBudget:
    """Counts what is written, and refuses before the limit is passed."""

    limit: int
    spent: int = 0

    def spend(self, count: int) -> None:
        """Account for `count` bytes that are about to be written."""
        self.spent += count
        if self.spent > self.limit:
            raise InputError(
                f"The file's values need more than {size(self.limit)} of temporary disk space. "
                "Keep fewer cells or genes in one file."
            )
