"""The fit behind `Factors`: effects of treatments and contexts, and how similar the data say that they are.

Every response is a mean, an effect of its treatment, an effect of its context, their interaction, and noise. Each
of the three is a Gaussian process over conditions, the same for every gene, whose covariances are moments of the
training responses themselves: treatments (contexts) are as similar as their effects are over genes, and the
interaction has the product of the similarities of its residuals, as in the matrix normal model (Dawid 1981). Where
contexts are few, means over them are noisy: then treatments are as similar as what they do in *different* contexts, so
that what does not repeat is no similarity, and may interact alike where their effects are. Which of these, and how
much of what the effects leave is noise, is chosen on held-out rows. The posterior mean is then exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from xpert.data.responses import Floats

    Places = npt.NDArray[np.intp]

PASSES = 8
# Eigenvalues of an estimated covariance below this share of its mean diagonal are rounding or sampling error.
SMALLEST = 1e-4
# Share of the variance of effects below which noise is not believed.
LEAST_NOISE = 1e-3
OVERSAMPLED, POWER_STEPS = 20, 2
# Interaction and noise together, as a share of what effects leave; what is held out to tell them apart, on how many genes.
SHARED, HELD_OUT_PART, FEWEST_ROWS, CHOOSING_GENES = 0.95, 5, 100, 400


@dataclass(frozen=True, eq=False)
class Grid:
    """Responses with the place of each row among treatments and contexts.

    Attributes
    ----------
    values
        NaN where not measured, float32, shape ``(rows, genes)``.
    treatment, context
        Place of each row, shape ``(rows,)``.
    shape
        Number of treatments and of contexts.
    """

    values: Floats
    treatment: Places
    context: Places
    shape: tuple[int, int]

    def sums(self, values: Floats, axis: int) -> Floats:
        """Sum of rows per treatment (axis 0) or context (axis 1), shape ``(places, genes)``."""
        from scipy.sparse import csr_matrix

        place = (self.treatment, self.context)[axis]
        rows = np.arange(len(place))
        pick = csr_matrix(
            (np.ones(len(place), np.float32), (place, rows)), shape=(self.shape[axis], len(place))
        )
        total: Floats = pick @ values
        return total


class Effects(NamedTuple):
    """Responses taken apart by damped alternating means.

    Attributes
    ----------
    mean
        Shape ``(genes,)``.
    treatment, context
        Effects, shapes ``(treatments, genes)`` and ``(contexts, genes)``.
    rest
        What is left, 0 where not measured, shape ``(rows, genes)``.
    """

    mean: Floats
    treatment: Floats
    context: Floats
    rest: Floats

    @classmethod
    def of(cls, grid: Grid, damping: float, passes: int = PASSES) -> Self:
        """Take the effects; `damping` is the number of rows without effect that each is averaged with."""
        is_measured = np.isfinite(grid.values)
        weight = is_measured.astype(np.float32)
        values = np.where(is_measured, grid.values, np.float32(0))
        mean = values.sum(axis=0) / np.maximum(weight.sum(axis=0), 1)
        rest = (values - mean) * weight
        counts = [grid.sums(weight, axis) + np.float32(damping) for axis in (0, 1)]
        effects = [np.zeros_like(count) for count in counts]
        for _ in range(passes):
            for axis, place in enumerate((grid.treatment, grid.context)):
                step = grid.sums(rest, axis) / counts[axis]
                # What is taken off is an effect that is shrunk as a whole, not step by step.
                fresh = step + effects[axis] * (1 - np.float32(damping) / counts[axis])
                rest -= (fresh - effects[axis])[place] * weight
                effects[axis] = fresh
        return cls(mean, effects[0], effects[1], rest)

    @property
    def repeats(self) -> float:
        """How much of the mean shift repeats from one context to another, 0 to 1.

        The mean product of two contexts' own means over that of all pairs: what the mean must be multiplied by to
        tell a context that is not in it.
        """
        means = (self.mean + self.context).astype(float)
        every, own = float((means.sum(axis=0) ** 2).sum()), float((means**2).sum())
        number = len(means)
        if number < 2 or every <= 0:
            return 1.0
        return float(np.clip((every - own) / (number * (number - 1)) / (every / number**2), 0, 1))

    def filled(self, grid: Grid) -> Floats:
        """Responses without the mean; a gap holds the sum of the effects."""
        expected = self.treatment[grid.treatment] + self.context[grid.context]
        filled: Floats = np.where(np.isfinite(grid.values), grid.values - self.mean, expected)
        return filled.astype(np.float32, copy=False)


class Assumed(NamedTuple):
    """What is taken for similarity and for noise.

    Attributes
    ----------
    noise
        Share of noise in what the effects leave; `SHARED` less that is interaction.
    repeated
        Whether treatments are as similar as what they do in different contexts; otherwise as their mean effects,
        noise and all.
    by_effects
        Whether treatments whose effects are similar interact alike; otherwise those whose residuals are.
    """

    noise: float
    repeated: bool
    by_effects: bool


# With many contexts means hold little noise, and residuals tell which treatments interact alike.
MANY_CONTEXTS = tuple(Assumed(noise, repeated=False, by_effects=False) for noise in (0.25, 0.5))
FEW_CONTEXTS = (
    *(Assumed(noise, repeated=True, by_effects=False) for noise in (0.5, 0.8)),
    *(Assumed(noise, repeated=True, by_effects=True) for noise in (0.5, 0.8, 0.9)),
)


class Covariances(NamedTuple):
    """How similar treatments and contexts are.

    Attributes
    ----------
    treatment, context
        Covariance of effects.
    treatment_rest, context_rest
        Factors of the covariance of interactions; the first has a mean diagonal of 1.
    noise
        Variance of a row's noise.
    """

    treatment: Floats
    context: Floats
    treatment_rest: Floats
    context_rest: Floats
    noise: float

    @classmethod
    def of(cls, effects: Effects, grid: Grid, assumed: Assumed) -> Self:
        """Take moments.

        Parameters
        ----------
        effects
            Responses taken apart.
        grid
            Where each row stands.
        assumed
            What is taken for similarity and for noise.
        """
        weight = np.isfinite(grid.values).astype(np.float32)
        left = float((effects.rest**2).sum() / max(weight.sum(), 1))
        treatment = _repeated_moments(effects, grid) if assumed.repeated else _moments(effects.treatment)
        context = _moments(effects.context)
        alike = treatment if assumed.by_effects else _shared_moments(effects.rest, grid, 0)
        rests = [_unit_diagonal(alike), _unit_diagonal(_shared_moments(effects.rest, grid, 1))]
        # Where effects explain everything, single precision still needs some noise.
        least = LEAST_NOISE * float(np.diagonal(treatment).mean() + np.diagonal(context).mean())
        kept = max(assumed.noise * left, least, float(np.finfo(np.float32).tiny))
        return cls(treatment, context, rests[0], rests[1] * (SHARED - assumed.noise) * left, kept)

    def between(self, a: tuple[Places, Places], b: tuple[Places, Places]) -> Floats:
        """Covariance of conditions, each given by treatment and context, shape ``(a, b)``, float32."""
        treatments, contexts = np.ix_(a[0], b[0]), np.ix_(a[1], b[1])
        total = self.treatment_rest[treatments] * self.context_rest[contexts]
        total += self.treatment[treatments]
        total += self.context[contexts]
        return total.astype(np.float32, copy=False)


class Posterior(NamedTuple):
    """Posterior means over the whole grid of treatments and contexts.

    Attributes
    ----------
    treatment, context
        Effects, shapes ``(treatments, genes)`` and ``(contexts, genes)``.
    scores, basis
        Interaction as a product, shapes ``(treatments, contexts, rank)`` and ``(rank, genes)``.
    """

    treatment: Floats
    context: Floats
    scores: Floats
    basis: Floats


def posterior(filled: Floats, grid: Grid, covariances: Covariances, rank: int) -> Posterior:
    """Condition the process on the training rows.

    Parameters
    ----------
    filled
        Responses without the mean and without gaps, shape ``(rows, genes)``.
    grid
        Where each row stands.
    covariances
        Of the process.
    rank
        Components of the interaction to keep.

    Raises
    ------
    numpy.linalg.LinAlgError
        When the covariance of the rows is not positive definite.
    """
    dual, places = _dual(filled, grid, covariances), (grid.treatment, grid.context)
    cells = np.zeros((*grid.shape, filled.shape[1]), np.float32)
    cells[places] = dual
    left, right = (part.astype(np.float32) for part in (covariances.treatment_rest, covariances.context_rest))
    cells = np.matmul(right, np.tensordot(left, cells, axes=1))
    scores, basis = compressed(cells.reshape(-1, filled.shape[1]), rank)
    return Posterior(
        (covariances.treatment @ grid.sums(dual, 0)).astype(np.float32),
        (covariances.context @ grid.sums(dual, 1)).astype(np.float32),
        scores.reshape(*grid.shape, -1),
        basis,
    )


def chosen(grid: Grid, damping: float, offered: Sequence[Assumed]) -> Assumed:
    """The assumption by which rows that are held out are told best, on some of the genes.

    Parameters
    ----------
    grid
        Training responses.
    damping
        As in `Effects.of`.
    offered
        To choose from; the first is kept where there are too few rows.
    """
    draw = np.random.default_rng(0)
    rows, genes = grid.values.shape
    if rows < FEWEST_ROWS or len(offered) == 1:
        return offered[0]
    # By place and not by row, so that the order of the rows does not matter.
    order = np.lexsort((grid.context, grid.treatment))
    is_held = np.zeros(rows, dtype=bool)
    is_held[order] = draw.permutation(rows) < rows // HELD_OUT_PART
    few = np.sort(draw.permutation(genes)[:CHOOSING_GENES])
    part = Grid(
        grid.values[np.ix_(~is_held, few)], grid.treatment[~is_held], grid.context[~is_held], grid.shape
    )
    asked, truth = (grid.treatment[is_held], grid.context[is_held]), grid.values[np.ix_(is_held, few)]
    effects = Effects.of(part, damping)
    filled = effects.filled(part)
    errors = []
    for assumed in offered:
        covariances = Covariances.of(effects, part, assumed)
        told = covariances.between(asked, (part.treatment, part.context)) @ _dual(filled, part, covariances)
        errors.append(float(np.nanmean((told + effects.mean - truth) ** 2)))
    return offered[int(np.argmin(errors))]


def _dual(filled: Floats, grid: Grid, covariances: Covariances) -> Floats:
    """What each training row weighs, shape ``(rows, genes)``."""
    from scipy.linalg import cho_factor, cho_solve

    places = (grid.treatment, grid.context)
    kernel = covariances.between(places, places)
    kernel[np.diag_indices_from(kernel)] += np.float32(covariances.noise)
    factor = cho_factor(kernel, lower=True, overwrite_a=True, check_finite=False)
    dual: Floats = cho_solve(factor, filled, check_finite=False)
    return dual


def compressed(matrix: Floats, rank: int) -> tuple[Floats, Floats]:
    """A matrix as a product of two of a lower rank, by a randomised range finder (Halko and others 2011).

    Returns
    -------
    Shapes ``(rows, rank)`` and ``(rank, columns)``; the rank is smaller where the matrix allows no more.
    """
    rank = min(rank, *matrix.shape)
    width = min(rank + OVERSAMPLED, *matrix.shape)
    start = np.random.default_rng(0).standard_normal((matrix.shape[0], width), dtype=np.float32)
    basis = np.linalg.qr(matrix.T @ start)[0]
    for _ in range(POWER_STEPS):
        basis = np.linalg.qr(matrix.T @ (matrix @ basis))[0]
    scores = matrix @ basis
    _, vectors = np.linalg.eigh(scores.T @ scores)
    kept = vectors[:, ::-1][:, :rank]
    return scores @ kept, (basis @ kept).T


def _moments(effects: Floats) -> Floats:
    """Second moments over genes of each pair of effects."""
    moments: Floats = effects.astype(float) @ effects.T.astype(float) / effects.shape[1]
    return moments


def _repeated_moments(effects: Effects, grid: Grid) -> Floats:
    """Mean product of two treatments over pairs of different contexts, positive semi-definite.

    Noise and interactions of one context are in no such product. Where no pair of contexts has both, the product
    of their effects stands in, shrunk by what repeats in the others; with one context nothing can repeat.
    """
    plain = _moments(effects.treatment)
    is_measured = np.isfinite(grid.values)
    values = np.where(is_measured, effects.treatment[grid.treatment] + effects.rest, np.float32(0))
    product, pairs = _products(values, grid), _products(is_measured.astype(np.float32), grid)
    repeated = product / np.maximum(pairs, 1)
    known = np.diagonal(pairs) > 0
    if not known.any():
        return plain
    share = np.diagonal(repeated)[known].sum() / max(np.diagonal(plain)[known].sum(), np.finfo(float).tiny)
    moments = np.where(pairs > 0, repeated, plain * np.clip(share, 0, 1))
    sizes, vectors = np.linalg.eigh(moments)
    kept = np.maximum(sizes, 0)
    # Cutting off what is negative must not add to the whole.
    kept *= max(float(sizes.sum()), 0.0) / max(float(kept.sum()), np.finfo(float).tiny)
    clipped: Floats = (vectors * kept) @ vectors.T
    return clipped


def _products(values: Floats, grid: Grid) -> Floats:
    """Sum over genes and pairs of different contexts of the products of treatments, shape ``(treatments, treatments)``."""
    total = grid.sums(values, 0).astype(float)
    product: Floats = total @ total.T
    for context in range(grid.shape[1]):
        here = np.flatnonzero(grid.context == context)
        block = np.ix_(grid.treatment[here], grid.treatment[here])
        product[block] -= values[here].astype(float) @ values[here].T.astype(float)
    return product


def _shared_moments(rest: Floats, grid: Grid, axis: int) -> Floats:
    """Mean product of residuals of two treatments over the contexts that both have, or the other way round."""
    own, other = (grid.treatment, grid.context)[:: 1 if axis == 0 else -1]
    size = grid.shape[axis]
    total, shared = np.zeros((size, size)), np.zeros((size, size))
    for place in range(grid.shape[1 - axis]):
        rows = np.flatnonzero(other == place)
        pairs = np.ix_(own[rows], own[rows])
        total[pairs] += rest[rows] @ rest[rows].T
        shared[pairs] += rest.shape[1]
    moments: Floats = total / np.maximum(shared, 1)
    return moments


def _unit_diagonal(moments: Floats) -> Floats:
    """Positive semi-definite, with a mean diagonal of 1 over what was measured; the identity without any moment."""
    diagonal = np.diagonal(moments)
    scale = float(diagonal[diagonal > 0].mean()) if (diagonal > 0).any() else 0.0
    if scale <= np.finfo(np.float32).eps:
        return np.eye(len(moments))
    values, vectors = np.linalg.eigh(moments / scale)
    clipped: Floats = (vectors * np.maximum(values, SMALLEST)) @ vectors.T
    return clipped
