"""Which other genes to look at: those that go with the hypothesis in what was measured, and that the model is surest of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from xpert.design.power import needed, unit_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from xpert.data.responses import Floats
    from xpert.model.bundle import Bundle
    from xpert.prediction.prediction import Prediction

COLUMNS = (
    "gene", "role", "confirms", "refutes", "predicted", "lower", "upper", "expects", "probability", "goes_with",
    "signal", "cells",
)  # fmt: skip
MOST, SHOWN = 20, 5
# Genes of which the measured shifts go with those of the hypothesis less closely say nothing of it.
CLOSE = 0.4
# A shift that takes more cells than this to be seen is no readout.
MOST_CELLS = 10_000
FEWEST_CONDITIONS = 8
OWN, COMPANION = "asked about", "moves with it"
UP, DOWN = "▲ up", "▼ down"


@dataclass(frozen=True, eq=False)
class Aimed:
    """A prediction with the genes and the direction of a hypothesis.

    Attributes
    ----------
    prediction
        The answer.
    genes
        Places of the hypothesis's genes in the prediction.
    sign
        +1 or −1.
    probability
        Of each gene's predicted sign, shape ``(genes,)``.
    """

    prediction: Prediction
    genes: npt.NDArray[np.intp]
    sign: int
    probability: Floats


def telling_readouts(bundle: Bundle, aimed: Aimed, control: Floats, *, most: int = MOST) -> pd.DataFrame:
    """Genes that tell a hypothesis from its opposite, the most telling first.

    A gene of the hypothesis confirms it by going the same way. Any other gene is worth a look where its measured
    shift went with that of the hypothesis over the measured treatments of the same cells; it confirms by going that way.
    They are ranked by the size of the predicted shift over its 90 % half width, times how closely they go with it.
    Perturbed genes themselves are left out: that they change shows the perturbation alone.

    Parameters
    ----------
    bundle
        Holds the measurements.
    aimed
        The prediction and the hypothesis.
    control
        Standard deviation over control cells, on the prediction's genes.
    most
        How many to give.

    Returns
    -------
    Columns `COLUMNS`: ``confirms`` and ``refutes`` are directions, ``expects`` is what the model expects of the two,
    ``goes_with`` the correlation with the hypothesis over measured conditions (1 for its own single gene), ``signal``
    the shift over its half width, ``cells`` the cells per arm that show the predicted shift (NaN where it cannot be told).
    """
    made = aimed.prediction
    with_it = _goes_with(bundle, aimed)
    half = made.upper - made.delta
    signal = np.abs(made.delta) / np.where(half > 0, half, np.inf)
    own = np.zeros(len(made.genes), dtype=bool)
    own[aimed.genes] = True
    implied = np.where(own, 1.0, np.sign(np.nan_to_num(with_it))) * aimed.sign
    closeness = np.where(own, np.maximum(np.nan_to_num(with_it), CLOSE), np.abs(np.nan_to_num(with_it)))
    perturbed = np.isin(made.genes, list(made.treatment.targets))
    worth = np.where((own | (closeness >= CLOSE)) & ~perturbed & (signal > 0), signal * closeness, 0.0)
    rows = []
    for i in (i for i in np.argsort(-worth, kind="stable").tolist() if worth[i] > 0):
        cells = needed(
            float(made.delta[i]), (control[[i]], made.spread[[i]]), unit=unit_of(made.readout)
        ).most
        if cells is not None and cells > MOST_CELLS:
            continue
        confirms, refutes = (UP, DOWN) if implied[i] > 0 else (DOWN, UP)
        rows.append(
            (
                made.genes[i], OWN if own[i] else COMPANION, confirms, refutes, float(made.delta[i]),
                float(made.lower[i]), float(made.upper[i]),
                "confirms" if np.sign(made.delta[i]) == implied[i] else "refutes",
                float(aimed.probability[i]), float(with_it[i]), float(signal[i]),
                float("nan") if cells is None else float(cells),
            )
        )  # fmt: skip
        if len(rows) == most:
            break
    return pd.DataFrame(rows, columns=list(COLUMNS))


def readout_sentence(table: pd.DataFrame) -> str:
    """Which to look at first, in words."""
    if table.empty:
        return "No readout can be named: the model predicts no change, or no gene's measured shift goes with the hypothesis."
    first = [f"{gene} {way}" for gene, way in zip(table["gene"], table["confirms"], strict=True)][:SHOWN]
    against = table[table["expects"] == "refutes"]["gene"].tolist()
    said = f"Look first at {', '.join(first)}: going this way they confirm it, going the other way they refute it."
    if not against:
        return f"{said} The model expects every one of these readouts to confirm it."
    more = f" and {len(against) - SHOWN} more" if len(against) > SHOWN else ""
    return f"{said} For {', '.join(against[:SHOWN])}{more} the model itself expects the refuting direction."


def _goes_with(bundle: Bundle, aimed: Aimed) -> Floats:
    """Correlation of every gene's measured shift with that of the hypothesis, NaN where it cannot be told."""
    made, training = aimed.prediction, bundle.training
    place = {gene: i for i, gene in enumerate(bundle.genes)}
    columns = np.array([place[gene] for gene in made.genes], dtype=np.intp)
    here = [i for i, c in enumerate(training.conditions) if c.context == made.context]
    chosen = here if len(here) >= FEWEST_CONDITIONS else range(len(training.conditions))
    rows = np.array(chosen, dtype=np.intp)
    values: Floats = training.delta[np.ix_(rows, columns)].astype(np.float64)
    values = values[np.isfinite(values[:, aimed.genes]).all(axis=1)]
    if len(values) < FEWEST_CONDITIONS:
        return np.full(len(columns), np.nan)
    apart = np.nan_to_num(values - np.nanmean(values, axis=0))
    aim = apart[:, aimed.genes].mean(axis=1)
    size = np.sqrt((apart**2).sum(axis=0)) * np.sqrt((aim**2).sum())
    product = aim @ apart
    correlation: Floats = np.divide(product, size, out=np.full(len(columns), np.nan), where=size > 0)
    return correlation
