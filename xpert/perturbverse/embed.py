"""Where treatments stand in the Perturbverse, and what each does that others do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from xpert.data.responses import Condition
from xpert.errors import InputError
from xpert.model.own_names import OwnNames
from xpert.perturbation import Perturbation, Treatment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xpert.data.responses import Floats
    from xpert.model.bundle import Bundle


def embed(bundle: Bundle, treatments: Sequence[Treatment], context: str | None = None) -> Floats:
    """Places of treatments in the full latent space, shape ``(treatments, width)``.

    A measured treatment stands where it was fitted. Any other, also a combination, another dose or a compound that is
    given by its structure, stands among the measured ones that are most like it, by what is known of it and by its
    predicted response.

    Parameters
    ----------
    bundle
        The model.
    treatments
        What to place.
    context
        Compare by the predicted response in this context of the bundle alone; without one, by the mean over all.

    Raises
    ------
    InputError
        For control, which does nothing and so has no direction, or a context that the bundle does not have.
    UnknownTargetError
        For a target of which nothing is known.
    """
    active = [as_measured(bundle, t) for t in treatments]
    fitted = _fitted(bundle, context)
    found = np.zeros((len(active), bundle.latents.shape[1]), dtype=np.float32)
    new = list(dict.fromkeys(t for t in active if t not in fitted))
    at = {}
    if new:
        placed = bundle.space.place(bundle.novelty.cosine(new), signatures(bundle, new, context))
        at = dict(zip(new, placed, strict=True))
    for row, treatment in enumerate(active):
        found[row] = bundle.latents[fitted[treatment]] if treatment in fitted else at[treatment]
    return found


def signatures(bundle: Bundle, treatments: Sequence[Treatment], context: str | None = None) -> Floats:
    """What sets each treatment's response apart, measured where it was and predicted elsewhere, ``(treatments, genes)``.

    The mean shift of all treatments of its kind in a context is taken off (see `Signatures`), and contexts are averaged.
    A treatment that is predicted to change nothing, or is of a kind that the bundle never measured, has a row of zeros.

    Raises
    ------
    InputError
        For control, or a context that the bundle does not have.
    UnknownTargetError
        For a target of which nothing is known.
    """
    active = [as_measured(bundle, t) for t in treatments]
    fitted = _fitted(bundle, context)
    found = np.zeros((len(active), len(bundle.genes)), dtype=np.float32)
    predicted = _predicted(bundle, list(dict.fromkeys(t for t in active if t not in fitted)), context)
    for row, treatment in enumerate(active):
        if treatment in fitted:
            found[row] = bundle.signatures.values[fitted[treatment]]
        elif treatment in predicted:
            found[row] = predicted[treatment]
    return found


def _predicted(
    bundle: Bundle, treatments: Sequence[Treatment], context: str | None
) -> dict[Treatment, Floats]:
    """Signatures of those treatments that are predicted to change anything."""
    answerable = [t for t in treatments if all(p.modality in bundle.modalities for p in t.perturbations)]
    where = [context] if context else list(bundle.contexts)
    conditions = [Condition(name, treatment) for treatment in answerable for name in where]
    mean = bundle.mean_shift(conditions, bundle.contexts)
    moved = np.flatnonzero(mean.any(axis=1))
    if not len(moved):
        return {}
    names, values = bundle.signatures.of_shifts([conditions[i] for i in moved], mean[moved])
    return dict(zip(names, values, strict=True))


def as_measured(bundle: Bundle, treatment: Treatment) -> Treatment:
    """The treatment by the bundle's own names; where it was measured without a dose, any dose means that.

    Raises
    ------
    InputError
        For control, which does nothing and so has no place.
    """
    if treatment.active.is_control:
        raise InputError(f"{treatment} does nothing to the cells, so it has no place among treatments.")
    own = OwnNames.of(bundle).treatment(treatment.active)
    undosed = Treatment(
        frozenset(
            p if p.modality.is_genetic else Perturbation(p.target, p.modality) for p in own.perturbations
        )
    )
    return undosed if undosed in bundle.signatures.places else own


def standing(bundle: Bundle, treatment: Treatment) -> str:
    """What the place of a treatment rests on, in a sentence."""
    own = as_measured(bundle, treatment)
    row = bundle.signatures.places.get(own)
    if row is not None:
        count = int(bundle.perturbverse["conditions"].iloc[row])
        return f"{own} was measured by {bundle.name} in {count} {'context' if count == 1 else 'contexts'}."
    unknown = [p.modality.label for p in own.ordered if p.modality not in bundle.modalities]
    if unknown:
        return (
            f"{own} was not measured by {bundle.name}, nor was any {unknown[0]}: it is compared by what is known of its "
            "targets alone."
        )
    if not signatures(bundle, [own]).any():
        return f"{own} was not measured, and {bundle.name} predicts no change: it is compared by what is known of it alone."
    return f"{own} was not measured: it is compared by what is known of it and by the response that {bundle.name} predicts."


def _fitted(bundle: Bundle, context: str | None) -> Mapping[Treatment, int]:
    """Rows of the measured treatments, where these answer the question."""
    if context is None:
        return bundle.signatures.places
    if context not in bundle.contexts:
        raise InputError(
            f"{bundle.name} knows no context {context!r}; choose one of: {', '.join(sorted(bundle.contexts)[:10])}."
        )
    return {}
