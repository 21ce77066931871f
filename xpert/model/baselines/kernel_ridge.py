"""Kernel ridge regression: similar treatments do similar things."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

from xpert.model.baselines.kernels import KERNEL_SOURCES, OneHot
from xpert.model.baselines.profiles import check_kind, require_fitted
from xpert.model.baselines.ridge import RidgeFit, RidgeSettings, fit_ridge

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xpert.data.responses import Condition, Context, Floats, Responses
    from xpert.model.baselines.kernels import KernelSource

RIDGES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
ONE_HOT = RidgeSettings(mixtures=({"identity": 1.0},), ridges=RIDGES, rank=10)


@dataclass(frozen=True, eq=False)
class KernelRidge:
    """Regression of shifts on similarities of treatments, with few settings chosen inside the training data.

    As it comes: zero-mean regression on shared perturbations, kept to ten components of the responses.
    Nothing is added to it, so a treatment that resembles none that was measured is predicted to do nothing.

    Attributes
    ----------
    source
        Where similarities come from.
    settings
        What is fixed and what may be chosen.
    title
        Name as shown beside a score.
    state
        What was learned; None before `fit`.
    """

    kind: ClassVar[str] = "kernel_ridge"

    source: KernelSource = field(default_factory=OneHot)
    settings: RidgeSettings = ONE_HOT
    title: str = "kernel ridge"
    state: RidgeFit | None = None

    @property
    def name(self) -> str:
        """Name as shown beside a score."""
        return self.title

    def fit(self, responses: Responses) -> Self:
        """Choose settings by leaving out treatments, and solve."""
        return replace(self, state=fit_ridge(responses, self.source, self.settings))

    def predict(self, conditions: Sequence[Condition], contexts: Mapping[str, Context]) -> Floats:
        """Mean shift, shape ``(conditions, genes)``."""
        return require_fitted(self.state, self.name).predict(conditions, self.source)

    def config(self) -> dict[str, Any]:
        """Everything but arrays, as JSON."""
        fit = require_fitted(self.state, self.name)
        settings = asdict(self.settings)
        return {
            "kind": self.kind,
            "source": self.source.name,
            "title": self.title,
            "settings": settings,
        } | {"fit": fit.config()}

    def arrays(self) -> dict[str, Floats]:
        """Learned numbers by name."""
        return require_fitted(self.state, self.name).arrays()

    @classmethod
    def restore(cls, config: Mapping[str, Any], arrays: Mapping[str, Floats]) -> Self:
        """Inverse of `config` and `arrays`."""
        check_kind(config, cls.kind)
        return cls(
            source=KERNEL_SOURCES[config["source"]],
            settings=_settings(config["settings"]),
            title=config["title"],
            state=RidgeFit.restore(config["fit"], arrays),
        )


def _settings(config: Mapping[str, Any]) -> RidgeSettings:
    """Settings from JSON, in which a tuple is a list."""
    fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in config.items()}
    return RidgeSettings(**fields)
