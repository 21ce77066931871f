"""Models once for the whole server, read-only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from xpert.errors import InputError
from xpert.ui.known import Choices

if TYPE_CHECKING:
    from xpert.model.bundle import Bundle, BundleInfo


def bundle_infos() -> tuple[BundleInfo, ...]:
    """What each bundle says of itself; reads no weights."""
    from xpert.model.bundle import list_bundles

    return list_bundles()


def installed() -> tuple[BundleInfo, ...]:
    """The same, for a page that can do nothing without a model.

    Raises
    ------
    InputError
        When there is none, saying how to get one.
    """
    infos = bundle_infos()
    if not infos:
        raise InputError(
            "No model is installed. Train one with `xpert train`, or set XPERT_MODELS to a folder that holds some."
        )
    return infos


@st.cache_resource(
    show_spinner="Loading the model; the first time takes some seconds …", show_time=True, max_entries=8
)
def bundle(name: str) -> Bundle:
    """A bundle by name, shared by everyone on this server; it is frozen.

    Raises
    ------
    InputError
        When there is none of that name.
    """
    from xpert.model.bundle import load_bundle

    # A name may come from a URL, and `load_bundle` takes paths as well: only what is listed is opened.
    known = [info.name for info in bundle_infos()]
    if name not in known:
        raise InputError(f"There is no model {name!r} here; there are: {', '.join(known) or 'none'}.")
    return load_bundle(name)


@st.cache_resource(show_spinner=False, max_entries=8)
def choices(name: str) -> Choices:
    """What can be chosen with a bundle."""
    return Choices.of(bundle(name))
