"""A bundle small enough to know every number of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from xpert.data.readout import Readout
from xpert.data.responses import Condition, Context
from xpert.model.baselines.kernels import PriorKnowledge
from xpert.model.novelty import Novelty
from xpert.model.predictor import Shift
from xpert.perturbation import Modality, Treatment

GENES = ("KLF1", "JAK2", "HBB", "GATA1", "STAT1", "IRF1")
EFFECT = {
    ("KLF1", Modality.CRISPRA): [1.0, 0.0, 0.5, 0.2, 0.0, -0.1],
    ("MAP2K6", Modality.CRISPRA): [0.0, 0.3, -0.2, 0.0, 0.1, 0.0],
    ("JAK2", Modality.CRISPRI): [0.0, -5.0, 0.0, 0.0, -0.3, -0.2],
}


@dataclass(frozen=True)
class TinyBundle:
    """What `predict` asks of a bundle, with sums of known effects as its answer."""

    name: str = "tiny"
    readout: Readout = Readout.LOG1P
    organism: str = "human"
    genes: tuple[str, ...] = GENES
    contexts: dict = field(default_factory=dict)
    training: SimpleNamespace = None
    skill: pd.DataFrame = None
    features: object = None
    novelty: Novelty = None
    modalities: tuple = (Modality.CRISPRA, Modality.CRISPRI)
    targets: tuple = ("JAK2", "KLF1", "MAP2K6")
    baselines: tuple = ("additive", "no change")
    factors: object = None
    base: str = "factors"

    def shift(self, conditions, contexts):
        mean = np.zeros((len(conditions), len(self.genes)))
        for row, condition in enumerate(conditions):
            assert contexts[condition.context].genes == self.genes
            for p in condition.treatment.perturbations:
                mean[row] += np.array(EFFECT.get((p.target, p.modality), np.zeros(6))) * p.efficacy
        error = np.full_like(mean, 0.1)
        return Shift(mean, np.full_like(mean, 0.5), error, 2 * error, ("network",) * len(conditions))


def conditions(*texts):
    return tuple(Condition(*part) for part in ((c, Treatment.parse(t)) for c, t in texts))


@pytest.fixture(scope="session")
def features():
    from xpert.features.treatments import TreatmentFeatures

    return TreatmentFeatures.load()


@pytest.fixture
def bundle(features):
    control = np.array([0.0, 1.0, 2.0, 0.5, 0.1, 0.3])
    contexts = {
        name: Context(name, GENES, control + offset, np.full(6, 0.4), cells=100)
        for name, offset in (("k562", 0.0), ("A172", 0.5))
    }
    measured = conditions(
        ("k562", "KLF1:crispra"),
        ("k562", "MAP2K6:crispra"),
        ("A172", "JAK2:crispri"),
        ("k562", "KLF1:crispra + MAP2K6:crispra"),
    )
    skill = pd.DataFrame(
        [
            (question, "", predictor, metric, value, value - 0.1, value + 0.1, 14)
            for question in ("seen", "both_singles_seen", "unseen_gene")
            for predictor, metric, value in (
                ("network", "l2", 1.1),
                ("additive", "l2", 1.3),
                ("no change", "l2", 2.0),
                ("network", "pearson", 0.7),
            )
        ],
        columns=["question", "context", "predictor", "metric", "value", "lower", "upper", "conditions"],
    )
    training = SimpleNamespace(
        conditions=measured,
        cells=np.full(4, 50),
        delta=np.zeros((4, 6)),
        reliability=np.array([0.8, 0.6, 0.03, np.nan]),
    )
    novelty = Novelty.of(measured, PriorKnowledge(), {"identity": 1.0, "gene_prior": 0.5})
    return TinyBundle(contexts=contexts, training=training, skill=skill, features=features, novelty=novelty)


@pytest.fixture
def signed_bundle(bundle):
    """The same on a readout that is a difference to control."""
    return replace(bundle, readout=Readout.Z)
