"""What the retrieval tasks share: does a drug find the drugs of its mechanism by likeness alone.

But for the network's tokens no contestant sees a mechanism or a target: a known target nearly says the mechanism, so the
annotation kernels of the package would find it by reading the label. Annotations do follow structure (a mechanism is often given to a new
compound because of its structure), which favours structure over responses.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from xpert.errors import InputError
from xpert.evaluation.splits import Fold, Folds
from xpert.evaluation.task import ALL, CEILING_COLUMNS, OUTCOME_COLUMNS, Goal, Metric, Role, itself
from xpert.model.likeness import Likeness, response_likeness, standardised, unit
from xpert.model.space import Space, embedded
from xpert.perturbverse.retrieval import average_precision, nearest_accuracy, structure_likeness

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import numpy.typing as npt

    from xpert.data.responses import Floats
    from xpert.evaluation.reference.drugs import Drug

FEWEST = 3
PARTS, PLACED_PARTS = 5, 20
AVERAGE_PRECISION = Metric("average_precision", "mean average precision")
NEAREST = Metric("nearest_accuracy", "right mechanism by the 5 nearest")
SHIPPED = Likeness()
SETTINGS = tuple(
    Likeness(response, neighbours, sharpness=sharpness)
    for response, neighbours, sharpness in product((0.2, 0.3, 0.4, 0.5, 0.6), (0, 5, 10, 20), (2.0, 4.0))
)


@dataclass(frozen=True, eq=False)
class Study:
    """Drugs with a shared mechanism, and what they do.

    Attributes
    ----------
    drugs
        With structure and mechanism, one per parent.
    mechanisms
        Of each drug, those that at least three drugs of the study have.
    responses
        Shape ``(contexts, drugs, genes)``; NaN where a gene or a drug was not measured in a context.
    """

    drugs: tuple[Drug, ...]
    mechanisms: tuple[frozenset[str], ...]
    responses: Floats

    @classmethod
    def of(cls, drugs: tuple[Drug, ...], responses: Floats) -> Study:
        """Keep drugs with a structure, one per parent, and mechanisms that at least three of them have."""
        first = {drug.parent: row for row, drug in reversed(list(enumerate(drugs)))}
        rows = [i for i in sorted(first.values()) if drugs[i].smiles and drugs[i].mechanisms]
        shared: frozenset[str] = frozenset()
        while True:
            counts = pd.Series([m for i in rows for m in drugs[i].mechanisms]).value_counts()
            shared = frozenset(counts.index[counts >= FEWEST])
            kept = [i for i in rows if drugs[i].mechanisms & shared]
            if kept == rows:
                break
            rows = kept
        chosen = tuple(drugs[i] for i in rows)
        return cls(chosen, tuple(d.mechanisms & shared for d in chosen), responses[:, rows])

    @property
    def names(self) -> tuple[str, ...]:
        """Name of every drug."""
        return tuple(drug.name for drug in self.drugs)

    @cached_property
    def relevant(self) -> npt.NDArray[np.bool_]:
        """Pairs that share a mechanism, shape ``(drugs, drugs)``."""
        return np.array([[bool(a & b) for b in self.mechanisms] for a in self.mechanisms])

    @cached_property
    def structure(self) -> Floats:
        """Likeness by six views of the structure."""
        return structure_likeness([str(drug.smiles) for drug in self.drugs])

    @cached_property
    def views(self) -> dict[str, Floats]:
        """Each view of the structure as it is."""
        from xpert.features.compound_views import structure_views

        rows = np.arange(len(self.drugs))
        same = np.eye(len(rows), dtype=bool)
        views = structure_views([str(drug.smiles) for drug in self.drugs])
        return {name: view.between(rows, rows, same).astype(float) for name, view in views.items()}

    @cached_property
    def response(self) -> Floats:
        """Likeness by damped responses, mean over the contexts in which every drug was measured."""
        whole = np.isfinite(self.responses).all(axis=(1, 2))
        measured = self.responses[whole] if whole.any() else self.mean[None]
        return response_likeness(measured)

    @cached_property
    def mean(self) -> Floats:
        """Mean response over the contexts in which a gene was measured, 0 where in none, shape ``(drugs, genes)``."""
        measured = np.isfinite(self.responses)
        total = np.where(measured, self.responses, 0).sum(axis=0)
        mean: Floats = total / np.maximum(measured.sum(axis=0), 1)
        return mean

    def cosine(self, *, centred: bool) -> Floats:
        """Cosine of mean responses."""
        rows = self.mean - self.mean.mean(axis=0) if centred else self.mean
        unit = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
        likeness: Floats = unit @ unit.T
        return likeness


@dataclass(frozen=True, eq=False)
class RetrievalContest:
    """Every contestant gives a likeness of all drugs; satisfies `xpert.evaluation.task.Contest`."""

    study: Study
    seed: int

    @property
    def contestants(self) -> dict[str, Role]:
        """Every likeness that can be asked."""
        return {name: role for name, (role, _) in _CONTESTANTS.items()}

    def run(self, model: str) -> pd.DataFrame:
        """Both scores of every drug as the query, columns `OUTCOME_COLUMNS`."""
        likeness = _CONTESTANTS[model][1](self.study, self.seed)
        scores = {
            AVERAGE_PRECISION: average_precision(likeness, self.study.relevant),
            NEAREST: nearest_accuracy(likeness, self.study.mechanisms),
        }
        rows = [
            (0, name, ALL, metric.name, score)
            for metric, found in scores.items()
            for name, score in zip(self.study.names, found.tolist(), strict=True)
        ]
        return pd.DataFrame(rows, columns=list(OUTCOME_COLUMNS))

    def ceiling(self) -> pd.DataFrame:
        """No repeated screen, so no ceiling."""
        return pd.DataFrame(columns=list(CEILING_COLUMNS))


@dataclass(frozen=True)
class RetrievalTask:
    """Drugs of one data set as queries among one another.

    Attributes
    ----------
    name, title, goals, unit
        As in `xpert.evaluation.task.Task`.
    read
        Reads the study from the data folder.
    """

    name: str
    title: str
    goals: tuple[Goal, ...]
    read: Callable[[Path], Study]
    unit: Callable[[str], str] = itself

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Mean average precision, and the mechanism that most of the nearest have."""
        return (AVERAGE_PRECISION, NEAREST)

    def deal(self, data: Path, seed: int) -> Folds:
        """One fold that learns nothing and asks every drug; the seed is that of draws inside contestants."""
        return Folds(self.name, seed, (Fold((), self.read(data).names),))

    def prepare(self, data: Path, folds: Folds) -> RetrievalContest:
        """Read the study and see that it holds the drugs of the folds.

        Raises
        ------
        InputError
            When the folds name other drugs.
        """
        study = self.read(data)
        asked = {name.strip() for fold in folds.folds for name in fold.test}
        if other := asked ^ {name.strip() for name in study.names}:
            raise InputError(
                f"The folds of {self.name} are about other drugs, for example {sorted(other)[0]}."
            )
        return RetrievalContest(study, folds.seed)


def goals(reference: float, aim: float | None) -> tuple[Goal, ...]:
    """What is known of the one score."""
    return (Goal(ALL, AVERAGE_PRECISION.name, reference, None, aim),)


def _both(study: Study, *, centred: bool) -> Floats:
    structure, response = study.views["morgan"], study.cosine(centred=centred)
    return (standardised(structure) + standardised(response)) / 2


def _mean_of_views(study: Study) -> Floats:
    mean: Floats = np.mean(list(study.views.values()), axis=0)
    return mean


def _elsewhere(study: Study, seed: int) -> Floats:
    """Each drug's row by the settings that were best for drugs that share no mechanism with its part."""
    made = [s.between(study.structure, study.response) for s in SETTINGS]
    scores = np.array([average_precision(likeness, study.relevant) for likeness in made])
    names = sorted({name for listed in study.mechanisms for name in listed})
    part = dict(zip(names, np.random.default_rng(seed).permutation(len(names)) % PARTS, strict=True))
    home = np.array([part[min(listed)] for listed in study.mechanisms])
    found = np.empty_like(study.structure)
    for number in range(PARTS):
        apart = np.array([all(part[name] != number for name in listed) for listed in study.mechanisms])
        found[home == number] = made[scores[:, apart].mean(axis=1).argmax()][home == number]
    return found


def _latent(study: Study) -> Floats:
    """The space of `xpert.model.space`, with structure as all that is known of a drug."""
    places = unit(embedded(SHIPPED.between(study.structure, study.response)))
    likeness: Floats = places @ places.T
    return likeness


def _tokens(study: Study) -> Floats:
    """Pooled tokens of the bundled network, which reads mechanisms and targets too and so looks at the answer."""
    from xpert.model.bundle import load_bundle
    from xpert.perturbation import Modality, Perturbation, Treatment

    network = load_bundle("l1000").network
    drugs = [Treatment.of(Perturbation(str(drug.smiles), Modality.COMPOUND)) for drug in study.drugs]
    places = unit(network.latent(drugs))
    likeness: Floats = places @ places.T
    return likeness


def _flat(study: Study) -> Floats:
    """Nearness on the flat map of that space."""
    from xpert.training.points import flat_map

    drawn = flat_map(embedded(SHIPPED.between(study.structure, study.response)))
    near: Floats = -np.linalg.norm(drawn[:, None] - drawn[None], axis=-1)
    return near


def _placed(study: Study, seed: int) -> Floats:
    """Each drug placed by its structure among the others, as if it had never been measured.

    A twentieth of the drugs is placed at a time; these cannot find each other.
    """
    centred = study.mean - study.mean.mean(axis=0)
    home = np.random.default_rng(seed).permutation(len(study.drugs)) % PLACED_PARTS
    found = np.full_like(study.structure, -np.inf)
    for number in range(min(PLACED_PARTS, len(home))):
        rows, others = np.flatnonzero(home == number), np.flatnonzero(home != number)
        space = Space.fit(study.structure[np.ix_(others, others)], centred[others])
        nothing = np.zeros((len(rows), centred.shape[1]))
        placed = space.place(study.structure[np.ix_(rows, others)], nothing)
        found[np.ix_(rows, others)] = unit(placed) @ unit(space.latents).T
    return found


def _shuffled(study: Study, seed: int) -> Floats:
    order = np.random.default_rng(seed).permutation(len(study.drugs))
    likeness: Floats = SHIPPED.between(study.structure, study.response)[np.ix_(order, order)]
    return likeness


def _by(likeness: Callable[[Study], Floats]) -> Callable[[Study, int], Floats]:
    return lambda study, _: likeness(study)


_CONTESTANTS: Mapping[str, tuple[Role, Callable[[Study, int], Floats]]] = {
    "Morgan Tanimoto": (Role.REFERENCE, _by(lambda s: s.views["morgan"])),
    "signature cosine": (Role.REFERENCE, _by(lambda s: s.cosine(centred=True))),
    "Morgan and signature": (Role.REFERENCE, _by(lambda s: _both(s, centred=True))),
    "mean of structure views": (Role.SIMPLE, _by(_mean_of_views)),
    "rare substructures": (Role.SIMPLE, _by(lambda s: s.structure)),
    "damped signature": (Role.SIMPLE, _by(lambda s: s.response)),
    "both, no graph": (Role.SIMPLE, _by(lambda s: Likeness(neighbours=0).between(s.structure, s.response))),
    "settings of other mechanisms": (Role.SIMPLE, _elsewhere),
    "likeness passed on": (Role.SIMPLE, _by(lambda s: SHIPPED.between(s.structure, s.response))),
    "flat map of the latent space": (Role.SIMPLE, _by(_flat)),
    "latent space, drugs placed by structure": (Role.SIMPLE, _placed),
    "tokens of the l1000 network": (Role.SIMPLE, _by(_tokens)),
    "latent space": (Role.SHIPPED, _by(_latent)),
    "shuffled drugs": (Role.NULL, _shuffled),
}
