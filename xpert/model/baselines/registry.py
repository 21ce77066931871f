"""Every baseline by name, the way back from a stored one, and the strongest simple models known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xpert.model.baselines.additive import Additive
from xpert.model.baselines.bilinear_ridge import BilinearRidge
from xpert.model.baselines.blend import Blend
from xpert.model.baselines.context_mean import ContextMean
from xpert.model.baselines.kernel_ridge import KernelRidge
from xpert.model.baselines.matching_mean import MatchingMean
from xpert.model.baselines.mean_shift import MeanShift
from xpert.model.baselines.no_change import NoChange

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xpert.data.responses import Floats
    from xpert.model.baselines.blend import StoredPredictor

BASELINES: Mapping[str, Any] = {
    "no_change": NoChange,
    "mean_shift": MeanShift,
    "matching_mean": MatchingMean,
    "additive": Additive,
    "context_mean": ContextMean,
    "bilinear_ridge": BilinearRidge,
    "kernel_ridge": KernelRidge,
    "blend": Blend,
}


def restore(config: Mapping[str, Any], arrays: Mapping[str, Floats]) -> StoredPredictor:
    """A fitted predictor from what its `config` and `arrays` gave.

    Raises
    ------
    ValueError
        When the configuration names a kind that does not exist.
    """
    if config.get("kind") not in BASELINES:
        raise ValueError(f"there is no baseline {config.get('kind')!r}; there are {', '.join(BASELINES)}")
    predictor: StoredPredictor = BASELINES[config["kind"]].restore(config, arrays)
    return predictor
