"""Responses of every treatment of a map, computed once for the whole server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from xpert.ui import load

if TYPE_CHECKING:
    from xpert.data.responses import Floats
    from xpert.prediction.prediction import Prediction

OVER_ALL = ""


@st.cache_resource(
    show_spinner="Working out the response to every treatment of the map; only the first time …",
    show_time=True,
    max_entries=24,
)
def shifts(model: str, context: str = OVER_ALL) -> Floats:
    """Shift of every gene by every treatment of the map, shape ``(points, genes)``; read-only.

    Parameters
    ----------
    model
        Name of a bundle.
    context
        One of its contexts, or `OVER_ALL` for the mean over those in which each treatment was measured.
    """
    from xpert.response.point_shifts import point_shifts

    found = point_shifts(load.bundle(model), context)
    found.flags.writeable = False
    return found


@st.cache_resource(show_spinner="Predicting …", max_entries=200)
def signature(model: str, context: str, treatment: str) -> Prediction:
    """The model's answer for one treatment of the map."""
    from xpert.perturbation import Treatment
    from xpert.prediction.predict import predict

    return predict(load.bundle(model), [context], [Treatment.parse(treatment)])[0]
