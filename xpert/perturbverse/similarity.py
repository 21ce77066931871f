"""How alike two treatments are, in three ways that are always named, and how often two picked at random are as alike."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from xpert.errors import InputError
from xpert.model.likeness import unit
from xpert.model.signatures import kind
from xpert.perturbation import Perturbation, Treatment
from xpert.perturbverse.embed import as_measured, embed, signatures

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from xpert.data.responses import Floats
    from xpert.model.bundle import Bundle
    from xpert.perturbation import Dose, Modality

ANCHORS = 60
FEWEST_PREDICTED = 10


class By(StrEnum):
    """What similarity looks at."""

    LATENT = "latent"
    RESPONSE = "response"
    PRIOR = "prior"

    @property
    def label(self) -> str:
        """In words for a person."""
        return _LABELS[self]


_LABELS = {
    By.LATENT: "latent: the model's space, of knowledge and response together",
    By.RESPONSE: "response: what treatments do, without what they all do",
    By.PRIOR: "prior: structure, mechanism, targets and pathways known beforehand",
}


def similarity(bundle: Bundle, treatment: Treatment, by: By, context: str | None = None) -> Floats:
    """Cosine of a treatment with every point of the map, shape ``(points,)``.

    Parameters
    ----------
    bundle
        The model.
    treatment
        What is compared; it need not be measured.
    by
        What to look at.
    context
        Take the treatment's response in this context, predicted; its mean over contexts without one.

    Raises
    ------
    InputError
        For control, and by response where no change is predicted: nothing is like nothing.
    UnknownTargetError
        For a target of which nothing is known.
    """
    if by is By.LATENT:
        place = unit(embed(bundle, [treatment], context))
        return np.asarray(unit(bundle.latents) @ place[0], dtype=np.float32)
    if by is By.PRIOR:
        embed(bundle, [treatment], context)
        return np.asarray(bundle.novelty.cosine([as_measured(bundle, treatment)])[0], dtype=np.float32)
    own = signatures(bundle, [treatment], context)
    if not own.any():
        raise InputError(
            f"{bundle.name} predicts no change under {treatment}, so that there is no response to compare. "
            "Look for its neighbours by prior knowledge."
        )
    return np.asarray(unit(bundle.signatures.values) @ unit(own)[0], dtype=np.float32)


def p_values(bundle: Bundle, treatment: Treatment, by: By, found: Floats) -> Floats:
    """Share of random pairs of treatments of the same two kinds that are at least as alike, shape ``(points,)``.

    A permutation null: names are dealt anew to the measured treatments, so that a named pair is a random one. Pairs
    that share a target are left out; the smallest p value is one over the number of pairs plus one.

    The response of a treatment that was not measured is a prediction, and predictions resemble what most treatments do. So
    its pairs are compared with those of other predictions: of compounds or genes drawn from those that were not measured,
    or of combinations of measured perturbations. NaN where too few of these are predicted to change anything.

    Parameters
    ----------
    bundle, treatment, by
        As in `similarity`.
    found
        What it gave.
    """
    asked = as_measured(bundle, treatment)
    predicted = by is By.RESPONSE and asked not in bundle.signatures.places
    pairs = predicted_pairs(bundle, asked_like(asked)) if predicted else null_pairs(bundle, by)
    kinds = np.array([kind(t) for t in bundle.signatures.treatments])
    own = kind(treatment)
    values = np.empty(len(found))
    for other in sorted(set(kinds)):
        rows = kinds == other
        null = pairs.between(own, other)
        if not len(null):
            values[rows] = np.nan
            continue
        as_alike = len(null) - np.searchsorted(null, found[rows], side="left")
        values[rows] = (1 + as_alike) / (1 + len(null))
    return values


@dataclass(frozen=True, eq=False)
class NullPairs:
    """Similarities of random pairs, each list sorted.

    Attributes
    ----------
    by_kinds
        For each pair of kinds of treatments.
    """

    by_kinds: dict[tuple[str, str], Floats]

    def between(self, first: str, second: str) -> Floats:
        """Those of two kinds; those of all pairs with the second where the first was never measured."""
        if (first, second) in self.by_kinds:
            return self.by_kinds[first, second]
        others = [values for (_, other), values in self.by_kinds.items() if other == second]
        return np.sort(np.concatenate(others)) if others else np.zeros(0)


class Asked(NamedTuple):
    """What a treatment looks like without its targets."""

    modalities: tuple[Modality, ...]
    doses: tuple[Dose | None, ...]


def asked_like(treatment: Treatment) -> Asked:
    """The kinds and doses of a treatment's perturbations."""
    parts = treatment.ordered
    return Asked(tuple(p.modality for p in parts), tuple(p.dose for p in parts))


@lru_cache(maxsize=8)
def predicted_pairs(bundle: Bundle, asked: Asked) -> NullPairs:
    """Cosines of up to 60 predicted responses, of the kinds and doses that are asked, with every measured treatment."""
    drawn = [t for t in _unmeasured(bundle, asked) if t not in bundle.signatures.places]
    responses = signatures(bundle, drawn) if drawn else np.zeros((0, len(bundle.genes)))
    responses = responses[responses.any(axis=1)]
    if len(responses) < FEWEST_PREDICTED:
        return NullPairs({})
    kinds = np.array([kind(t) for t in bundle.signatures.treatments])
    cosine = unit(responses) @ unit(bundle.signatures.values).T
    own = kind(drawn[0])
    return NullPairs(
        {(own, other): np.sort(cosine[:, kinds == other].ravel()) for other in sorted(set(kinds))}
    )


def _unmeasured(bundle: Bundle, asked: Asked) -> list[Treatment]:
    """Treatments like the one that is asked, with other targets, drawn with a fixed seed."""
    draw = np.random.default_rng(0)
    single = len(asked.modalities) == 1
    pools = [_targets(bundle, modality, measured=not single) for modality in asked.modalities]
    if not all(pools):
        return []
    found = []
    for _ in range(ANCHORS):
        targets = [pool[int(draw.integers(len(pool)))] for pool in pools]
        if len(set(targets)) == len(targets):
            parts = zip(targets, asked.modalities, asked.doses, strict=True)
            found.append(Treatment.of(*(Perturbation(*part) for part in parts)))
    return found


def _targets(bundle: Bundle, modality: Modality, *, measured: bool) -> list[str]:
    """Names that can be perturbed in this way: those that were, or those that are known and were not."""
    if measured:
        parts = (p for t in bundle.signatures.treatments for p in t.ordered)
        return sorted({p.target for p in parts if p.modality is modality})
    taken = set(bundle.targets)
    if modality.is_genetic:
        return [
            gene
            for gene in bundle.features.genes.genes
            if gene not in taken and bundle.features.genes.known(gene)
        ]
    return [c.name for c in bundle.features.compounds.compounds if c.smiles and c.name not in taken]


@lru_cache(maxsize=12)
def null_pairs(bundle: Bundle, by: By) -> NullPairs:
    """Up to 60 treatments of each kind, drawn with a fixed seed, against every treatment of each kind."""
    treatments = bundle.signatures.treatments
    kinds = np.array([kind(t) for t in treatments])
    draw = np.random.default_rng(0)
    by_kinds = {}
    for own in sorted(set(kinds)):
        rows = np.flatnonzero(kinds == own)
        anchors = np.sort(draw.permutation(rows)[:ANCHORS])
        likeness = _between(bundle, by, anchors)
        apart = _share_no_target(treatments, anchors)
        for other in sorted(set(kinds)):
            columns = kinds == other
            by_kinds[own, other] = np.sort(likeness[:, columns][apart[:, columns]])
    return NullPairs(by_kinds)


def _between(bundle: Bundle, by: By, rows: npt.NDArray[np.integer]) -> Floats:
    """Similarity of some points to all, shape ``(rows, points)``."""
    if by is By.LATENT:
        places = unit(bundle.latents)
        return np.asarray(places[rows] @ places.T, dtype=np.float32)
    if by is By.RESPONSE:
        responses = unit(bundle.signatures.values)
        return np.asarray(responses[rows] @ responses.T, dtype=np.float32)
    asked = [bundle.signatures.treatments[row] for row in rows]
    return np.asarray(bundle.novelty.cosine(asked), dtype=np.float32)


def _share_no_target(treatments: Sequence[Treatment], rows: npt.NDArray[np.integer]) -> npt.NDArray[np.bool_]:
    targets = [frozenset(t.targets) for t in treatments]
    return np.array([[not targets[row] & other for other in targets] for row in rows], dtype=bool)
