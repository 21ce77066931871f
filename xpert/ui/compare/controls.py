"""Fields of the Compare page's tabs: treatments by type-ahead, by text, or as a pasted list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from xpert.errors import InputError
from xpert.perturbation import Treatment
from xpert.response.comparison import MOST
from xpert.ui import load, session
from xpert.ui.compare import examples, state
from xpert.ui.compare.asked import Asked, View
from xpert.ui.frame import guarded
from xpert.ui.pasted import read_treatments
from xpert.ui.text import counted, escaped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xpert.model.bundle import Bundle
    from xpert.ui.builder import Place

_PASTE, _TOLD = "compare paste", "compare told"


def show(asked: Asked) -> None:
    """Set the fields of the question's tab."""
    texts = [str(t) for t in asked.treatments]
    if asked.view is View.SIDE_BY_SIDE:
        session.put(state.TREATMENTS, texts)
    elif asked.view is View.COMBINATION:
        session.put(state.WHOLE, texts[0])
    else:
        session.put(state.COMPOUND, asked.compound.target)
        session.put(state.DOSES, " ".join(map(str, asked.doses)))


def forget() -> None:
    """Start each tab with its example: another model has other targets."""
    for key in (state.TREATMENTS, state.WHOLE, state.COMPOUND, state.DOSES):
        session.drop(key)
    session.put(_TOLD, ())


def draw_treatments(bundle: Bundle, place: Place) -> list[Treatment]:
    """Draw the field for several treatments and the one for a list; give what they say."""
    if not session.has(state.TREATMENTS):
        session.put(state.TREATMENTS, [str(t) for t in examples.treatments(bundle, place.name)])
    chosen = session.value(state.TREATMENTS, [])
    field, button = st.columns([6, 1], vertical_alignment="bottom")
    field.multiselect(
        "Treatments, from two to twenty",
        list(dict.fromkeys([*measured(bundle), *chosen])),
        key=state.TREATMENTS,
        accept_new_options=True,
        max_selections=MOST,
        select_all=False,
        on_change=_written,
        args=(bundle,),
        placeholder="Type a gene or compound",
        help="Measured treatments are offered; anything else can be typed: `KLF1:crispra + MAP2K3:crispra`, "
        "`vorinostat@1uM`, or a bare name, which is perturbed as it usually is in this model.",
    )
    with button.popover("Paste", icon=":material/content_paste:", width="stretch"):
        st.text_area("One treatment a line", key=_PASTE, height=160, max_chars=20_000)
        st.button("Add these", on_click=_pasted, args=(bundle,))
    for sentence in session.value(_TOLD, ()):
        st.caption(escaped(sentence, longest=500))
    return [Treatment.parse(text) for text in session.value(state.TREATMENTS, [])]


def draw_one(bundle: Bundle, key: str, label: str, options: Sequence[str], words: str) -> Treatment | None:
    """Draw a field for one treatment, chosen or typed, and say at once what cannot be read.

    Raises
    ------
    InputError
        Where the text means nothing that the model knows.
    """
    current = session.value(key)
    st.selectbox(
        label,
        list(dict.fromkeys([*options, *([current] if current else [])])),
        key=key,
        accept_new_options=True,
        index=None,
        placeholder="Type a name",
        help=words,
    )
    text = session.value(key)
    if not text:
        return None
    found = read_treatments(str(text).replace("\n", " "), load.choices(bundle.name), bundle)
    for reason in found.refused.values():
        raise InputError(reason)
    return found.treatments[0]


def measured(bundle: Bundle) -> list[str]:
    """Text forms of every measured treatment, those with fewer parts first, then by name."""
    treatments = {c.treatment for c in bundle.training.conditions}
    return [str(t) for t in sorted(treatments, key=lambda t: (len(t), str(t).casefold()))]


@guarded
def _written(bundle: Bundle) -> None:
    """Take what was typed for the treatment that it means; put away what means none, and say why."""
    _take(bundle, session.value(state.TREATMENTS, []))


@guarded
def _pasted(bundle: Bundle) -> None:
    """Add a pasted list."""
    lines = str(session.value(_PASTE, "")).splitlines()
    before = session.value(state.TREATMENTS, [])
    _take(bundle, [*before, *lines])
    added = len(session.value(state.TREATMENTS, [])) - len(before)
    session.put(_TOLD, (f"{counted(max(added, 0), 'treatment')} added.", *session.value(_TOLD, ())))
    session.put(_PASTE, "")


def _take(bundle: Bundle, texts: Sequence[str]) -> None:
    found = read_treatments("\n".join(texts), load.choices(bundle.name), bundle)
    said = [f"{text}: {reason}" for text, reason in found.refused.items()]
    said += [f"{text} was read as {own}." for text, own in found.renamed.items()]
    if len(found.treatments) > MOST:
        said.append(f"Only the first {MOST} are kept.")
    session.put(state.TREATMENTS, [str(t) for t in found.treatments[:MOST]])
    session.put(_TOLD, tuple(said))
