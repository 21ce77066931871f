"""Every hostile file by its number, how it is made and what must come of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True)
class Case:
    """One hostile file.

    Attributes
    ----------
    id
        Its number and variant, for example ``H19-negative``.
    build
        Makes it in an empty folder and gives the path to read.
    says
        Words the message must hold; empty when the file is read.
    unsafe
        Whether it is refused as unsafe rather than as wrong.
    memory
        Bytes that reading it may take.
    seconds
        Time that reading it may take.
    """

    id: str
    build: Callable[[Path], Path]
    says: tuple[str, ...]
    unsafe: bool
    memory: int
    seconds: float


CASES: list[Case] = []


def case(
    number: str, *says: str, unsafe: bool = False, seconds: float = 20.0, memory: int = 2**28
) -> Callable[[Callable[[Path], Path]], Callable[[Path], Path]]:
    """Enter a builder in the list."""

    def enter(build: Callable[[Path], Path]) -> Callable[[Path], Path]:
        CASES.append(Case(number, build, says, unsafe, memory, seconds))
        return build

    return enter
