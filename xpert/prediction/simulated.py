"""Simulated cells on the genes of a model: a file to try an upload with, never to conclude from.

The bundles hold means of real screens and no cells. Cells are drawn round such means, for two lines: one that bears the
name of the model's own context and answers as was measured there, and an invented one that answers every treatment in
its own way, of which the model knows nothing until it is given what was measured in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from xpert.data.genes import GeneNames
from xpert.data.readout import Readout
from xpert.data.responses import Condition
from xpert.data.synthetic import MEASURED
from xpert.errors import InputError
from xpert.perturbation import CONTROL

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from xpert.data.responses import Floats
    from xpert.model.bundle import Bundle
    from xpert.perturbation import Treatment

INVENTED = "invented line"
_ABOUT = "Simulated cells for trying X-Pert: not measured, not for science. Drawn round means in {}."
_DEPTH = 10_000
# Genes that make up most of a cell's transcripts, so that the counts of the model's genes are as rare as in real cells.
_ABUNDANT = (
    tuple(f"{kind}{n}" for kind, most in (("RPL", 41), ("RPS", 29)) for n in range(3, most)) + MEASURED
)
_RARE, _RARE_SHARE = 900, 0.05
# How the invented line differs: every effect is weaker, and each gene answers in its own measure.
_SENSITIVITY, _OWN_MEASURE = 0.7, 0.5


def simulate_cells(
    bundle: Bundle,
    context: str,
    treatments: Sequence[Treatment],
    *,
    control: int = 200,
    cells: int = 50,
    seed: int = 0,
) -> Any:  # noqa: ANN401 - anndata has no types
    """Counts of cells of two lines, as an AnnData like those that people upload.

    Parameters
    ----------
    bundle
        A model of expression values whose control means and measured shifts the cells are drawn round.
    context
        One of its contexts.
    treatments
        Measured there.
    control, cells
        Cells of each line without treatment, and of each treatment.
    seed
        The same seed gives the same cells.

    Returns
    -------
    `anndata.AnnData` of counts with ``perturbation``, ``perturbation_type``, ``cell_line`` and ``batch`` in `obs`,
    and a word in ``uns["about"]`` that it is simulated.

    Raises
    ------
    InputError
        When the model predicts differences to control, or a treatment was not measured in the context.
    """
    import anndata
    from scipy import sparse

    _check_holds_expression(bundle)
    random = np.random.default_rng(seed)
    start, shifts = bundle.contexts[context].control, _measured(bundle, context, treatments)
    measure: dict[str, Floats | float] = {
        context.upper(): 1.0,
        INVENTED: _SENSITIVITY * np.exp(random.normal(0, _OWN_MEASURE, len(start))),
    }
    groups = [
        (Condition(line, t), control if t == CONTROL else cells)
        for line in measure
        for t in (CONTROL, *treatments)
    ]
    filling, share = _filling(bundle.genes, random)
    rates = [_rates(start + measure[c.context] * shifts[c.treatment]) for c, _ in groups]
    counts = [_counts(r, share, number, random) for r, (_, number) in zip(rates, groups, strict=True)]
    data = anndata.AnnData(
        sparse.csr_matrix(np.concatenate(counts)),
        obs=_obs(groups, random),
        var=pd.DataFrame(index=pd.Index([*bundle.genes, *filling], name="gene")),
    )
    data.uns["about"] = _ABOUT.format(bundle.name)
    return data


def _check_holds_expression(bundle: Bundle) -> None:
    if bundle.readout is not Readout.LOG1P:
        raise InputError(f"Cells cannot be simulated from {bundle.name}: it holds a {bundle.readout.label}.")


def _filling(genes: Collection[str], random: np.random.Generator) -> tuple[list[str], Floats]:
    """Genes beside the model's, and each one's share of the counts that are left for them."""
    names = GeneNames.load()
    known = {*genes, *filter(None, map(names.resolve, genes))}
    abundant = [name for name in dict.fromkeys(_ABUNDANT) if name not in known]
    others = np.array(sorted({*names.approved.values()} - known - {*abundant}))
    rare = random.choice(others, _RARE, replace=False).tolist()
    parts = [
        total * weights / weights.sum()
        for total, weights in (
            (1 - _RARE_SHARE, random.lognormal(0, 1, len(abundant))),
            (_RARE_SHARE, random.lognormal(0, 1, len(rare))),
        )
    ]
    return [*abundant, *rare], np.concatenate(parts)


def _measured(bundle: Bundle, context: str, treatments: Sequence[Treatment]) -> dict[Treatment, Floats]:
    """The measured shift of each treatment, and none for control.

    Raises
    ------
    InputError
        Naming those that were not measured.
    """
    training = bundle.training
    found = {
        condition.treatment: delta
        for condition, delta in zip(training.conditions, training.delta, strict=True)
        if condition.context == context
    }
    missing = [str(t) for t in treatments if t not in found]
    if missing:
        raise InputError(f"Not measured in {context}: {', '.join(missing)}.")
    return found | {CONTROL: np.zeros(len(bundle.genes))}


def _rates(wanted: Floats) -> Floats:
    """Counts to expect of each gene, so that the mean of ``ln(1 + CP10k)`` over cells is `wanted`."""
    from scipy.stats import poisson

    grid = np.geomspace(1e-5, 500, 400)
    most = 700
    values = np.log1p(np.arange(most) * (1e4 / _DEPTH))
    means = values @ np.asarray(poisson.pmf(np.arange(most)[:, None], grid))
    return np.where(wanted > means[0], np.interp(wanted, means, grid), 0.0)


def _counts(rates: Floats, filling: Floats, cells: int, random: np.random.Generator) -> Floats:
    rest = max(0.0, _DEPTH - float(rates.sum()))
    expected = np.concatenate([rates, rest * filling])
    depth = random.lognormal(0, 0.2, (cells, 1))
    return random.poisson(expected * depth).astype(np.float32)


def _obs(groups: Sequence[tuple[Condition, int]], random: np.random.Generator) -> pd.DataFrame:
    rows = [
        {
            "perturbation": "+".join(c.treatment.targets) or "control",
            "perturbation_type": _kind(c.treatment),
            "cell_line": c.context,
        }
        for c, number in groups
        for _ in range(number)
    ]
    obs = pd.DataFrame(rows, index=[f"cell{i}" for i in range(len(rows))])
    obs["batch"] = random.choice(["batch 1", "batch 2"], len(obs))
    return obs.astype("category")


def _kind(treatment: Treatment) -> str:
    return treatment.ordered[0].modality.label if treatment.ordered else "control"
