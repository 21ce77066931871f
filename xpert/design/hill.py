"""A Hill curve through the doses of one response, and the dose of its half maximum where the curve supports one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from xpert.data.responses import Floats

FEWEST_DOSES = 4
# Chi-square quantiles: 90 % of one degree of freedom, and 95 % of the two that a Hill curve has more than a constant.
_INSIDE, _BETTER = 2.706, 5.991
# Half width of a 90 % interval in standard errors.
_HALF_WIDTH = 1.645
# Least share of the curve's variation that a Hill curve must explain.
_EXPLAINED = 0.9
_SLOPES = np.geomspace(0.5, 4.0, 13)
_BEYOND = 2.0  # decades outside the doses, in which half maxima are looked for
_STEPS_A_DECADE = 60


@dataclass(frozen=True)
class Hill:
    """A curve ``top · d^slope / (d^slope + ec50^slope)`` that stands at zero without a dose.

    Attributes
    ----------
    top
        Shift that it tends to, in the unit of the response.
    ec50
        Dose of half of `top`, in the unit of the doses.
    slope
        Hill coefficient.
    lower, upper
        90 % interval of `ec50`, by profile likelihood.
    explained
        Share of the variation over doses that it explains, weighted by certainty.
    """

    top: float
    ec50: float
    slope: float
    lower: float
    upper: float
    explained: float

    def at(self, doses: Floats) -> Floats:
        """The curve at some doses; 0 at zero dose."""
        value: Floats = self.top * _shape(np.asarray(doses, dtype=float), self.ec50, self.slope)
        return value


@dataclass(frozen=True)
class Fit:
    """What became of a fit.

    Attributes
    ----------
    hill
        The curve; None where the doses support none.
    reason
        Where there is none, why, as a sentence.
    """

    hill: Hill | None
    reason: str = ""


def fit_hill(
    doses: Floats,
    shift: Floats,
    half_width: Floats,
    *,
    measured: int,
    span: tuple[float, float],
    unit: str = "",
) -> Fit:
    """Fit a Hill curve by weighted least squares; without a dose the shift is exactly zero.

    The doses between measured ones are the model's own interpolation and bring nothing new: all doses together weigh
    as much as `measured` doses with their intervals do. A half maximum is given where there are at least four doses,
    the curve is better than a constant (likelihood ratio, 5 %), explains at least nine tenths of the variation, and
    the 90 % interval of the half maximum (profile likelihood) lies inside the doses.

    Parameters
    ----------
    doses
        Above zero, inside those that were measured, shape ``(doses,)``.
    shift, half_width
        Predicted shift at each dose and half width of its 90 % interval.
    measured
        How many different doses were measured.
    span
        The lowest and the highest of them.
    unit
        Unit of the doses, for the reason.
    """
    doses, shift, half_width = (np.asarray(v, dtype=float) for v in (doses, shift, half_width))
    if reason := _cannot(len(doses), half_width, measured):
        return Fit(None, f"No EC50: {reason}.")
    weight = (_HALF_WIDTH / half_width) ** 2 * min(measured / len(doses), 1.0)
    grid = _Grid.of(doses, shift, weight)
    mean = float((weight * shift).sum() / weight.sum())
    about_mean = float((weight * (shift - mean) ** 2).sum())
    explained = 1 - grid.best / about_mean if about_mean else 0.0
    inside = grid.ec50[grid.profile <= grid.best + _INSIDE]
    reason = _unsupported(about_mean - grid.best, explained, inside, span, unit)
    if reason:
        return Fit(None, f"No EC50: {reason}.")
    top, ec50, slope = grid.at_best
    return Fit(Hill(top, ec50, slope, float(inside.min()), float(inside.max()), float(explained)))


def _cannot(doses: int, half_width: Floats, measured: int) -> str:
    """Why nothing can be fitted; empty where it can."""
    if measured < 2:
        return "this compound was not measured at several doses here"
    if doses < FEWEST_DOSES:
        return f"a curve needs at least {FEWEST_DOSES} doses inside those measured; {doses} are shown"
    if not np.isfinite(half_width).all() or (half_width <= 0).any():
        return "the shifts have no interval here, so a curve cannot be told from a constant"
    return ""


def _unsupported(
    better: float, explained: float, inside: Floats, span: tuple[float, float], unit: str
) -> str:
    """Why the half maximum of a fitted curve is not to be given; empty where it is."""
    low, high = span
    if better < _BETTER:
        return (
            "within the intervals, no rising or falling curve fits better than the same shift at every dose"
        )
    if explained < _EXPLAINED:
        return "the shift does not rise or fall along one curve with the dose"
    if inside.min() < low:
        return f"half of the effect may lie below the lowest dose measured, {low:g} {unit}".rstrip()
    if inside.max() > high:
        return f"the effect has not levelled off at the highest dose measured, {high:g} {unit}".rstrip()
    return ""


@dataclass(frozen=True, eq=False)
class _Grid:
    """Weighted squared error over a grid of half maxima and slopes, each with its best height."""

    ec50: Floats
    error: Floats
    top: Floats

    @classmethod
    def of(cls, doses: Floats, shift: Floats, weight: Floats) -> _Grid:
        low, high = np.log10(doses.min()) - _BEYOND, np.log10(doses.max()) + _BEYOND
        ec50 = np.logspace(low, high, int((high - low) * _STEPS_A_DECADE) + 1)
        shape = _shape(doses[None, None], ec50[:, None, None], _SLOPES[None, :, None])
        top = (weight * shape * shift).sum(axis=-1) / (weight * shape**2).sum(axis=-1)
        error = (weight * (shift - top[..., None] * shape) ** 2).sum(axis=-1)
        return cls(ec50, error, top)

    @property
    def profile(self) -> Floats:
        """Least error at each half maximum."""
        least: Floats = self.error.min(axis=1)
        return least

    @property
    def best(self) -> float:
        """Least error of all."""
        return float(self.error.min())

    @property
    def at_best(self) -> tuple[float, float, float]:
        """Height, half maximum and slope of the best curve."""
        row, column = np.unravel_index(int(np.argmin(self.error)), self.error.shape)
        return float(self.top[row, column]), float(self.ec50[row]), float(_SLOPES[column])


def _shape(doses: Floats, ec50: Floats | float, slope: Floats | float) -> Floats:
    """A Hill curve of height 1."""
    ratio = (doses / ec50) ** slope
    shape: Floats = ratio / (1 + ratio)
    return shape
