"""Which treatments a model can answer for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xpert.errors import InputError
from xpert.model.own_names import OwnNames
from xpert.prediction.controls import listed

if TYPE_CHECKING:
    from xpert.model.bundle import Bundle
    from xpert.perturbation import Treatment


def check_treatment(model: Bundle, treatment: Treatment, names: OwnNames | None = None) -> Treatment:
    """Raise where a model cannot answer for a treatment.

    Parameters
    ----------
    model, treatment
        What is asked of whom.
    names
        The model's own names; made here unless given, which many treatments are quicker with.

    Returns
    -------
    The treatment by the model's own names.

    Raises
    ------
    UnknownTargetError
        For a target of which nothing is known, with the nearest names.
    InputError
        For a kind of perturbation that the model has never seen.
    """
    unseen = sorted({p.modality for p in treatment.perturbations} - set(model.modalities))
    if unseen:
        from xpert.model.bundle import list_bundles

        others = [
            b.name for b in list_bundles() if {m.value for m in unseen} <= {str(m) for m in b.modalities}
        ]
        instead = f" Models that have: {', '.join(others)}." if others else ""
        raise InputError(
            f"{model.name} has never seen a {listed(m.label for m in unseen)}; it was trained on "
            f"{listed(m.label for m in model.modalities)}.{instead}"
        )
    own = (names or OwnNames.of(model)).treatment(treatment)
    model.features.check(own, model.targets)
    return own
