"""Every baseline by name, the way back from a stored one, and the strongest simple models known."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from xpert.data.readout import Readout
from xpert.model.baselines.additive import Additive
from xpert.model.baselines.bilinear_ridge import BILINEAR, BilinearRidge
from xpert.model.baselines.blend import Blend
from xpert.model.baselines.component_ridge import ComponentRidge, ComponentSettings
from xpert.model.baselines.context_mean import ContextMean
from xpert.model.baselines.dose_curves import DoseCurves, compound_curves, strength_curves
from xpert.model.baselines.factors import Factors
from xpert.model.baselines.kernel_ridge import RIDGES, KernelRidge
from xpert.model.baselines.kernels import PriorKnowledge
from xpert.model.baselines.matching_mean import MatchingMean
from xpert.model.baselines.mean_shift import MeanShift
from xpert.model.baselines.no_change import NoChange
from xpert.model.baselines.recalled import Recalled
from xpert.model.baselines.ridge import RidgeSettings
from xpert.model.baselines.routed import Routed
from xpert.model.question import Question

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xpert.data.responses import Floats
    from xpert.model.baselines.blend import StoredPredictor

BASELINES: Mapping[str, Any] = {
    "no_change": NoChange,
    "recalled": Recalled,
    "mean_shift": MeanShift,
    "matching_mean": MatchingMean,
    "additive": Additive,
    "context_mean": ContextMean,
    "bilinear_ridge": BilinearRidge,
    "kernel_ridge": KernelRidge,
    "factors": Factors,
    "component_ridge": ComponentRidge,
    "dose_curves": DoseCurves,
    "blend": Blend,
    "routed": Routed,
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


def restore_members(
    configs: Sequence[Mapping[str, Any]], arrays: Mapping[str, Floats]
) -> tuple[StoredPredictor, ...]:
    """Members of a composed predictor, each from the arrays under its number."""
    return tuple(
        restore(config, {k.removeprefix(f"{i}."): v for k, v in arrays.items() if k.startswith(f"{i}.")})
        for i, config in enumerate(configs)
    )


# Gene sets help where they know the pathway and harm where they do not, so how much they count is chosen.
SCREEN_PRIOR = RidgeSettings(
    mixtures=(
        {"identity": 1.0, "common": 0.1},
        {"identity": 1.0, "gene_prior": 1.0, "common": 0.1},
        {"identity": 1.0, "gene_prior": 3.0, "common": 0.3},
        {"identity": 1.0, "gene_prior": 10.0, "common": 1.0},
    ),
    ridges=RIDGES,
    rank=10,
)

# For targets that were never measured, around what the measured ones have in common.
UNSEEN_PRIOR = RidgeSettings(
    mixtures=({"gene_prior": 1.0, "structure": 0.5, "annotation": 0.5},), ridges=RIDGES, rank=10, centred=True
)

# Signatures differ in strength with the number of wells behind them, and share a large common response.
SIGNATURE_PRIOR = RidgeSettings(
    mixtures=({"structure": 0.5, "annotation": 0.5, "gene_prior": 1.0, "target": 0.2},),
    ridges=(1.0, 3.0, 10.0, 30.0),
    rank=100,
    centred=True,
    unit_norm=True,
)


def baselines(readout: Readout) -> tuple[StoredPredictor, ...]:
    """Every baseline that a model is measured beside, the simplest first; the last is `base_predictor`."""
    simple = (
        NoChange(),
        Recalled(),
        MeanShift(),
        ContextMean(),
        MatchingMean(),
        Additive(),
        BilinearRidge(),
        KernelRidge(),
    )
    if readout is Readout.SIGNED_RANK:
        # Kernel regression over thousands of signatures costs more than it has shown to give there.
        return (*simple[:4], base_predictor(readout))
    return (*simple, prior_ridge(readout), base_predictor(readout))


def base_predictor(readout: Readout) -> StoredPredictor:
    """The strongest simple model known for data of a readout.

    Screens of cells get the average of zero-mean kernel regression on shared perturbations and of bilinear
    ridge, and kernel regression on gene sets and compound structure for genes and compounds that were never
    measured. z signatures get kernel regression on structure, annotation and gene sets, trained at unit length, each
    component of the response with its own kernel and penalty.
    Signed ranks, the readout of many signatures in many contexts, get factors of both.
    log2 fold changes, the readout of arrays and bulk RNA at several doses, get dose curves beside what screens get.
    """
    if readout is Readout.LOG2FC:
        return dose_predictor()
    if readout is Readout.SIGNED_RANK:
        return Factors()
    return signature_predictor() if readout is Readout.Z else screen_predictor()


def signature_predictor() -> ComponentRidge:
    """Kernel regression for z signatures: see `component_ridge`."""
    shared = {"gene_prior": 1.0, "target": 0.2}
    mixtures = tuple({"structure": s, "annotation": 1 - s, **shared} for s in (0.25, 0.5, 0.75))
    settings = ComponentSettings(mixtures, (2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0), unit_norm=True)
    return ComponentRidge(settings, title="component-wise ridge on prior knowledge")


def dose_predictor() -> Routed:
    """Simple models for screens at several doses: curves where a dose, a context or a compound is new."""
    screen = screen_predictor()
    curves = len(screen.members)
    new = (Question.NEW_DOSE, Question.NEW_PAIR, Question.SEEN_TREATMENT_NEW_CONTEXT)
    routes = {**screen.routes, **dict.fromkeys(new, curves), Question.UNSEEN_COMPOUND: curves + 1}
    return Routed((*screen.members, strength_curves(), compound_curves()), routes, title=screen.title)


def screen_predictor() -> Routed:
    """Simple models for perturbation screens, each where it is best; see `base_predictor`."""
    bilinear = BilinearRidge(settings=replace(BILINEAR, weighted=True))
    together = Blend((KernelRidge(), bilinear), title="kernel and bilinear ridge")
    # Bilinear ridge falls back on the mean of all conditions; what no measured part supports is no shift.
    routes = dict.fromkeys((Question.UNSEEN_GENE, Question.UNSEEN_COMPOUND), 1)
    routes |= dict.fromkeys((Question.ONE_SINGLE_SEEN, Question.NO_SINGLE_SEEN), 2)
    unseen = KernelRidge(PriorKnowledge(), UNSEEN_PRIOR, title="kernel ridge around the mean")
    members = (together, unseen, KernelRidge())
    return Routed(members, routes, title="simple models combined")


def prior_ridge(readout: Readout) -> KernelRidge:
    """Kernel regression on prior knowledge, set up for a readout."""
    settings = SIGNATURE_PRIOR if readout is Readout.Z else SCREEN_PRIOR
    return KernelRidge(PriorKnowledge(), settings, title="kernel ridge on prior knowledge")
