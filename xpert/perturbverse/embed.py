"""The place of a treatment in the Perturbverse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xpert.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xpert.data.responses import Floats
    from xpert.model.bundle import Bundle
    from xpert.perturbation import Treatment


def embed(bundle: Bundle, treatments: Sequence[Treatment]) -> Floats:
    """Places of treatments in the full latent space, shape ``(treatments, width)``.

    Raises
    ------
    InputError
        For control, which does nothing and so has no direction.
    UnknownTargetError
        For a target of which nothing is known.
    """
    for treatment in treatments:
        if treatment.active.is_control:
            raise InputError(f"{treatment} does nothing to the cells, so it has no place among treatments.")
        bundle.features.check(treatment, bundle.targets)
    return bundle.latent([t.active for t in treatments])
