"""Any predictor, corrected in sparsely measured contexts by what was measured there."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from xpert.model.baselines.kernels import PriorKnowledge
from xpert.model.baselines.profiles import require_fitted
from xpert.model.elsewhere import Elsewhere
from xpert.model.support import Correction, Support, SupportSettings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xpert.data.responses import Condition, Context, Floats, Responses
    from xpert.model.baselines.kernels import KernelSource, Mixture
    from xpert.model.predictor import Predictor

# A context with a smaller share of the conditions of the fullest one is a support set rather than training data.
SPARSE = 0.5
MIXTURE = {
    "structure": 0.25,
    "annotation": 0.25,
    "target_of_compound": 0.5,
    "gene_prior": 0.5,
    "identity": 1.0,
}


@dataclass(frozen=True, eq=False)
class Supported:
    """A predictor that learns from full contexts, and is corrected in each sparse one by its own rows.

    Attributes
    ----------
    base
        The predictor.
    settings
        How much the rows of a sparse context count.
    source, mixture
        Where prior similarities of treatments come from and how their parts are weighed.
    corrections
        What the rows of each sparse context say; None before `fit`.
    """

    base: Predictor
    settings: SupportSettings = field(default_factory=SupportSettings)
    source: KernelSource = field(default_factory=PriorKnowledge)
    mixture: Mixture = field(default_factory=lambda: dict(MIXTURE))
    corrections: Mapping[str, Correction] | None = None

    @property
    def name(self) -> str:
        """Name as shown beside a score."""
        return f"{self.base.name}, corrected by measured treatments"

    def fit(self, responses: Responses) -> Self:
        """Fit the base to the full contexts, and a correction to each sparse one."""
        rows = Counter(c.context for c in responses.conditions)
        sparse = {name for name, count in rows.items() if count < SPARSE * max(rows.values())}
        full = responses.take([i for i, c in enumerate(responses.conditions) if c.context not in sparse])
        base = self.base.fit(full)
        elsewhere = Elsewhere(full.conditions, full.delta, self.source, self.mixture)
        corrections = {}
        for name in sorted(sparse):
            own = responses.take([i for i, c in enumerate(responses.conditions) if c.context == name])
            predicted = np.asarray(base.predict(own.conditions, responses.context))
            support = Support(name, tuple(c.treatment.active for c in own.conditions), own.delta, own.cells)
            corrections[name] = Correction.of(support, predicted, elsewhere, self.settings)
        return replace(self, base=base, corrections=corrections)

    def predict(self, conditions: Sequence[Condition], contexts: Mapping[str, Context]) -> Floats:
        """Mean shift, shape ``(conditions, genes)``."""
        corrections = require_fitted(self.corrections, self.name)
        shift = np.array(self.base.predict(conditions, contexts), dtype=float)
        for name, correction in corrections.items():
            rows = [i for i, c in enumerate(conditions) if c.context == name]
            if rows:
                shift[rows] += correction.added([conditions[i].treatment for i in rows], shift[rows])
        return shift
