"""Many tests at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xpert.data.responses import Floats


def false_discovery_rate(p_values: Floats) -> Floats:
    """Rate at which each test would just be called (Benjamini and Hochberg 1995), shape as given."""
    from scipy.stats import false_discovery_control

    adjusted: Floats = false_discovery_control(p_values, method="bh")
    return adjusted
