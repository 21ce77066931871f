"""The Perturbverse: one space of genes and compounds, in which near means alike in what is known and what they do.

Differs from X-Pert, where the space is that of the network's pooled tokens: those of a network that was trained on
responses alone find fewer drugs of one mechanism than a fingerprint does (measured by ``xpert benchmark perturbverse``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from xpert.model.likeness import Damped, Likeness, scale, unit

if TYPE_CHECKING:
    from xpert.data.responses import Floats

WIDTH = 256
_TINY = 1e-12


@dataclass(frozen=True, eq=False)
class Space:
    """Places of fitted treatments, and where others go among them.

    Attributes
    ----------
    likeness
        How prior knowledge and response are weighed and passed on.
    response
        Components along which responses are compared.
    coordinates
        Responses of the fitted treatments along them, shape ``(points, components)``.
    scales
        Mean and standard deviation over pairs of the prior likeness and of the response likeness, shape ``(2, 2)``.
    latents
        Places, shape ``(points, width)``; their cosine says how alike two treatments are.
    """

    likeness: Likeness
    response: Damped
    coordinates: Floats
    scales: Floats
    latents: Floats

    @classmethod
    def fit(cls, prior: Floats, signatures: Floats) -> Self:
        """Place treatments.

        Parameters
        ----------
        prior
            How alike they are by what was known before, shape ``(points, points)``.
        signatures
            Centred responses, shape ``(points, genes)``.
        """
        how = Likeness()
        response = Damped.fit(signatures)
        coordinates = response.coordinates(signatures)
        alike = coordinates @ coordinates.T
        scales = np.array([scale(prior), scale(alike)])
        return cls(how, response, coordinates, scales, embedded(how.between(prior, alike)))

    @classmethod
    def restore(cls, signatures: Floats, latents: Floats, scales: Floats) -> Self:
        """From what was kept of a fit, and the signatures that it was fitted to."""
        response = Damped.fit(signatures)
        return cls(Likeness(), response, response.coordinates(signatures), scales, latents)

    def place(self, prior: Floats, signatures: Floats) -> Floats:
        """Places of other treatments: the mean of their nearest fitted ones by weight, shape ``(asked, width)``.

        Parameters
        ----------
        prior
            How alike they are to the fitted treatments by what is known, shape ``(asked, points)``.
        signatures
            Their centred responses, shape ``(asked, genes)``; a row of zeros where nothing is said to change, so that
            prior knowledge decides alone.
        """
        alike = self.response.coordinates(signatures) @ self.coordinates.T
        (prior_mean, prior_sd), (mean, sd) = self.scales
        both = self.likeness.mixed((prior - prior_mean) / prior_sd, (alike - mean) / sd)
        count = min(max(self.likeness.neighbours, 1), both.shape[1])
        weakest = -np.partition(-both, count - 1, axis=1)[:, count - 1, None]
        weight = np.where(both >= weakest, np.maximum(both, _TINY), 0.0) ** self.likeness.sharpness
        weight /= np.maximum(weight.sum(axis=1, keepdims=True), np.finfo(float).tiny)
        placed: Floats = weight @ unit(self.latents)
        return placed.astype(np.float32)


def embedded(likeness: Floats) -> Floats:
    """The strongest positive components of the likeness, each as long as it is strong.

    Their cosine is that of rows of the likeness: near are treatments that the same others are like. It finds more drugs of
    one mechanism than components scaled by the root of their strength, whose cosine is the likeness itself.
    """
    values, vectors = np.linalg.eigh((likeness + likeness.T) / 2)
    kept = np.argsort(values)[::-1][: min(WIDTH, len(values))]
    return np.asarray(vectors[:, kept] * np.clip(values[kept], 0, None), dtype=np.float32)
