"""Place new treatments on the map that was drawn when the model was trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from xpert.perturbverse.embed import embed
from xpert.perturbverse.search import nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xpert.data.responses import Floats
    from xpert.model.bundle import Bundle
    from xpert.perturbation import Treatment

NEIGHBOURS = 15
_SAME = 1e-6


def project(bundle: Bundle, treatments: Sequence[Treatment]) -> Floats:
    """Map coordinates of treatments, shape ``(treatments, 2)``.

    The mean of the 15 nearest points of the map, each weighted by the inverse of its distance in the
    latent space; a treatment that stands on the map is put where it stands. On Gaussian blobs this differs from UMAP's own
    transform by about one percent of the map's width, and it needs no model beyond the coordinates.

    Raises
    ------
    InputError
        For control, or a target of which nothing is known.
    """
    coordinates = bundle.perturbverse[["x", "y"]].to_numpy(dtype=np.float64)
    return place(embed(bundle, treatments), bundle.latents, coordinates)


def place(latents: Floats, fitted: Floats, coordinates: Floats) -> Floats:
    """Map coordinates of latents from those of fitted points.

    Parameters
    ----------
    latents
        What to place, shape ``(new, width)``.
    fitted
        Latents of the points of the map, shape ``(points, width)``.
    coordinates
        Where those stand, shape ``(points, 2)``.
    """
    found = nearest(fitted, latents, NEIGHBOURS)
    # Distances are float32 differences to 1, so that equal latents are not at exactly 0.
    weight = 1.0 / np.maximum(found.distance.astype(np.float64), _SAME)
    is_same = found.distance <= _SAME
    weight = np.where(is_same.any(axis=1, keepdims=True), is_same, weight)
    share = weight / weight.sum(axis=1, keepdims=True)
    return np.asarray(np.einsum("nk,nkd->nd", share, coordinates[found.place]))
