"""Which treatments lie near one another in the Perturbverse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from xpert.errors import InputError
from xpert.perturbation import Modality
from xpert.perturbverse.embed import as_measured, signatures
from xpert.perturbverse.quality import default_by
from xpert.perturbverse.similarity import By, p_values, similarity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xpert.data.responses import Floats
    from xpert.model.bundle import Bundle
    from xpert.perturbation import Treatment

COLUMNS = (
    "treatment", "context", "modality", "mechanism", "shared_mechanism", "distance", "p_value", "evidence",
)  # fmt: skip


def neighbours(
    bundle: Bundle,
    treatment: Treatment,
    *,
    by: str | None = None,
    k: int = 10,
    modality: str | None = None,
    context: str | None = None,
) -> pd.DataFrame:
    """The measured treatments nearest to one, which need not be measured itself.

    The treatment that is asked about is left out.

    Parameters
    ----------
    bundle
        The model.
    treatment
        Where to look.
    by
        ``latent``, ``response`` or ``prior``; without it the one that finds most drugs of one mechanism (`default_by`).
    k
        How many to give at most.
    modality
        Only treatments of this kind, such as ``knockout`` or ``compound``.
    context
        Compare by the treatment's response in this context alone.

    Returns
    -------
    Nearest first, columns `COLUMNS`: ``distance`` is one minus the cosine (0 to 2), ``p_value`` the share of random pairs
    of these kinds that are as near, ``context`` names the one in
    which the neighbour was measured, or counts them; ``shared_mechanism`` says whether both are known to have one in common, ``evidence`` what
    the neighbour's own place rests on. The index is the row in ``bundle.perturbverse``.

    Raises
    ------
    InputError
        For control, a way or a modality that does not exist here, or by response where no change is predicted.
    UnknownTargetError
        For a target of which nothing is known.
    """
    way, treatment = read_by(by) if by else default_by(bundle.name), as_measured(bundle, treatment)
    found = similarity(bundle, treatment, way, context)
    p_value = p_values(bundle, treatment, way, found)
    rows = _others(bundle, treatment, modality)
    nearest = rows[np.argsort(-found[rows], kind="stable")][:k]
    return _table(bundle, treatment, nearest, found, p_value)


def agreement(bundle: Bundle, treatment: Treatment, *, k: int = 10, modality: str | None = None) -> pd.Series:
    """In how many of the three ways each neighbour is among the first `k`, by row of ``bundle.perturbverse``.

    A way in which the treatment cannot be compared does not count.
    """
    counts: dict[int, int] = {}
    for way in ways(bundle, treatment):
        for row in neighbours(bundle, treatment, by=way, k=k, modality=modality).index:
            counts[int(row)] = counts.get(int(row), 0) + 1
    return pd.Series(counts, name="ways", dtype="int64")


def ways(bundle: Bundle, treatment: Treatment) -> tuple[By, ...]:
    """The ways in which a treatment can be compared: by response only where any is measured or predicted."""
    moves = bool(signatures(bundle, [treatment]).any())
    return tuple(way for way in By if moves or way is not By.RESPONSE)


def read_by(text: str) -> By:
    """A way by its name.

    Raises
    ------
    InputError
        When there is none of that name.
    """
    try:
        return By(text)
    except ValueError:
        raise InputError(
            f"Neighbours can be found by {', '.join(way.value for way in By)}; not by {text!r}."
        ) from None


def _others(bundle: Bundle, treatment: Treatment, modality: str | None) -> np.ndarray:
    points = bundle.perturbverse
    other = np.array([measured != treatment for measured in bundle.signatures.treatments])
    if modality is not None:
        kinds = points["modality"].astype(str).to_numpy()
        wanted = _modality(modality)
        if wanted not in set(kinds):
            raise InputError(
                f"{bundle.name} has no treatments of the kind {modality!r}; choose one of: {', '.join(sorted(set(kinds)))}."
            )
        other &= kinds == wanted
    return np.flatnonzero(other)


def _modality(text: str) -> str:
    """A kind as the points name it; the short forms of treatments count too."""
    short: Mapping[str, Modality] = {
        "ko": Modality.KNOCKOUT,
        "oe": Modality.OVEREXPRESSION,
        "kd": Modality.KNOCKDOWN,
    }
    return short[text].value if text in short else text


def _table(
    bundle: Bundle, treatment: Treatment, rows: np.ndarray, found: Floats, p_value: Floats
) -> pd.DataFrame:
    points = bundle.perturbverse.iloc[rows]
    own = known_mechanisms(bundle, treatment)
    table = points[["treatment", "modality", "mechanism"]].assign(
        context=[
            str(name) if count == 1 else f"{count} contexts"
            for name, count in zip(points["context"], points["conditions"], strict=True)
        ],
        mechanism=points["mechanism"].fillna(""),
        shared_mechanism=[
            bool(own & known_mechanisms(bundle, bundle.signatures.treatments[row])) for row in rows
        ],
        distance=(1.0 - found[rows]).clip(min=0.0).astype(float),
        p_value=p_value[rows],
        evidence=[_evidence(bundle, row) for row in rows],
    )
    return table[list(COLUMNS)]


def known_mechanisms(bundle: Bundle, treatment: Treatment) -> frozenset[str]:
    """Mechanisms of action that are known of a treatment's compounds."""
    compounds = [bundle.features.compound(p.target) for p in treatment.ordered if not p.modality.is_genetic]
    return frozenset(m for compound in compounds if compound is not None for m in compound.mechanisms)


def _evidence(bundle: Bundle, row: int) -> str:
    """What a point's place rests on, in a few words."""
    point = bundle.perturbverse.iloc[row]
    count = int(point["conditions"])
    text = f"measured in {count} {'context' if count == 1 else 'contexts'}"
    reliability = _reliability(bundle).get(str(point["treatment"]))
    return text if reliability is None else f"{text}, halves of its cells agree at r {reliability:.2f}"


def _reliability(bundle: Bundle) -> dict[str, float]:
    """Mean split-half correlation of each treatment where it is known."""
    values: dict[str, list[float]] = {}
    for condition, value in zip(bundle.training.conditions, bundle.training.reliability, strict=True):
        if np.isfinite(value):
            values.setdefault(str(condition.treatment.active), []).append(float(value))
    return {name: float(np.mean(found)) for name, found in values.items()}
