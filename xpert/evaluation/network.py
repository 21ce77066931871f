"""The network as a contestant: on top of the shipped simple model, trained anew within every fold."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Self

from xpert.errors import InputError
from xpert.model.baselines.mean_shift import MeanShift
from xpert.training.recipe import NetworkSection, TrainingSection

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xpert.data.responses import Condition, Context, Floats, Responses
    from xpert.model.baselines.blend import StoredPredictor
    from xpert.model.predictor import Predictor

# Shorter than a bundle's training, because a task refits up to fifteen times.
SETTINGS = TrainingSection(epochs=20, patience=5, genes_per_step=512)
SIZES = NetworkSection(bottleneck=True, gene_latents=16, exact_up_to=1)


@dataclass(frozen=True, eq=False)
class NetworkOnTop:
    """The shipped predictor, and a network whose answer is weighed with it; satisfies `Predictor`.

    The network starts from the mean shift of the context, which also tells it where it is when contexts have no
    control expression. How much its answer counts is decided on training treatments that neither it nor the
    shipped predictor has seen, and may be nothing.

    Attributes
    ----------
    shipped
        Unfitted.
    settings, sizes
        How the network is fitted, and how large it is.
    seed
        Of the fit; the seed of the folds.
    fitted
        What was learned; None before `fit`.
    """

    shipped: StoredPredictor
    seed: int = 0
    settings: TrainingSection = field(default=SETTINGS)
    sizes: NetworkSection = field(default=SIZES)
    fitted: Predictor | None = None

    @property
    def name(self) -> str:
        """Name as shown beside a score."""
        return "network"

    def fit(self, responses: Responses) -> Self:
        """Fit the shipped predictor and train the network; nothing is kept on disk."""
        from xpert.features.treatments import TreatmentFeatures
        from xpert.training.network_predictor import NetworkPredictor

        with TemporaryDirectory() as folder:
            fitted = NetworkPredictor(
                self.shipped,
                MeanShift(),
                TreatmentFeatures.load(),
                self.sizes,
                self.settings.model_copy(update={"seed": self.seed}),
                Path(folder),
            ).fit(responses)
        return replace(self, fitted=fitted)

    def predict(self, conditions: Sequence[Condition], contexts: Mapping[str, Context]) -> Floats:
        """Mean shift, shape ``(conditions, genes)``.

        Raises
        ------
        InputError
            When nothing was fitted.
        """
        if self.fitted is None:
            raise InputError("The network has not been fitted.")
        return self.fitted.predict(conditions, contexts)
