"""A bundle: a network, the baselines beside it, what they were trained on, and how good each was."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from xpert.model.bundle_list import BundleInfo, survey
from xpert.model.calibration import Asked
from xpert.model.predictor import Shift
from xpert.model.question import Known
from xpert.model.signatures import Signatures
from xpert.model.space import Space
from xpert.model.spread import expected_spread

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt
    import pandas as pd

    from xpert.data.readout import Readout
    from xpert.data.responses import Condition, Context, Floats
    from xpert.features.treatments import TreatmentFeatures
    from xpert.model.baselines.blend import StoredPredictor
    from xpert.model.baselines.factors import Factors
    from xpert.model.calibration import Calibration
    from xpert.model.choices import Choices
    from xpert.model.novelty import Novelty
    from xpert.model.question import Question
    from xpert.model.trained import TrainedNetwork
    from xpert.perturbation import Modality

__all__ = ["Bundle", "BundleInfo", "Measured", "list_bundles", "load_bundle", "save_bundle"]

NETWORK = "network"
SKILL_COLUMNS = ("question", "context", "predictor", "metric", "value", "lower", "upper", "conditions")
POINT_COLUMNS = (
    "treatment", "context", "contexts", "conditions", "modality", "target", "mechanism", "x", "y",
    "expected_error",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Measured:
    """What a bundle was trained on.

    Attributes
    ----------
    conditions
        One per row.
    cells
        Cells or arrays behind each row, shape ``(conditions,)``.
    delta
        Response minus control as measured, shape ``(conditions, genes)``; NaN where not measured.
    reliability
        Correlation between two halves of a row's cells, shape ``(conditions,)``; NaN where not known.
    """

    conditions: tuple[Condition, ...]
    cells: npt.NDArray[np.integer]
    delta: Floats
    reliability: Floats

    def __post_init__(self) -> None:
        rows = len(self.conditions)
        if not (len(self.cells) == len(self.delta) == len(self.reliability) == rows):
            raise ValueError(
                f"{rows} conditions, but {len(self.cells)} counts, {len(self.delta)} shifts and "
                f"{len(self.reliability)} reliabilities"
            )


@dataclass(frozen=True, eq=False)
class Bundle:
    """Everything that a prediction needs.

    Attributes
    ----------
    name
        Name of the bundle and of its folder.
    readout
        Unit of every value.
    organism
        ``human`` or ``mouse``.
    genes
        Genes that are predicted.
    contexts
        Contexts that it knows, on `genes`.
    training
        What was measured.
    skill
        Columns `SKILL_COLUMNS`: every predictor on held-out conditions, by kind of question.
    chosen
        For each kind of question, and where needed each context, the predictor that answers it.
    baselines
        Names in ``skill.predictor`` that are simple baselines and not the network.
    predictors
        Fitted baselines that answer something or that the network stands on, by name.
    base, start
        Names of the strongest simple model, which the network's answer is weighed with, and of the one that it
        starts from.
    network
        The network.
    learned_spread
        Whether the network's spread was closer on held-out conditions than its starting point.
    calibration
        How far off the chosen predictors were on held-out conditions.
    novelty
        How far a treatment lies from the measured ones.
    perturbverse
        Columns `POINT_COLUMNS`, one row a treatment, in the order of `latents`.
    latents
        Places of the training treatments, shape ``(points, width)``.
    scales
        Of the likenesses that the places were fitted to, as in `xpert.model.space.Space`, shape ``(2, 2)``.
    features
        What turns targets into vectors.
    card
        Data, split, skill and limits, Markdown.
    recipe
        The recipe that made it, TOML.
    """

    name: str
    readout: Readout
    organism: str
    genes: tuple[str, ...]
    contexts: Mapping[str, Context]
    training: Measured
    skill: pd.DataFrame
    chosen: Choices
    baselines: tuple[str, ...]
    predictors: Mapping[str, StoredPredictor]
    base: str
    start: str
    network: TrainedNetwork
    learned_spread: bool
    calibration: Calibration
    novelty: Novelty
    perturbverse: pd.DataFrame
    latents: Floats
    scales: Floats
    features: TreatmentFeatures
    card: str
    recipe: str

    def __post_init__(self) -> None:
        if self.training.delta.shape[1] != len(self.genes):
            raise ValueError(f"{self.training.delta.shape[1]} measured genes, {len(self.genes)} gene names")
        if len(self.perturbverse) != len(self.latents):
            raise ValueError(f"{len(self.perturbverse)} points, {len(self.latents)} latents")
        if self.scales.shape != (2, 2):
            raise ValueError(f"scales have shape {self.scales.shape}, not (2, 2)")
        unknown = {self.base, self.start, *self.chosen.names} - {NETWORK, *self.predictors}
        if unknown:
            raise ValueError(f"predictors are named that are not there: {', '.join(sorted(unknown))}")
        for columns, table in ((SKILL_COLUMNS, self.skill), (POINT_COLUMNS, self.perturbverse)):
            if absent := set(columns) - set(table.columns):
                raise ValueError(f"a table lacks the columns {', '.join(sorted(absent))}")

    @cached_property
    def targets(self) -> tuple[str, ...]:
        """Genes and compounds that were perturbed in training, sorted."""
        return tuple(sorted({t for c in self.training.conditions for t in c.treatment.targets}))

    @cached_property
    def modalities(self) -> tuple[Modality, ...]:
        """Ways to perturb that were measured in training, in the order of the enumeration."""
        seen = {p.modality for c in self.training.conditions for p in c.treatment.perturbations}
        return tuple(modality for modality in type(next(iter(seen))) if modality in seen)

    @cached_property
    def known(self) -> Known:
        """The measured conditions, laid out to classify questions."""
        return Known.of(self.training.conditions)

    @property
    def factors(self) -> Factors | None:
        """The base where it can be told further measured conditions by itself; None elsewhere."""
        from xpert.model.baselines.factors import Factors

        base = self.predictors[self.base]
        return base if isinstance(base, Factors) else None

    def shift(self, conditions: Sequence[Condition], contexts: Mapping[str, Context]) -> Shift:
        """What treatments do, said by the predictor that is best at each kind of question.

        Parameters
        ----------
        conditions
            What is asked.
        contexts
            Every context that a condition names, on the bundle's genes in any order; new ones are welcome.

        Returns
        -------
        Shift
            On the bundle's genes. Control and zero strength give exactly no shift, with no error.

        Raises
        ------
        UnknownTargetError
            When nothing is known of a target.
        """
        self._check(conditions)
        if not conditions:
            nothing = np.empty((0, len(self.genes)), dtype=np.float32)
            return Shift(nothing, nothing, nothing, nothing, ())
        asked = self._asked(conditions, contexts)
        mean, ratio = self._answers(asked, with_spread=True)
        spread = _starting_spread(conditions, asked.contexts, mean)
        if self.learned_spread:
            spread = spread * ratio
        where = tuple(c.context for c in conditions)
        near = self.novelty.cosine([c.treatment.active for c in conditions])
        judged = Asked(asked.questions, where, mean, self.novelty.distance(conditions), near)
        error = self.calibration.error(judged).astype(np.float32)
        half_width = self.calibration.half_width(judged).astype(np.float32)
        still = _still(conditions)
        for part in (error, half_width):
            part[still] = 0
        return Shift(mean, spread, error, half_width, asked.predictors)

    def mean_shift(self, conditions: Sequence[Condition], contexts: Mapping[str, Context]) -> Floats:
        """The mean of `shift` alone, shape ``(conditions, genes)``: many times faster, for thousands of conditions.

        Raises
        ------
        UnknownTargetError
            When nothing is known of a target.
        """
        self._check(conditions)
        if not conditions:
            return np.empty((0, len(self.genes)), dtype=np.float32)
        return self._answers(self._asked(conditions, contexts), with_spread=False)[0]

    def _check(self, conditions: Sequence[Condition]) -> None:
        for condition in conditions:
            self.features.check(condition.treatment, self.targets)

    def _asked(self, conditions: Sequence[Condition], contexts: Mapping[str, Context]) -> _Conditions:
        placed = {name: contexts[name].aligned(self.genes) for name in {c.context for c in conditions}}
        questions = tuple(self.known.classify(c) for c in conditions)
        names = tuple(
            self.chosen.answering(question, condition.context)
            for question, condition in zip(questions, conditions, strict=True)
        )
        return _Conditions(conditions, placed, questions, names)

    def _answers(self, asked: _Conditions, *, with_spread: bool) -> tuple[Floats, Floats]:
        """Mean of each condition by its predictor, and the network's spread ratio where it is wanted, else 1."""
        mean = np.zeros((len(asked.conditions), len(self.genes)), dtype=np.float32)
        ratio = np.ones_like(mean)
        for name in dict.fromkeys(asked.predictors):
            rows = np.flatnonzero([chosen == name for chosen in asked.predictors])
            if name != NETWORK:
                mean[rows] = self._ask(name, asked, rows)
        by_network = np.array([chosen == NETWORK for chosen in asked.predictors])
        rows = np.flatnonzero(by_network | (with_spread and self.learned_spread))
        if len(rows):
            start = self._ask(self.start, asked, rows)
            wanted = [asked.conditions[i] for i in rows.tolist()]
            answer = self.network.answer(wanted, asked.contexts, start)
            ratio[rows] = answer.spread_ratio
            base = start if self.base == self.start else self._ask(self.base, asked, rows)
            own = by_network[rows]
            mean[rows[own]] = self.network.mixed(base[own], answer.shift[own])
        mean[_still(asked.conditions)] = 0
        return mean, ratio

    @cached_property
    def signatures(self) -> Signatures:
        """One centred response per measured treatment, in the order of `perturbverse`."""
        return Signatures.of(self.training.conditions, self.training.delta)

    @cached_property
    def space(self) -> Space:
        """The Perturbverse; its fitted points are those of `perturbverse`."""
        return Space.restore(self.signatures.values, self.latents, self.scales)

    def _ask(self, name: str, asked: _Conditions, rows: npt.NDArray[np.integer] | None = None) -> Floats:
        """What one predictor says of all the conditions, or of some rows."""
        wanted = asked.conditions if rows is None else [asked.conditions[int(i)] for i in rows]
        return np.asarray(self.predictors[name].predict(wanted, asked.contexts), dtype=np.float32)


class _Conditions(NamedTuple):
    """Conditions, each with its kind of question and the predictor that answers it."""

    conditions: Sequence[Condition]
    contexts: Mapping[str, Context]
    questions: tuple[Question, ...]
    predictors: tuple[str, ...]


def _still(conditions: Sequence[Condition]) -> npt.NDArray[np.bool_]:
    """Which conditions do nothing."""
    return np.array([c.treatment.active.is_control for c in conditions], dtype=bool)


def _starting_spread(
    conditions: Sequence[Condition], contexts: Mapping[str, Context], mean: Floats
) -> Floats:
    spread = np.empty(mean.shape, dtype=np.float32)
    for name in {c.context for c in conditions}:
        rows = [i for i, c in enumerate(conditions) if c.context == name]
        spread[rows] = expected_spread(contexts[name], mean[rows])
    return spread


def list_bundles() -> tuple[BundleInfo, ...]:
    """Bundles that can be loaded by name; reads their descriptions only."""
    return survey()[0]


def load_bundle(name_or_path: str | Path) -> Bundle:
    """Load a bundle by name, or from its folder.

    Raises
    ------
    InputError
        When there is none, naming those that are there; or when a file of it is missing or damaged.
    """
    from xpert.model.bundle_files import load

    return load(name_or_path)


def save_bundle(bundle: Bundle, folder: Path) -> None:
    """Write a bundle; an older one in the folder is replaced as a whole.

    Raises
    ------
    InputError
        When it would be larger than a bundle may be.
    """
    from xpert.model.bundle_files import save

    save(bundle, folder)
