"""The choice to let measured conditions of the reader's data correct the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from xpert.errors import InputError
from xpert.ui import session
from xpert.ui.own_cells import support_in
from xpert.ui.text import counted, escaped, listed

if TYPE_CHECKING:
    from xpert.model.bundle import Bundle

KEY = "use measured conditions"


def draw(bundle: Bundle, context: str, data: str) -> None:
    """Draw the choice where the data hold treatments in the context, saying how many and which.

    Parameters
    ----------
    bundle
        The model.
    context
        As the file spells it.
    data
        First letters of the file's hash; empty for a context of the model's own.
    """
    upload = session.current().upload
    if not data or upload is None or upload.dataset is None:
        return
    if not any(c.context == context for c in upload.dataset.conditions):
        return
    try:
        found = support_in(bundle, upload.dataset, context)
    except InputError as error:
        st.caption(f"The measured conditions of your data cannot correct this model. {escaped(error)}")
        return
    st.checkbox(
        "Use the conditions that I have measured",
        key=KEY,
        help="What the model gets wrong on your measured conditions is carried to similar ones. The answer then says "
        "what corrected it, and how well your conditions predict one another.",
    )
    skipped = ""
    if found.skipped:
        skipped = (
            f" {counted(len(found.skipped), 'condition is', 'conditions are')} skipped, since this model "
        )
        skipped += f"knows nothing of them: {escaped(listed(list(found.skipped), most=4))}."
    st.caption(
        f"{counted(len(found.treatments), 'condition was', 'conditions were')} measured in "
        f"{escaped(context)}: {escaped(listed([str(t) for t in found.treatments], most=8))}.{skipped}"
    )
