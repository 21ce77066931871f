"""The network as a contestant: on top of the shipped simple model, trained anew within every fold."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Self, cast

import numpy as np

from xpert.data.readout import Readout
from xpert.errors import InputError, UnknownTargetError
from xpert.evaluation.response_contest import Contestant
from xpert.evaluation.task import Role
from xpert.model.baselines.mean_shift import MeanShift
from xpert.training.fold import pair, perturbation
from xpert.training.recipe import NetworkSection, TrainingSection

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from xpert.data.responses import Condition, Context, Floats, Responses
    from xpert.evaluation.response_contest import ResponseContest
    from xpert.model.baselines.blend import StoredPredictor
    from xpert.perturbation import Treatment
    from xpert.training.fold import Group
    from xpert.training.network_predictor import NetworkPredictor

# Shorter than a bundle's training, because a task refits up to fifteen times.
SETTINGS = TrainingSection(epochs=20, patience=5, genes_per_step=512)
# A pass over thousands of signatures is many steps: of large data sets fewer passes are made, of which the best counts.
MOST_ROWS, FEWEST_PASSES = 20_000, 5
SIZES = NetworkSection(bottleneck=True, gene_latents=16, exact_up_to=1)


@dataclass(frozen=True, eq=False)
class NetworkOnTop:
    """The shipped predictor, and a network whose answer is weighed with it; satisfies `Predictor`.

    The network starts from the mean shift of the context, which also tells it where it is when contexts have no
    control expression. How much its answer counts is decided on training conditions that neither it nor the
    shipped predictor has seen, and may be nothing. Of targets that it can know nothing of, the shipped predictor
    answers alone.

    Attributes
    ----------
    shipped
        Unfitted.
    alike
        What is held out whole while it learns; see `xpert.training.network_predictor.NetworkPredictor`.
    settings, sizes
        How the network is fitted, and how large it is.
    seed
        Of the fit; the seed of the folds.
    fitted
        What was learned; None before `fit`.
    """

    shipped: StoredPredictor
    seed: int = 0
    alike: Callable[[Condition], Group] = perturbation
    settings: TrainingSection = field(default=SETTINGS)
    sizes: NetworkSection = field(default=SIZES)
    fitted: NetworkPredictor | None = None

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
                self.settings.model_copy(update=self._suited(responses)),
                Path(folder),
                alike=self.alike,
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
        shift = np.array(self.fitted.base.predict(conditions, contexts))
        known = [i for i, c in enumerate(conditions) if self._knows(c.treatment)]
        shift[known] = self.fitted.predict([conditions[i] for i in known], contexts)
        return shift

    def _suited(self, responses: Responses) -> dict[str, int | float]:
        """Settings that the data decide: of ranks and z scores only the direction counts, as in their bundles."""
        passes = min(self.settings.epochs, max(FEWEST_PASSES, MOST_ROWS // len(responses)))
        is_direction = responses.readout in {Readout.Z, Readout.SIGNED_RANK}
        shape = 1.0 if is_direction else self.settings.shape_weight
        return {"seed": self.seed, "epochs": passes, "shape_weight": shape}

    def _knows(self, treatment: Treatment) -> bool:
        assert self.fitted is not None
        assert self.fitted.trained is not None
        try:
            self.fitted.features.check(treatment, self.fitted.trained.vocabulary.targets)
        except UnknownTargetError:
            return False
        return True


def on_top(contest: ResponseContest, seed: int) -> Contestant:
    """The network on the shipped predictor of a contest."""
    shipped, conditions = cast("StoredPredictor", contest.shipped), contest.learned.conditions
    learned = {perturbation(conditions[i]) for i in contest.asks[0].train}
    is_new = any(perturbation(conditions[i]) not in learned for i in contest.asks[0].test)
    return Contestant(Role.NETWORK, NetworkOnTop(shipped, seed, perturbation if is_new else pair))
