"""Bilinear ridge regression: a low-rank map from what is perturbed to what responds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from xpert.model.baselines.kernel_ridge import KernelRidge
from xpert.model.baselines.ridge import RidgeSettings

BILINEAR = RidgeSettings(
    mixtures=({"identity": 1.0},),
    ridges=(0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0),
    rank=10,
    response_ridge=0.1,
    centred=True,
    weighted=False,
)


@dataclass(frozen=True, eq=False)
class BilinearRidge(KernelRidge):
    """Y ≈ G W Pᵀ + b: the linear model of Ahlmann-Eltze, Huber and Anders (Nature Methods 2025).

    G are the scaled principal components of the training responses, P the features of the treatments
    (one-hot scaled with strength), b the mean training shift, and W has a ridge on both sides. The ridge on
    the side of the treatments is chosen by leaving out treatments.

    Differs from the paper: it is solved in its dual form, so that any kernel can stand for P Pᵀ; b belongs to
    the context and is scaled with the treatment's strength, so that control stays exactly zero.
    """

    kind: ClassVar[str] = "bilinear_ridge"

    settings: RidgeSettings = BILINEAR
    title: str = "bilinear ridge"
