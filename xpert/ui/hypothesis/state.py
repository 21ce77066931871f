"""What was asked last, in the page's address and in the session; and its verdict, computed once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import streamlit as st

from xpert.ui import load, session
from xpert.ui.hypothesis.asked import NAMES, Asked
from xpert.ui.run import context_of, support_of, upload_of

if TYPE_CHECKING:
    from xpert.design.hypothesis import Verdict

_LAST = "hypothesis asked last"
_VERDICTS = "hypothesis"
_KEPT = 6


def asked() -> Asked | None:
    """What the page's address asks; without an address, what was asked last.

    Raises
    ------
    InputError
        When the address cannot be read.
    """
    found = Asked.from_query({name: st.query_params.get_all(name) for name in NAMES})
    last: Asked | None = session.value(_LAST)
    if found is None and last is not None and has_data(last):
        ask(last)
        return last
    return found


def ask(wanted: Asked) -> None:
    """Write it into the page's address."""
    session.put(_LAST, wanted)
    st.query_params.from_dict(wanted.query)


def has_data(wanted: Asked) -> bool:
    """Whether the reader's file that it is about, if any, is open."""
    return not wanted.data or upload_of(wanted) is not None


def verdict(wanted: Asked) -> Verdict:
    """What the model makes of it.

    Raises
    ------
    InputError
        When it asks for something that this model or this session does not have.
    """
    from xpert.design.hypothesis import weigh

    kept = session.current().computed
    key = (_VERDICTS, json.dumps(wanted.query, sort_keys=True))
    if key not in kept:
        bundle = load.bundle(wanted.model)
        with st.spinner("Weighing the hypothesis …", show_time=True):
            kept[key] = weigh(
                bundle, wanted.hypothesis, context_of(wanted, bundle), support_of(wanted, bundle)
            )
        old = [k for k in kept if k[0] == _VERDICTS]
        for spent in old[:-_KEPT]:
            del kept[spent]
    found: Verdict = kept[key]
    return found
