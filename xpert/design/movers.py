"""The reverse look-up: which measured treatments move a gene, or a set of genes, most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from xpert.data.responses import Condition
from xpert.design.objective import Objective
from xpert.design.score import Scorer, possible
from xpert.design.screen import known_contexts, mechanisms

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from xpert.data.responses import Floats
    from xpert.design.objective import PlacedObjective
    from xpert.model.bundle import Bundle

COLUMNS = (
    "treatment", "context", "measured", "usual", "predicted", "reliability", "cells", "share", "mechanism",
)  # fmt: skip
_BLOCK = 1_024


@dataclass(frozen=True, eq=False)
class Movers:
    """Measured treatments by how far they moved one gene or the mean of a set.

    Attributes
    ----------
    table
        Columns `COLUMNS`, the furthest first, up or down. ``measured`` is the measured shift in the model's readout
        (the mean over genes that were measured there, of a set), ``usual`` the same in usual shifts of each gene
        (see `xpert.design.score`), ``predicted`` what the model gives for the same condition, ``reliability`` how well two
        halves of its cells agree over all genes and ``cells`` how many there are; ``share`` is the share of the
        context's conditions that moved it no further than this one, either way.
    model
        Name of the bundle.
    genes
        What was asked, as the model calls it.
    objective
        Which names were found.
    """

    table: pd.DataFrame
    model: str
    genes: tuple[str, ...]
    objective: PlacedObjective


def movers(
    bundle: Bundle,
    genes: Iterable[str],
    contexts: Sequence[str] | None = None,
    *,
    predicted: Floats | None = None,
) -> Movers:
    """Every measured condition by how far it moved some genes.

    Parameters
    ----------
    bundle
        The model.
    genes
        Symbols in any case, aliases or ids; one or a set.
    contexts
        Names of the model's contexts, regardless of case; all of them unless given.
    predicted
        From `training_shift`, for many look-ups; made here unless given.

    Raises
    ------
    InputError
        When the model measures none of the genes, or has no such context.
    """
    import pandas as pd

    placed = Objective.of(up=genes).on(bundle.genes)
    scorer = Scorer.of(bundle, placed)
    where = set(known_contexts(bundle, contexts) if contexts else bundle.contexts)
    training = bundle.training
    rows = np.array([i for i, c in enumerate(training.conditions) if c.context in where], dtype=np.intp)
    asked = [training.conditions[i] for i in rows]
    chosen = np.flatnonzero(placed.loading)
    delta = np.asarray(training.delta[rows], dtype=np.float64)
    mechanism = mechanisms(bundle, [c.treatment for c in asked])
    measured = _mean(delta[:, chosen])
    shift = _predicted(bundle, asked) if predicted is None else predicted[rows]
    table = pd.DataFrame(
        {
            "treatment": [str(c.treatment) for c in asked],
            "context": [c.context for c in asked],
            "measured": measured,
            "usual": scorer.measured(delta),
            "predicted": shift[:, chosen].mean(axis=1),
            "reliability": training.reliability[rows],
            "cells": training.cells[rows],
            "share": _shares([c.context for c in asked], measured),
            "mechanism": [mechanism[c.treatment] for c in asked],
        }
    )
    table = table[np.isfinite(measured)].sort_values(
        ["measured", "treatment", "context"],
        key=lambda c: -c.abs() if c.name == "measured" else c,
        kind="stable",
    )
    return Movers(table[list(COLUMNS)].reset_index(drop=True), bundle.name, placed.up, placed)


def training_shift(bundle: Bundle) -> Floats:
    """What a model gives for every condition that it was trained on, shape ``(conditions, genes)``."""
    return _predicted(bundle, bundle.training.conditions)


def _mean(delta: Floats) -> Floats:
    """Mean of each row over what was measured; NaN where nothing was."""
    known = np.isfinite(delta)
    count = known.sum(axis=1)
    mean: Floats = np.divide(
        np.where(known, delta, 0.0).sum(axis=1), count, out=np.full(len(delta), np.nan), where=count > 0
    )
    return mean


def _predicted(bundle: Bundle, asked: Sequence[Condition]) -> Floats:
    """What the model gives for measured conditions, shape ``(conditions, genes)``."""
    found = np.zeros((len(asked), len(bundle.genes)), dtype=np.float32)
    for first in range(0, len(asked), _BLOCK):
        block = [Condition(c.context, c.treatment.active) for c in asked[first : first + _BLOCK]]
        mean = bundle.mean_shift(block, bundle.contexts)
        for i, condition in enumerate(block):
            found[first + i] = possible(mean[i], bundle.contexts[condition.context], bundle.readout)
    return found


def _shares(contexts: Sequence[str], measured: Floats) -> Floats:
    """Share of the context's measured conditions that lie no further from zero than each, 0 to 1."""
    where, size = np.array(contexts), np.abs(measured)
    share = np.full(len(size), np.nan)
    for name in dict.fromkeys(contexts):
        here = np.flatnonzero((where == name) & np.isfinite(size))
        share[here] = np.searchsorted(np.sort(size[here]), size[here], side="right") / max(len(here), 1)
    return share
