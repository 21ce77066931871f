"""What a reader's own cells give to a prediction; each is computed once a session, for it reads many cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from xpert.ui import session

if TYPE_CHECKING:
    from xpert.data.dataset import PerturbationDataset
    from xpert.data.responses import Context, Responses
    from xpert.model.bundle import Bundle
    from xpert.prediction.support import Corrector, SupportSet


def context_for(bundle: Bundle, dataset: PerturbationDataset, name: str) -> Context:
    """The control cells of one context on the genes of a model.

    Raises
    ------
    InputError
        When the model cannot start from them.
    """
    from xpert.prediction.controls import context_from_dataset

    kept = session.current().computed
    key = ("context", bundle.name, name)
    if key not in kept:
        kept[key] = context_from_dataset(dataset, bundle, name)
    found: Context = kept[key]
    return found


def responses_in(dataset: PerturbationDataset, context: str) -> Responses:
    """The measured mean shift of every condition in one context."""
    kept = session.current().computed
    key = ("responses", context)
    if key not in kept:
        with st.spinner("Averaging the cells of your file …", show_time=True):
            kept[key] = dataset.responses(contexts=[context])
    found: Responses = kept[key]
    return found


def support_in(bundle: Bundle, dataset: PerturbationDataset, name: str) -> SupportSet:
    """The treatments that were measured in one context, as a support set of a model.

    Raises
    ------
    InputError
        When the model can use none of them.
    """
    from xpert.prediction.support import support_from

    kept = session.current().computed
    key = ("support", bundle.name, name)
    if key not in kept:
        context = context_for(bundle, dataset, name)
        kept[key] = support_from(responses_in(dataset, name), bundle, name, shown_as=context.name)
    found: SupportSet = kept[key]
    return found


def corrector_in(bundle: Bundle, dataset: PerturbationDataset, name: str) -> Corrector:
    """What the measured treatments of one context add, each left out in turn."""
    from xpert.prediction.controls import placed
    from xpert.prediction.support import Corrector

    kept = session.current().computed
    key = ("corrector", bundle.name, name)
    if key not in kept:
        place = placed(context_for(bundle, dataset, name), bundle)
        with st.spinner("Leaving out each measured condition in turn …", show_time=True):
            kept[key] = Corrector.of(bundle, place, support_in(bundle, dataset, name))
    found: Corrector = kept[key]
    return found
