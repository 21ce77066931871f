"""Which treatments lie near one another in the Perturbverse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from xpert.perturbverse.embed import embed
from xpert.perturbverse.search import nearest

if TYPE_CHECKING:
    import pandas as pd

    from xpert.model.bundle import Bundle
    from xpert.perturbation import Treatment

COLUMNS = ("treatment", "context", "modality", "mechanism", "distance")


def neighbours(bundle: Bundle, treatment: Treatment, *, k: int = 10) -> pd.DataFrame:
    """The measured treatments nearest to one, which need not be measured itself.

    Each treatment stands once, in its nearest context; the treatment that is asked about is left out.

    Parameters
    ----------
    bundle
        The model.
    treatment
        Where to look.
    k
        How many to give at most.

    Returns
    -------
    Nearest first: ``treatment, context, modality, mechanism, distance`` (one minus the cosine of the latents, 0 to 2).
    The index is the row in ``bundle.perturbverse``.

    Raises
    ------
    InputError
        For control, or a target of which nothing is known.
    """
    points = bundle.perturbverse
    names = points["treatment"].astype(str).to_numpy()
    others = np.flatnonzero(names != str(treatment.active))
    place = embed(bundle, [treatment])
    found = nearest(bundle.latents[others], place, len(others))
    table = points.iloc[others[found.place[0]]].assign(distance=found.distance[0].astype(float))
    kept: pd.DataFrame = table.drop_duplicates("treatment").head(k)[list(COLUMNS)]
    return kept
