"""The treatments that are predicted together: each with how near it was measured, before anything runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import streamlit as st

from xpert.perturbation import Treatment
from xpert.ui import draft, load, session
from xpert.ui.frame import guarded
from xpert.ui.known import in_context, nearness
from xpert.ui.pasted import read_treatments
from xpert.ui.plan import MOST_TREATMENTS
from xpert.ui.text import counted, escaped, listed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xpert.model.bundle import Bundle
    from xpert.ui.known import Choices

PASTE, TOLD = "pasted treatments", "what became of pasted treatments"
_SHOWN = 12


class Badge(NamedTuple):
    """How near measurements come to a question, in a word, a sign and a colour."""

    word: str
    icon: str
    color: Literal["blue", "violet", "orange"]


BADGES = {
    2: Badge("Measured", ":material/check_circle:", "blue"),
    1: Badge("Partly measured", ":material/adjust:", "violet"),
    0: Badge("Never measured", ":material/explore:", "orange"),
}


def draw_badge(choices: Choices, treatment: Treatment, context: str, *, named: bool = False) -> None:
    """Draw how near measurements come to a treatment.

    Parameters
    ----------
    choices
        What was measured.
    treatment
        What is asked about.
    context
        Where.
    named
        Whether to write the treatment as well.
    """
    question = choices.question(in_context(treatment, context))
    badge = BADGES[nearness(question)]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(badge.word, icon=badge.icon, color=badge.color)
        if named:
            st.markdown(f"**{escaped(treatment, longest=80)}**", width="content")
        st.caption(f"{question.label[0].upper()}{question.label[1:]}")


def draw(bundle: Bundle, choices: Choices, context: str, above: Treatment | None) -> None:
    """Draw the treatments that were set aside, and the field to paste more.

    Parameters
    ----------
    bundle, choices
        The model, and what it has measured.
    context
        Where everything is predicted.
    above
        The treatment in the controls; None where these hold none.
    """
    kept = session.current().basket
    if kept:
        more = " and the one above" if above is not None else ""
        st.markdown(f"**Predicted together**: {counted(len(kept), 'treatment')}{more}")
        for place, text in enumerate(kept):
            _draw_row(place, text, choices, context, above)
    with st.expander("Paste several treatments", icon=":material/content_paste:"):
        _draw_paste(bundle)
    for sentence in session.value(TOLD, ()):
        st.caption(escaped(sentence, longest=600))


def _draw_row(place: int, text: str, choices: Choices, context: str, above: Treatment | None) -> None:
    words, buttons = st.columns([7, 2], vertical_alignment="center")
    with words:
        draw_badge(choices, Treatment.parse(text), context, named=True)
    with buttons.container(horizontal=True, horizontal_alignment="right", gap="small"):
        st.button(
            "Change",
            key=f"change {place} {text}",
            icon=":material/edit:",
            type="tertiary",
            on_click=_change,
            args=(text, "" if above is None else str(above)),
            help=f"Bring {escaped(text, longest=80)} into the controls above",
        )
        st.button(
            "Take out",
            key=f"take out {place} {text}",
            icon=":material/close:",
            type="tertiary",
            on_click=_take_out,
            args=(text,),
            help=f"Do not predict {escaped(text, longest=80)}",
        )


def _draw_paste(bundle: Bundle) -> None:
    st.text_area(
        "One treatment or name on each line",
        key=PASTE,
        height=120,
        placeholder="KLF1\nMAP2K6:crispra@0.7\nKLF1:crispra + MAP2K3:crispra",
        help="A bare name is perturbed as it was measured most often. Aliases and ids of genes are read as the "
        f"model's own names. At most {MOST_TREATMENTS} treatments are predicted together.",
    )
    st.button("Add these", icon=":material/playlist_add:", on_click=_take_pasted, args=(bundle.name,))


@guarded
def _take_pasted(model: str) -> None:
    """Put what can be predicted into the basket, and keep what to say of the rest."""
    pasted = read_treatments(str(session.value(PASTE, "")), load.choices(model), load.bundle(model))
    before = session.current().basket
    wanted = list(dict.fromkeys([*before, *map(str, pasted.treatments)]))
    taken, late = wanted[: MOST_TREATMENTS - 1], wanted[MOST_TREATMENTS - 1 :]
    session.current().basket = taken
    session.put(TOLD, _sentences(len(taken) - len(before), late, pasted.renamed, pasted.refused))
    session.put(PASTE, "\n".join(pasted.refused))


def _sentences(
    added: int, late: Sequence[str], renamed: Mapping[str, str], refused: Mapping[str, str]
) -> tuple[str, ...]:
    said = [f"Added {counted(added, 'treatment')}."]
    if renamed:
        said.append(f"Read under another name: {listed([f'{a} as {b}' for a, b in renamed.items()])}.")
    if late:
        said.append(f"Left out, since the basket is full: {listed(late)}.")
    said += [f"Not found: {name}. {why}" for name, why in list(refused.items())[:_SHOWN]]
    if len(refused) > _SHOWN:
        said.append(f"And {len(refused) - _SHOWN:,} more that cannot be predicted.")
    return tuple(said)


@guarded
def _take_out(text: str) -> None:
    session.current().basket = [kept for kept in session.current().basket if kept != text]


@guarded
def _change(text: str, above: str) -> None:
    """Bring a treatment into the controls, and set aside the one that stands there."""
    held = session.current()
    kept = [other for other in held.basket if other != text]
    held.basket = list(dict.fromkeys([*kept, above])) if above else kept
    draft.show(Treatment.parse(text))
