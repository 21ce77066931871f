"""Several treatments side by side: how alike their responses are, and which genes they move the same or opposite ways."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, Self

import numpy as np

from xpert.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    import pandas as pd

    from xpert.data.readout import Readout
    from xpert.data.responses import Floats
    from xpert.perturbation import Treatment

    Ints = npt.NDArray[np.integer]

FEWEST, MOST = 2, 20
STRONGEST = 50
RESPONDER_COLUMNS = ("gene", "kind", "up_in", "down_in", "mean_delta", "weakest", "up", "down")


class Predicted(Protocol):
    """What is compared: anything with a shift per gene and its interval, such as a `Prediction`."""

    @property
    def treatment(self) -> Treatment: ...  # noqa: D102
    @property
    def context(self) -> str: ...  # noqa: D102
    @property
    def model(self) -> str: ...  # noqa: D102
    @property
    def readout(self) -> Readout: ...  # noqa: D102
    @property
    def genes(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def delta(self) -> Floats: ...  # noqa: D102
    @property
    def lower(self) -> Floats: ...  # noqa: D102
    @property
    def upper(self) -> Floats: ...  # noqa: D102


class Similarity(StrEnum):
    """How alike two responses are, from −1 (opposite) to 1 (the same up to size)."""

    COSINE = "cosine"
    PEARSON = "pearson"

    @property
    def label(self) -> str:
        """The name to show to a person."""
        return "Cosine of the shifts" if self is Similarity.COSINE else "Pearson correlation of the shifts"


class Rule(StrEnum):
    """When a gene counts as moved by a treatment."""

    INTERVAL = "interval"
    """Its 90 % interval leaves zero out."""
    STRONGEST = "strongest"
    """It is one of the `STRONGEST` genes with the largest shift of either sign."""

    @property
    def label(self) -> str:
        """The rule in words."""
        if self is Rule.INTERVAL:
            return "its interval leaves zero out"
        return f"it is in the treatment's top {STRONGEST}"


class Kind(StrEnum):
    """How several treatments move one gene."""

    UP = "shared up"
    DOWN = "shared down"
    OPPOSITE = "opposite"


@dataclass(frozen=True, eq=False)
class Comparison:
    """Shifts of several treatments in one readout, on the genes that all of them have.

    Attributes
    ----------
    labels
        Text form of each treatment, with its context where there are several.
    genes
        Gene names.
    readout
        Unit of the shifts.
    delta, lower, upper
        Shifts with their intervals, shape ``(treatments, genes)``.
    """

    labels: tuple[str, ...]
    genes: tuple[str, ...]
    readout: Readout
    delta: Floats
    lower: Floats
    upper: Floats

    @classmethod
    def of(cls, predictions: Sequence[Predicted]) -> Self:
        """Lay predictions of one model side by side.

        Raises
        ------
        InputError
            For fewer than two or more than twenty, for different models or readouts, or the same twice.
        """
        if not FEWEST <= len(predictions) <= MOST:
            raise InputError(f"Compare from {FEWEST} to {MOST} treatments; {len(predictions)} are given.")
        first = predictions[0]
        if len({(p.model, p.readout) for p in predictions}) > 1:
            raise InputError("Compare predictions of one model: two readouts never share an axis.")
        several = len({p.context for p in predictions}) > 1
        labels = tuple(f"{p.treatment} in {p.context}" if several else str(p.treatment) for p in predictions)
        if len(set(labels)) < len(labels):
            raise InputError("Compare different treatments: one is given twice.")
        common = set(first.genes).intersection(*(p.genes for p in predictions))
        genes = tuple(g for g in first.genes if g in common)
        if not genes:
            raise InputError("These predictions have no gene in common.")
        rows = [_places(p.genes, genes) for p in predictions]
        values = {
            name: np.array([getattr(p, name)[row] for p, row in zip(predictions, rows, strict=True)], float)
            for name in ("delta", "lower", "upper")
        }
        return cls(labels, genes, first.readout, **values)

    @property
    def table(self) -> pd.DataFrame:
        """Shifts, one row per gene and a column per treatment; ``gene`` is the first column."""
        import pandas as pd

        table = pd.DataFrame(self.delta.T, columns=list(self.labels))
        table.insert(0, "gene", list(self.genes))
        return table

    def similarity(self, way: Similarity = Similarity.COSINE) -> pd.DataFrame:
        """How alike each two treatments are over all genes; NaN where one of them moves nothing."""
        import pandas as pd

        values = self.delta
        if way is Similarity.PEARSON:
            values = values - values.mean(axis=1, keepdims=True)
        length = np.linalg.norm(values, axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            alike = (values @ values.T) / np.outer(length, length)
        alike = np.clip(alike, -1, 1)
        return pd.DataFrame(alike, index=list(self.labels), columns=list(self.labels))

    def moved(self, rule: Rule = Rule.INTERVAL) -> Ints:
        """1 where a treatment moves a gene up, −1 where down, 0 elsewhere; shape ``(treatments, genes)``."""
        if rule is Rule.INTERVAL:
            return np.where(self.lower > 0, 1, np.where(self.upper < 0, -1, 0))
        size = np.abs(self.delta)
        count = min(STRONGEST, size.shape[1])
        least = np.sort(size, axis=1)[:, -count][:, None]
        strongest: Ints = np.where((size >= least) & (size > 0), np.sign(self.delta), 0).astype(int)
        return strongest

    def responders(self, least: int, rule: Rule = Rule.INTERVAL) -> pd.DataFrame:
        """Genes that at least `least` treatments move: all the same way, or some of them opposite ways.

        Returns
        -------
        Columns `RESPONDER_COLUMNS`; those that most treatments move first, then the largest mean size. ``weakest``
        is the smallest size of shift among the treatments that move the gene; ``up`` and ``down`` name these.
        """
        import pandas as pd

        self._check(least)
        moved = self.moved(rule)
        up, down = (moved > 0).sum(axis=0), (moved < 0).sum(axis=0)
        rows = []
        for g in np.flatnonzero(up + down >= least):
            movers = self.delta[moved[:, g] != 0, g]
            kind = Kind.OPPOSITE if up[g] and down[g] else Kind.UP if up[g] else Kind.DOWN
            names = ["; ".join(self._named(moved[:, g] == sign)) for sign in (1, -1)]
            weakest = float(np.abs(movers).min())
            rows.append((self.genes[g], kind.value, int(up[g]), int(down[g]), movers.mean(), weakest, *names))
        table = pd.DataFrame(rows, columns=list(RESPONDER_COLUMNS))
        ranked = table.assign(most=table["up_in"] + table["down_in"], size=table["weakest"])
        order = ranked.sort_values(["most", "size"], ascending=False, kind="stable").index
        return table.loc[order].reset_index(drop=True)

    def by_chance(self, least: int, rule: Rule = Rule.INTERVAL) -> dict[Kind, float]:
        """How many responders of each kind to expect if each treatment moved as many genes, drawn independently."""
        self._check(least)
        moved = self.moved(rule)
        up, down = (moved > 0).mean(axis=1), (moved < 0).mean(axis=1)
        still = 1 - up - down
        any_way = _at_least(up + down, still, least)
        only_up, only_down = _at_least(up, still, least), _at_least(down, still, least)
        count = len(self.genes)
        return {
            Kind.UP: count * only_up,
            Kind.DOWN: count * only_down,
            Kind.OPPOSITE: max(count * (any_way - only_up - only_down), 0.0),
        }

    def clustered(self, count: int) -> tuple[list[str], list[str]]:
        """The `count` genes that move most in any treatment, and all treatments, each in the order of a clustering.

        Average linkage; genes by one minus the Pearson correlation of their shifts (their distance where there are
        only two treatments), treatments by one minus the cosine over all genes.
        """
        size = np.abs(self.delta).max(axis=0)
        rows = np.argsort(-size, kind="stable")[:count]
        values = self.delta[:, rows].T
        with np.errstate(divide="ignore", invalid="ignore"):  # a gene that nothing moves has no correlation
            alike = np.asarray(np.corrcoef(values)) if len(self.labels) > FEWEST else _by_distance(values)
        genes = [self.genes[rows[i]] for i in _leaves(1 - np.nan_to_num(alike))]
        near = np.nan_to_num(self.similarity().to_numpy())
        return genes, [self.labels[i] for i in _leaves(1 - near)]

    def _check(self, least: int) -> None:
        if not FEWEST <= least <= len(self.labels):
            raise InputError(
                f"Ask for genes moved by {FEWEST} to {len(self.labels)} treatments, not {least}."
            )

    def _named(self, chosen: npt.NDArray[np.bool_]) -> list[str]:
        return [label for label, is_chosen in zip(self.labels, chosen, strict=True) if is_chosen]


def _places(genes: Sequence[str], wanted: Sequence[str]) -> Ints:
    place = {gene: i for i, gene in enumerate(genes)}
    return np.array([place[gene] for gene in wanted], dtype=np.intp)


def _at_least(hit: Floats, still: Floats, least: int) -> float:
    """Probability that at least `least` treatments hit a gene while all others leave it still."""
    chance = np.zeros(len(hit) + 1)
    chance[0] = 1.0
    for p, q in zip(hit, still, strict=True):
        chance[1:] = chance[1:] * q + chance[:-1] * p
        chance[0] *= q
    return float(chance[least:].sum())


def _by_distance(values: Floats) -> Floats:
    """Likeness that falls with the distance between rows."""
    far = np.linalg.norm(values[:, None] - values[None], axis=2)
    alike: Floats = 1 - far / max(float(far.max()), np.finfo(float).tiny)
    return alike


def _leaves(distance: Floats) -> list[int]:
    """Order of the leaves of an average-linkage tree."""
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    if len(distance) < 3:
        return list(range(len(distance)))
    even = np.clip((distance + distance.T) / 2, 0, None)
    np.fill_diagonal(even, 0)
    tree = linkage(squareform(even, checks=False), "average", optimal_ordering=len(distance) <= 200)
    return [int(i) for i in leaves_list(tree)]


def responder_sets(responders: pd.DataFrame, least: int, of: int) -> str:
    """Responders as gene sets in GMT form, one line a kind.

    Parameters
    ----------
    responders
        From `Comparison.responders`.
    least, of
        In how many of how many treatments a gene had to move.

    Raises
    ------
    InputError
        When there is none.
    """
    lines = [
        "\t".join((kind.value, f"moved by at least {least} of {of} treatments", *genes))
        for kind in Kind
        if (genes := responders.loc[responders["kind"] == kind.value, "gene"].tolist())
    ]
    if not lines:
        raise InputError("No gene is shared, so there is no gene set to write.")
    return "\n".join(lines) + "\n"
