"""What was measured for the condition that is predicted, in the reader's file or in the model's own data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from xpert.data.responses import Condition, Responses
from xpert.ui.own_cells import responses_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xpert.data.dataset import PerturbationDataset
    from xpert.data.responses import Floats
    from xpert.model.bundle import Bundle
    from xpert.prediction.prediction import Prediction


IN_FILE = "your file"


@dataclass(frozen=True, eq=False)
class Observed:
    """A measured shift.

    Attributes
    ----------
    delta
        Shape ``(genes,)`` in the order of the prediction; NaN where a gene was not measured.
    cells
        Cells or arrays behind it.
    source
        Where it was measured, in words.
    in_training
        Whether the model has learned from this very condition, so that agreement is no test of it.
    """

    delta: Floats
    cells: int
    source: str
    in_training: bool


def observed(
    prediction: Prediction, bundle: Bundle, dataset: PerturbationDataset | None, context: str
) -> Observed | None:
    """The measured shift of the same condition: of the reader's file first, else of the model's data; or None.

    Parameters
    ----------
    prediction
        What is compared.
    bundle
        The model that made it.
    dataset
        The reader's file, where the prediction started from its control cells.
    context
        The context as the file spells it.
    """
    training = bundle.training
    asked = Condition(prediction.context, prediction.treatment.active)
    learned = {Condition(c.context, c.treatment.active): row for row, c in enumerate(training.conditions)}
    in_file = Condition(context, prediction.treatment)
    if dataset is not None and in_file in dataset.conditions:
        responses = responses_in(dataset, context)
        row = responses.conditions.index(in_file)
        delta = _on(prediction.genes, responses.genes, responses.delta[row])
        return Observed(delta, int(responses.cells[row]), IN_FILE, in_training=asked in learned)
    if asked in learned:
        row = learned[asked]
        delta = _on(prediction.genes, bundle.genes, training.delta[row])
        return Observed(
            delta, int(training.cells[row]), "the data that the model learned from", in_training=True
        )
    return None


def scores(prediction: Prediction, measured: Observed, bundle: Bundle) -> pd.DataFrame:
    """Agreement of the prediction, and of two simple baselines beside it, with what was measured.

    The mean baseline is the mean shift of the model's other measured conditions; this one is left out.

    Returns
    -------
    DataFrame
        One row per predictor: ``predictor``, ``pearson`` (higher is better), ``l2`` (lower is better).
    """
    from xpert.model.metrics import l2, pearson

    rows = {
        "This prediction": prediction.delta,
        "Baseline: no change": np.zeros(len(prediction.genes)),
        "Baseline: mean of the other treatments": _mean_of_others(prediction, bundle),
    }
    predicted = np.array(list(rows.values()))
    truth = np.broadcast_to(measured.delta, predicted.shape)
    table = {"predictor": list(rows), "pearson": pearson(predicted, truth), "l2": l2(predicted, truth)}
    return pd.DataFrame(table)


def _on(wanted: Sequence[str], genes: Sequence[str], values: Floats) -> Floats:
    """Values of some genes by name, NaN where a gene is not there, shape ``(wanted,)``."""
    from xpert.prediction.controls import match_genes

    places = match_genes(genes, wanted)
    return np.where(places >= 0, np.asarray(values, dtype=np.float64)[places], np.nan)


def _mean_of_others(prediction: Prediction, bundle: Bundle) -> Floats:
    from xpert.model.baselines.mean_shift import MeanShift

    asked = Condition(prediction.context, prediction.treatment)
    training = bundle.training
    others = np.array([c.treatment.active != asked.treatment.active for c in training.conditions])
    everything = Responses(
        readout=bundle.readout,
        genes=bundle.genes,
        contexts=tuple(bundle.contexts.values()),
        conditions=training.conditions,
        delta=training.delta,
        spread=np.full_like(training.delta, np.nan),
        cells=training.cells,
    )
    context = next(iter(bundle.contexts.values()))
    here = {asked.context: bundle.contexts.get(asked.context, replace(context, name=asked.context))}
    mean = MeanShift().fit(everything.take(np.flatnonzero(others))).predict([asked], here)[0]
    return _on(prediction.genes, bundle.genes, mean)
