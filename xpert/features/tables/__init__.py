"""Prior-knowledge tables that ship with the package; `README.md` names the source and licence of each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

TABLES = Path(__file__).parent


def read_names(packed: npt.NDArray[np.uint8]) -> tuple[str, ...]:
    """Names from their stored form, one block of bytes with one name a line."""
    return tuple(packed.tobytes().decode().split("\n"))
