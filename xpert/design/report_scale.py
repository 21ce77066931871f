"""The axis of a report's figure: from shifts to places on the page, with round marks."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xpert.design.report import Mark

# The app's colours (`xpert.plots.palette`), which a report must look like.
UP, DOWN, GREY, INK = "#D55E00", "#0072B2", "#8A919C", "#18222C"
_TICKS = 5


@dataclass(frozen=True)
class Scale:
    """A linear axis.

    Attributes
    ----------
    low, high
        Ends, in the unit of the shift; nothing lies between them only where something else does too.
    left, right
        Their places on the page.
    ticks
        Round values between the ends.
    """

    low: float
    high: float
    left: float
    right: float
    ticks: tuple[float, ...]

    @classmethod
    def of(cls, marks: Sequence[Mark], left: float, right: float) -> Self:
        """An axis that holds every mark and zero."""
        values = [
            0.0,
            *(v for mark in marks for v in (mark.shift, mark.lower, mark.upper) if math.isfinite(v)),
        ]
        low, high = min(values), max(values)
        room = (high - low) * 0.06 or 1.0
        low, high = low - room, high + room
        step = _round_step((high - low) / _TICKS)
        first, last = math.ceil(low / step), math.floor(high / step)
        return cls(low, high, left, right, tuple(step * i for i in range(first, last + 1)))

    def at(self, value: float) -> float:
        """Place of a value on the page."""
        return self.left + (value - self.low) / (self.high - self.low) * (self.right - self.left)


def color(mark: Mark) -> str:
    """Colour of a mark by its direction."""
    return UP if mark.shift > 0 else DOWN if mark.shift < 0 else GREY


def short(text: str, longest: int) -> str:
    """Text on one line without control or direction characters, cut in the middle where it is too long."""
    kept = "".join(
        " " if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} else c for c in text
    )
    kept = " ".join(kept.split())
    if len(kept) <= longest:
        return kept
    tail = (longest - 1) // 3
    return f"{kept[: longest - 1 - tail]}…{kept[-tail:]}"


def tick_text(value: float) -> str:
    """A mark of the axis as text, with a true minus sign."""
    return f"{value + 0.0:.3g}".replace("-", "−") if abs(value) > 1e-12 else "0"


def _round_step(step: float) -> float:
    power = 10.0 ** math.floor(math.log10(step))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= step * 0.999)
