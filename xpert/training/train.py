"""From a recipe to a bundle: measure every predictor, fit the best, place every treatment, write it all down."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xpert.data.readout import Readout
from xpert.features.treatments import TreatmentFeatures
from xpert.model.baselines.kernels import PriorKnowledge
from xpert.model.baselines.mean_shift import MeanShift
from xpert.model.baselines.registry import base_predictor, baselines
from xpert.model.bundle import NETWORK, Bundle, Measured, load_bundle, save_bundle
from xpert.model.novelty import Novelty
from xpert.training.bar import Bar
from xpert.training.calibration import LIKENESS, calibrate
from xpert.training.card import CardFacts, write_card
from xpert.training.choice import decide
from xpert.training.network_predictor import NetworkPredictor
from xpert.training.points import held_out_errors, points_of, space_of
from xpert.training.skill import measure_skill
from xpert.training.sources import gather, parent_compounds

if TYPE_CHECKING:
    from pathlib import Path

    from xpert.model.baselines.blend import StoredPredictor
    from xpert.training.calibration import CalibrationReport
    from xpert.training.choice import Decisions
    from xpert.training.recipe import Recipe
    from xpert.training.skill import SkillReport
    from xpert.training.sources import TrainingData


def train(recipe: Recipe, text: str, out: Path, *, work: Path, resume: bool = False) -> Bundle:
    """Make a bundle.

    Parameters
    ----------
    recipe
        What to make.
    text
        The recipe as it was written, to be kept in the bundle.
    out
        Folder of the bundle.
    work
        Folder for checkpoints and logs.
    resume
        Whether what is in `work` is gone on with; otherwise it is removed.

    Returns
    -------
    Bundle
        As it is read back from `out`.

    Raises
    ------
    InputError
        When the data cannot be used.
    """
    if not resume:
        shutil.rmtree(work, ignore_errors=True)
    maker = _Maker(recipe, gather(recipe.data, recipe.training.seed), TreatmentFeatures.load(), work)
    _say(f"{len(maker.data.responses):,} conditions on {len(maker.data.responses.genes):,} genes.")
    report = maker.measure()
    decisions = decide(report, metric=maker.deciding_metric, reliability=maker.data.reliability_of_contexts)
    bundle = maker.assemble(report, decisions, text)
    save_bundle(bundle, out)
    shutil.rmtree(work / "skill", ignore_errors=True)
    return load_bundle(out)


@dataclass(frozen=True, eq=False)
class _Maker:
    """The steps, and what all of them need."""

    recipe: Recipe
    data: TrainingData
    features: TreatmentFeatures
    work: Path

    @property
    def deciding_metric(self) -> str:
        """Direction where the size of a response means little, distance elsewhere."""
        return "pearson" if self.data.responses.readout is Readout.Z else "l2"

    @property
    def candidates(self) -> tuple[StoredPredictor, ...]:
        return baselines(self.data.responses.readout)

    def network(self, folder: Path, label: str | None, devices: int | str) -> NetworkPredictor:
        """The network on the strongest simple model for this kind of data."""
        base = base_predictor(self.data.responses.readout)
        return NetworkPredictor(
            base=base,
            start=base if self.recipe.training.start == "base" else MeanShift(),
            features=self.features,
            sizes=self.recipe.network,
            settings=self.recipe.training,
            folder=folder,
            label=label,
            devices=devices,
        )

    def measure(self) -> SkillReport:
        """Skill of every baseline, and of the network where the recipe asks for it."""
        bar = Bar("measuring skill")
        scored = [self.network(self.work / "skill", None, 1)] if self.recipe.skill.network else []
        return measure_skill(
            self.data.responses,
            [*self.candidates, *scored],
            seed=self.recipe.training.seed,
            folds=self.recipe.skill.folds,
            groups=parent_compounds(self.data.responses, self.features),
            halves=self.data.halves,
            progress=bar.draw,
        )

    def assemble(self, report: SkillReport, decisions: Decisions, text: str) -> Bundle:
        """Fit what answers on everything, and put it together."""
        responses = self.data.responses
        chosen = decisions.choices
        fitted = self.network(self.work, "training", "auto").fit(responses)
        assert fitted.trained is not None
        calibration = calibrate(responses, report, chosen, source=PriorKnowledge(), mixture=LIKENESS)
        novelty = Novelty.of(responses.conditions, PriorKnowledge(), LIKENESS)
        space = space_of(responses, novelty)
        errors = held_out_errors(responses, report, chosen)
        base, start = fitted.base.name, fitted.start.name
        return Bundle(
            name=self.recipe.name,
            readout=responses.readout,
            organism=self.data.organism,
            genes=responses.genes,
            contexts=responses.context,
            training=Measured(responses.conditions, responses.cells, responses.delta, self.data.reliability),
            skill=report.table,
            chosen=chosen,
            baselines=tuple(predictor.name for predictor in self.candidates),
            predictors=self._answering({*chosen.names, base, start} - {NETWORK}),
            base=base,
            start=start,
            network=fitted.trained,
            learned_spread=fitted.spread_error is not None
            and fitted.spread_error[0] < fitted.spread_error[1],
            calibration=calibration.calibration,
            novelty=novelty,
            perturbverse=points_of(responses, space.latents, self.features, errors),
            latents=space.latents,
            scales=space.scales,
            features=self.features,
            card=self._card(report, decisions, calibration, fitted),
            recipe=text,
        )

    def _answering(self, names: set[str]) -> dict[str, StoredPredictor]:
        return {p.name: p.fit(self.data.responses) for p in self.candidates if p.name in names}

    def _card(
        self,
        report: SkillReport,
        decisions: Decisions,
        calibration: CalibrationReport,
        fitted: NetworkPredictor,
    ) -> str:
        facts = CardFacts(
            self.data, report, decisions, calibration.table, fitted.base.name, fitted.spread_error
        )
        return write_card(self.recipe, facts)


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
