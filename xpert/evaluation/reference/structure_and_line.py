"""A drug's effect by kernel ridge over structures and annotations, on top of the effect of the line."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np

from xpert.evaluation.reference.tuned import RIDGES, Tuning, ridge_path
from xpert.evaluation.reference.two_way import TwoWay
from xpert.model.baselines.mean_shift import MeanShift
from xpert.perturbation import Treatment

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import numpy.typing as npt

    from xpert.data.responses import Condition, Context, Floats, Responses
    from xpert.evaluation.reference.drugs import Drug
    from xpert.evaluation.reference.two_way import Level
    from xpert.model.baselines.factors_fit import Effects

SHARES = (0.25, 0.5, 0.75)
RADIUS, BITS = 2, 2048


@dataclass(frozen=True, eq=False)
class Panel:
    """Every drug that is learned or asked, with the similarities between them.

    Attributes
    ----------
    drugs
        One per treatment.
    """

    drugs: tuple[Drug, ...]

    @cached_property
    def place(self) -> dict[str, int]:
        """Place of each drug by name."""
        return {drug.name: i for i, drug in enumerate(self.drugs)}

    @cached_property
    def has_structure(self) -> npt.NDArray[np.bool_]:
        """Whether a structure is known, shape ``(drugs,)``."""
        return np.array([drug.smiles is not None for drug in self.drugs])

    def is_known(self, name: str) -> bool:
        """Whether a drug's structure is known."""
        return bool(self.has_structure[self.place[name]])

    @cached_property
    def kernels(self) -> dict[str, Floats]:
        """Tanimoto similarity of Morgan counts mixed with the cosine of mechanisms and targets, by share."""
        structure, annotation = self._structure(), self._annotation()
        return {f"{share}": (1 - share) * structure + share * annotation for share in SHARES}

    def _structure(self) -> Floats:
        from rdkit import Chem, DataStructs
        from rdkit.Chem import rdFingerprintGenerator

        generator = rdFingerprintGenerator.GetMorganGenerator(radius=RADIUS, fpSize=BITS)
        known = np.flatnonzero(self.has_structure)
        molecules = [Chem.MolFromSmiles(self.drugs[i].smiles) for i in known]
        prints = [generator.GetCountFingerprint(molecule) for molecule in molecules]
        kernel = np.zeros((len(self.drugs), len(self.drugs)))
        kernel[np.ix_(known, known)] = [DataStructs.BulkTanimotoSimilarity(one, prints) for one in prints]
        return kernel

    def _annotation(self) -> Floats:
        labels = [{("m", m) for m in d.mechanisms} | {("t", t) for t in d.targets} for d in self.drugs]
        shared = np.array([[len(a & b) for b in labels] for a in labels], dtype=float)
        size = np.sqrt(np.maximum(np.diagonal(shared), 1))
        cosine: Floats = shared / np.outer(size, size)
        return cosine


@dataclass(frozen=True, eq=False)
class StructureAndLine:
    """Line effect plus the effect that similar drugs have; a drug without structure gets the line's mean.

    Attributes
    ----------
    panel
        Every drug.
    seed
        Of the inner folds that choose share and penalty.
    fitted
        Effects, line means, and the training drugs; None before `fit`.
    """

    panel: Panel
    seed: int = 0
    fitted: tuple[TwoWay, MeanShift, frozenset[str]] | None = None

    @property
    def name(self) -> str:
        """Name as shown beside a score."""
        return "kernel ridge on structure and annotation, with the line"

    def fit(self, responses: Responses) -> Self:
        """Take effects and means."""
        drugs = frozenset(c.treatment.targets[0] for c in responses.conditions)
        fitted = TwoWay(damping=1.0).fit(responses), MeanShift().fit(responses), drugs
        return replace(self, fitted=fitted)

    def predict(self, conditions: Sequence[Condition], contexts: Mapping[str, Context]) -> Floats:
        """Line and drug, shape ``(conditions, genes)``."""
        if self.fitted is None or self.fitted[0].fitted is None:
            raise ValueError(f"{self.name} was asked before it was fitted")
        _, means, drugs = self.fitted
        level, effects = self.fitted[0].fitted
        found = self._effects({c.treatment.targets[0] for c in conditions}, drugs, level, effects)
        shift = means.predict(conditions, contexts)
        _, context = level.places(conditions)
        for row, condition in enumerate(conditions):
            effect = found.get(condition.treatment.targets[0])
            if effect is not None:
                shift[row] = effect + effects.context[context[row]]
        return shift

    def _effects(
        self, asked: Collection[str], learned: Collection[str], level: Level, effects: Effects
    ) -> dict[str, Floats]:
        """Mean and effect of each asked drug with a structure."""
        values = np.zeros((len(self.panel.drugs), len(effects.mean)), dtype=np.float32)
        for text, row in level.treatments.items():
            values[self.panel.place[Treatment.parse(text).targets[0]]] = effects.mean + effects.treatment[row]
        tuning = Tuning(ridge_path, RIDGES, [drug.parent for drug in self.panel.drugs], self.seed + 1)
        names = [name for name in sorted(asked) if self.panel.is_known(name)]
        known = [name for name in sorted(learned) if self.panel.is_known(name)]
        rows = [np.array([self.panel.place[n] for n in part], dtype=np.intp) for part in (known, names)]
        return dict(zip(names, tuning.predict(self.panel.kernels, values, *rows), strict=True))
