"""The network as a predictor like any other: fitted to responses, asked about conditions."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np
import torch

from xpert.errors import InputError
from xpert.features.treatments import IMPACT_CHANNELS
from xpert.model.bundle import NETWORK
from xpert.model.config import ModelConfig
from xpert.model.encode import Vocabulary
from xpert.model.network import XPert
from xpert.model.trained import TrainedNetwork
from xpert.training.fit import Run, fit_network
from xpert.training.fold import folds_of, out_of_fold, perturbation
from xpert.training.judged import Judged
from xpert.training.rows import HeldOut, Scales, TrainingRows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from xpert.data.responses import Condition, Context, Floats, Responses
    from xpert.features.treatments import TreatmentFeatures
    from xpert.model.baselines.blend import StoredPredictor
    from xpert.training.fold import Group
    from xpert.training.recipe import NetworkSection, TrainingSection


@dataclass(frozen=True, eq=False)
class NetworkPredictor:
    """The network, weighed with the strongest simple model.

    `fit` cuts the training perturbations twice: into folds, for what simple models say of perturbations that they
    have not seen; and into those that are learned from and those that decide when to stop, and how much the
    network's answer counts.

    Attributes
    ----------
    base
        The strongest simple model, which the network's answer is weighed with.
    start
        The simple model whose leftovers the network learns.
    features
        What turns targets into vectors.
    sizes, settings
        Sizes of the network, and how it is fitted.
    folder
        Keeps the state of each fit, so that an interrupted one goes on and a finished one is not repeated.
    label
        Name beside the progress bar; None draws none.
    devices
        Devices to train on; see `xpert.training.fit.Run`.
    alike
        What conditions have in common that will be new where the network is asked: its perturbation, or its pair
        of perturbation and context; it is held out whole while the network learns.
    trained
        What was learned; None before `fit`.
    spread_error
        Root mean squared error of the log spread on the conditions that decided when to stop: of the network, and
        of the starting point that it corrects; None before `fit`, or where the data hold no cells.
    """

    base: StoredPredictor
    start: StoredPredictor
    features: TreatmentFeatures
    sizes: NetworkSection
    settings: TrainingSection
    folder: Path
    label: str | None = None
    devices: int | str = 1
    alike: Callable[[Condition], Group] = perturbation
    trained: TrainedNetwork | None = None
    spread_error: tuple[float, float] | None = None

    @property
    def name(self) -> str:
        """Name as shown beside a score."""
        return NETWORK

    def fit(self, responses: Responses) -> Self:
        """Train a network, or read one that was trained on the very same data with the same settings."""
        settings = self.settings
        vocabulary = Vocabulary.of(responses, self.features)
        config = network_config(vocabulary, self.sizes)
        run = Run(self.folder / f"fit-{self._key(responses)}", self.label, self.devices)
        unseen = self._unseen(responses)
        rows = TrainingRows.of(responses, unseen, vocabulary, config.signature_rank)
        held_out = torch.from_numpy(self.is_held_out(responses))
        network = fit_network(
            new_network(config, responses, vocabulary, settings.seed),
            rows,
            held_out,
            settings,
            run,
        )
        judged = Judged.of(network, rows, held_out, unseen.base)
        return replace(
            self,
            base=self.base.fit(responses),
            start=self.start.fit(responses),
            trained=TrainedNetwork(network, vocabulary, judged.best_share(settings.shape_weight)),
            spread_error=judged.spread_error(),
        )

    def _unseen(self, responses: Responses) -> HeldOut:
        """What the simple models say of each training condition without having seen it."""
        folds, seed = self.settings.base_folds, self.settings.seed
        base = out_of_fold(self.base, responses, folds, seed, self.alike)
        start = (
            base if self.start is self.base else out_of_fold(self.start, responses, folds, seed, self.alike)
        )
        return HeldOut(start, base)

    def predict(self, conditions: Sequence[Condition], contexts: Mapping[str, Context]) -> Floats:
        """Mean shift, shape ``(conditions, genes)``."""
        if self.trained is None:
            raise InputError("The network has not been fitted.")
        base, start = (
            np.asarray(predictor.predict(conditions, contexts), dtype=np.float32)
            for predictor in (self.base, self.start)
        )
        return self.trained.mixed(base, self.trained.answer(conditions, contexts, start).shift)

    def is_held_out(self, responses: Responses) -> np.ndarray:
        """Conditions that decide when to stop, bool, shape ``(conditions,)``."""
        parts = max(2, round(1 / self.settings.held_out))
        return np.asarray(folds_of(responses.conditions, parts, self.settings.seed + 1, self.alike) == 0)

    def _key(self, responses: Responses) -> str:
        """Fingerprint of everything that a fit depends on."""
        digest = hashlib.sha256()
        simple = (repr(self.base), repr(self.start), self.alike.__name__)
        for part in (self.sizes.model_dump_json(), self.settings.model_dump_json(), *simple):
            digest.update(part.encode())
        digest.update("\n".join(map(str, responses.conditions)).encode())
        for values in (responses.delta, responses.spread, responses.cells):
            digest.update(np.ascontiguousarray(values).tobytes())
        return digest.hexdigest()[:16]


def network_config(vocabulary: Vocabulary, sizes: NetworkSection) -> ModelConfig:
    """Sizes of the network that suits the names."""
    features = vocabulary.features
    return ModelConfig(
        genes=len(vocabulary.genes),
        gene_width=features.gene_width,
        compound_width=features.compound_width,
        prior_width=features.gene_width,
        impact_channels=len(IMPACT_CHANNELS),
        modalities=vocabulary.modalities,
        **sizes.model_dump(),
    )


def new_network(config: ModelConfig, responses: Responses, vocabulary: Vocabulary, seed: int) -> XPert:
    """An untrained network that knows the scales of its data and what is known of its genes."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = XPert(config)
    scales = Scales.of(responses)
    network.control_centre.fill_(scales.control_centre)
    network.control_scale.fill_(scales.control_scale)
    network.shift_scale.fill_(scales.shift)
    features = vocabulary.features
    known = features.genes.vectors([features.gene(g) for g in responses.genes], features.gene_projection)
    network.cell_encoder.tokens.prior.copy_(torch.from_numpy(known))
    return network
