"""Which treatments mimic a signature, and which reverse it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd

from xpert.data.gene_list import GeneList
from xpert.errors import InputError
from xpert.model.likeness import unit
from xpert.perturbverse.chance import false_discovery_rate

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from xpert.data.responses import Floats
    from xpert.data.signature_file import Signature
    from xpert.model.bundle import Bundle

COLUMNS = (
    "treatment", "model", "score", "z", "p_value", "q_value", "modality", "mechanism", "contexts", "genes",
)  # fmt: skip
FEWEST = 10
DRAWS = 1_000
_TINY = 1e-12
_TAIL, _SMALLEST, _SAME = 0.1, 1e-9, 1e-5


class Direction(StrEnum):
    """What is looked for."""

    MIMIC = "mimic"
    REVERSE = "reverse"


@dataclass(frozen=True, eq=False)
class Match:
    """A signature against every measured treatment of one bundle.

    Attributes
    ----------
    model
        Name of the bundle.
    names
        What became of the signature's genes here.
    scores
        Cosine of each treatment's response with the signature over the genes that both have, shape ``(treatments,)``.
    null
        The same of signatures drawn at random, shape ``(draws, treatments)``.
    points
        The treatments, rows of ``bundle.perturbverse``.
    """

    model: str
    names: GeneList
    scores: Floats
    null: Floats
    points: pd.DataFrame

    @classmethod
    def of(cls, bundle: Bundle, signature: Signature) -> Self:
        """Compare with every measured treatment.

        The null signatures are drawn with the covariance of the bundle's own responses, so that genes that go together in
        these cells go together in them too, as they would not if genes were exchanged at random. For a list, each becomes a
        list of as many genes up and as many down, its own most changed ones; for a table the genes of the table count.

        Raises
        ------
        InputError
            When fewer than ten of the signature's genes are measured here.
        """
        names = read_names(signature, bundle.genes)
        query = _query(signature, names, bundle.genes)
        used = np.flatnonzero(query)
        if len(used) < FEWEST:
            raise InputError(
                f"{bundle.name} has measured {len(used)} of the signature's {len(signature.changes)} genes; at least "
                f"{FEWEST} are needed."
            )
        responses = unit(bundle.signatures.values[:, used])
        if signature.is_list:
            up, down = int((query > 0).sum()), int((query < 0).sum())
            scores = _list_scores(_sides(query[None], up, down), bundle.signatures.values)[0]
            null = _list_scores(_sides(_drawn(bundle), up, down), bundle.signatures.values)
        else:
            scores = responses @ unit(query[None, used])[0]
            null = unit(_drawn(bundle)[:, used]) @ responses.T
        return cls(bundle.name, names, np.asarray(scores), np.asarray(null), bundle.perturbverse)

    def table(self, direction: Direction) -> pd.DataFrame:
        """Every treatment, the smallest false discovery rate first, columns `COLUMNS`.

        ``score`` is the cosine, -1 to 1, and ``z`` its distance from those of the random signatures in their standard
        deviations, by which models that measured more of the genes count for more. ``p_value`` is the share of random signatures that the treatment mimics (or
        reverses) as much, ``q_value`` the false discovery rate over the treatments (Benjamini and Hochberg 1995).
        """
        sign = 1.0 if direction is Direction.MIMIC else -1.0
        p_value = _p_values(sign * self.null, sign * self.scores)
        table = pd.DataFrame(
            {
                "treatment": self.points["treatment"].astype(str),
                "model": self.model,
                "score": self.scores,
                "z": (self.scores - self.null.mean(axis=0)) / np.maximum(self.null.std(axis=0), _TINY),
                "p_value": p_value,
                "q_value": false_discovery_rate(p_value),
                "modality": self.points["modality"].astype(str),
                "mechanism": self.points["mechanism"].fillna(""),
                "contexts": self.points["conditions"].astype(int),
                "genes": len(self.names.genes),
            }
        )
        ranked = table.assign(order=-sign * table["score"]).sort_values(
            ["p_value", "order"], ignore_index=True
        )
        return ranked[list(COLUMNS)]


def query(
    bundles: Sequence[Bundle],
    signature: Signature,
    direction: Direction,
    *,
    skipped: Callable[[str, str], None] | None = None,
) -> pd.DataFrame:
    """Treatments of all bundles that mimic or reverse a signature, the best first, columns `COLUMNS`.

    Parameters
    ----------
    bundles
        Where to look.
    signature
        What to look for.
    direction
        Whether treatments should do the same or the opposite.
    skipped
        Told the name of a bundle that measured too few of the genes, and why.

    Raises
    ------
    InputError
        When no bundle measured enough of the genes.
    """
    matches = []
    for bundle in bundles:
        try:
            matches.append(Match.of(bundle, signature))
        except InputError as error:
            if skipped is not None:
                skipped(bundle.name, str(error))
    return gathered(matches, direction)


def gathered(matches: Sequence[Match], direction: Direction) -> pd.DataFrame:
    """Treatments of several matches together, the best first, columns `COLUMNS`.

    Raises
    ------
    InputError
        When there is no match.
    """
    if not matches:
        raise InputError(
            f"No model has measured at least {FEWEST} of the signature's genes. Check that these are human genes, by symbol "
            "or Ensembl id."
        )
    return _ranked(pd.concat([m.table(direction) for m in matches], ignore_index=True), direction)


def read_names(signature: Signature, genes: Collection[str]) -> GeneList:
    """What the signature's names mean among the genes of a bundle."""
    return GeneList.read(signature.changes, genes)


def _ranked(table: pd.DataFrame, direction: Direction) -> pd.DataFrame:
    sign = -1.0 if direction is Direction.MIMIC else 1.0
    ranked = table.assign(order=sign * table["z"]).sort_values(["q_value", "order"], ignore_index=True)
    return ranked[list(COLUMNS)]


def _query(signature: Signature, names: GeneList, genes: Sequence[str]) -> Floats:
    """The signature on a bundle's genes, 0 where it says nothing; the first of two names of a gene counts."""
    place = {gene: i for i, gene in enumerate(genes)}
    by_fold = {gene.casefold(): gene for gene in genes}
    found = np.zeros(len(genes))
    for name, change in signature.changes.items():
        gene = names.renamed.get(name) or by_fold.get(name.casefold())
        if gene is not None and not found[place[gene]]:
            found[place[gene]] = change
    return found


def _sides(rows: Floats, up: int, down: int) -> Floats:
    """The most changed genes of each direction; sides count alike, however many genes stand on them, ``(rows, genes)``."""
    shaped = np.zeros(rows.shape, dtype=np.float32)
    order = np.argsort(-rows, axis=1, kind="stable")
    for side, count, weight in ((order[:, :up], up, 1.0), (order[:, rows.shape[1] - down :], down, -1.0)):
        if count:
            np.put_along_axis(shaped, side, weight / count, axis=1)
    return shaped


def _list_scores(lists: Floats, responses: Floats) -> Floats:
    """Cosine of each list with each response over the genes of the list, shape ``(lists, treatments)``."""
    length = np.linalg.norm(lists, axis=1)[:, None]
    size = np.sqrt((lists != 0).astype(np.float32) @ (responses**2).T)
    cosine: Floats = lists @ responses.T / np.maximum(length * size, _TINY)
    return cosine


@lru_cache(maxsize=8)
def _drawn(bundle: Bundle) -> Floats:
    """Random signatures with the covariance of a bundle's responses, drawn with a fixed seed, shape ``(draws, genes)``.

    The covariance is shrunk towards independent genes the more, the fewer responses tell of it (Ledoit and Wolf, Journal of
    Multivariate Analysis 88, 2004): otherwise the one program of a small screen would be in every random signature.
    """
    from sklearn.covariance import ledoit_wolf_shrinkage

    values = unit(bundle.signatures.values).astype(np.float64)
    centred = values - values.mean(axis=0)
    shrinkage = float(ledoit_wolf_shrinkage(centred, assume_centered=True))
    draw = np.random.default_rng(0)
    together = draw.standard_normal((DRAWS, len(values))) @ centred / np.sqrt(len(values))
    apart = draw.standard_normal((DRAWS, values.shape[1])) * np.sqrt((centred**2).mean())
    mixtures: Floats = np.sqrt(1 - shrinkage) * together + np.sqrt(shrinkage) * apart
    return mixtures.astype(np.float32)


def _p_values(null: Floats, scores: Floats) -> Floats:
    """Share of the null, shape ``(draws, treatments)``, that reaches each score.

    Scores that differ by rounding alone are equal. Where no draw reaches it, the tail beyond the upper tenth is taken as exponential, which is heavier than that of a
    cosine, so that p is too large rather than too small (compare Knijnenburg et al., Bioinformatics 25, 2009).
    """
    counted = (1 + (null >= scores - _SAME).sum(axis=0)) / (1 + len(null))
    border = np.quantile(null, 1 - _TAIL, axis=0)
    excess = np.where(null > border, null - border, 0.0).sum(axis=0) / np.maximum(
        (null > border).sum(axis=0), 1
    )
    tail = _TAIL * np.exp(-np.maximum(scores - border, 0.0) / np.maximum(excess, _TINY))
    found: Floats = np.where(scores > null.max(axis=0) + _SAME, np.clip(tail, _SMALLEST, counted), counted)
    return found
