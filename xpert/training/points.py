"""The Perturbverse of a bundle: a place for every treatment that was measured, and a flat map of them."""

from __future__ import annotations

import warnings
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from xpert.model.bundle import POINT_COLUMNS
from xpert.model.question import Question
from xpert.model.signatures import Signatures
from xpert.model.space import Space

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xpert.data.responses import Condition, Floats, Responses
    from xpert.features.treatments import TreatmentFeatures
    from xpert.model.choices import Choices
    from xpert.model.novelty import Novelty
    from xpert.perturbation import Treatment
    from xpert.training.skill import SkillReport

NEIGHBOURS = 15
FEWEST_FOR_UMAP = 4


def points_of(
    responses: Responses, latents: Floats, features: TreatmentFeatures, errors: Mapping[Condition, float]
) -> pd.DataFrame:
    """One row a treatment, in the order of `treatments_of`; columns of `xpert.model.bundle.POINT_COLUMNS`.

    ``context`` is the one with the most cells, ``contexts`` names all of them, ``conditions`` counts them.
    ``expected_error`` is the mean Euclidean error on the treatment when it was held out; NaN where it never was.

    Parameters
    ----------
    responses
        What was measured.
    latents
        Place of each treatment, shape ``(treatments, width)``.
    features
        What is known of compounds.
    errors
        Error of each condition when it was held out.
    """
    treatments = treatments_of(responses)
    where: dict[Treatment, list[int]] = {treatment: [] for treatment in treatments}
    for row, condition in enumerate(responses.conditions):
        where[condition.treatment].append(row)
    mechanisms = _mechanisms(treatments, features)
    rows = []
    for treatment, place in zip(treatments, flat_map(latents), strict=True):
        measured = sorted(where[treatment], key=lambda row: -int(responses.cells[row]))
        contexts = [responses.conditions[row].context for row in measured]
        held_out = [errors[c] for row in measured if (c := responses.conditions[row]) in errors]
        rows.append(
            (
                str(treatment),
                contexts[0],
                "; ".join(contexts),
                len(contexts),
                " + ".join(dict.fromkeys(p.modality.value for p in treatment.ordered)),
                " + ".join(treatment.targets),
                mechanisms[treatment],
                float(place[0]),
                float(place[1]),
                float(np.mean(held_out)) if held_out else float("nan"),
            )
        )
    return pd.DataFrame(rows, columns=list(POINT_COLUMNS))


def space_of(responses: Responses, novelty: Novelty) -> Space:
    """A place for every measured treatment, in the order of `treatments_of`."""
    signatures = Signatures.of(responses.conditions, responses.delta)
    return Space.fit(novelty.cosine(signatures.treatments), signatures.values)


def treatments_of(responses: Responses) -> tuple[Treatment, ...]:
    """Every measured treatment once, in the order of the responses."""
    return tuple(dict.fromkeys(c.treatment for c in responses.conditions))


def held_out_errors(responses: Responses, report: SkillReport, chosen: Choices) -> dict[Condition, float]:
    """Mean Euclidean error of the chosen predictors on each condition when it was held out."""
    errors: dict[Condition, list[float]] = {}
    for trial, (row, posed) in enumerate(zip(report.trials["row"], report.trials["question"], strict=True)):
        condition, question = responses.conditions[int(row)], Question(posed)
        predictor = chosen.answering(question, condition.context)
        value = float(report.scores[predictor]["l2"].iloc[trial])
        if question is not Question.SEEN and np.isfinite(value):
            errors.setdefault(condition, []).append(value)
    return {condition: float(np.mean(values)) for condition, values in errors.items()}


def flat_map(latents: Floats) -> Floats:
    """Two coordinates per point by UMAP (McInnes et al. 2018) on cosine distance, shape ``(points, 2)``.

    The seed is fixed, so that the same latents give the same map. Fewer than four points have no map to speak
    of and lie on a line.
    """
    count = len(latents)
    if count < FEWEST_FOR_UMAP:
        return np.column_stack([np.arange(count), np.zeros(count)]).astype(np.float64)
    from umap import UMAP

    settings: dict[str, Any] = {"metric": "cosine", "random_state": 0, "n_jobs": 1}
    if count <= NEIGHBOURS + 1:
        settings["init"] = "random"  # a spectral start needs more points than this
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # on fixed seeds and few points, both of which are meant
        model = UMAP(n_neighbors=min(NEIGHBOURS, count - 1), **settings)
        return np.asarray(model.fit_transform(np.asarray(latents, dtype=np.float32)), dtype=np.float64)


def _mechanisms(treatments: Sequence[Treatment], features: TreatmentFeatures) -> dict[Treatment, str]:
    """Known mechanism of action of each treatment's compounds, the most common one here where there are several."""
    listed = {
        treatment: [
            compound.mechanisms
            for p in treatment.ordered
            if not p.modality.is_genetic
            and (compound := features.compound(p.target)) is not None
            and compound.mechanisms
        ]
        for treatment in treatments
    }
    common = Counter(m for found in listed.values() for mechanisms in found for m in mechanisms)
    return {
        treatment: " + ".join(
            dict.fromkeys(max(mechanisms, key=lambda m: (common[m], m)) for mechanisms in found)
        )
        for treatment, found in listed.items()
    }
