"""The hypothesis as a sentence to fill in; nothing is computed before the button is pressed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from xpert.data.gene_list import GeneList
from xpert.design.question import read_subject
from xpert.errors import InputError
from xpert.perturbation import RESERVED, Treatment
from xpert.ui import load, session, support_choice
from xpert.ui.basket import draw_badge
from xpert.ui.builder import Place, places
from xpert.ui.frame import Guard, fragment, guarded
from xpert.ui.hypothesis import state
from xpert.ui.hypothesis.asked import EXAMPLES, Asked
from xpert.ui.hypothesis.subjects import subjects
from xpert.ui.text import counted, escaped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xpert.model.bundle import Bundle, BundleInfo
    from xpert.ui.known import Choices

MODEL, CONTEXT, TREATMENT, DIRECTION, WHAT = (
    f"hypothesis {part}" for part in ("model", "context", "treatment", "direction", "what")
)
SHOWN = "hypothesis shown"
_VERBS = {"up": "▲ raises", "down": "▼ lowers"}


@fragment
def draw() -> None:
    """Draw the sentence and the button."""
    infos = load.installed()
    _follow_address(infos)
    with st.container(border=True):
        left, right = st.columns(2)
        left.selectbox("Model that is asked", [i.name for i in infos], key=MODEL, on_change=_model_changed)
        bundle = load.bundle(session.value(MODEL))
        choices = load.choices(bundle.name)
        offered = places(bundle)
        if session.value(CONTEXT) not in offered:
            session.put(CONTEXT, offered[0])
        right.selectbox("in these cells …", offered, key=CONTEXT, format_func=lambda p: p.label)
        place: Place = session.value(CONTEXT)
        support_choice.draw(bundle, place.name, place.data)
        _draw_sentence(bundle, choices)
        wanted = _draw_read(bundle, choices, place)
        with st.container(horizontal=True, vertical_alignment="center"):
            if (
                st.button("Weigh it", type="primary", icon=":material/balance:", disabled=wanted is None)
                and wanted
            ):
                session.put(SHOWN, wanted)
                state.ask(wanted)
                st.rerun()
            _draw_examples(infos)


def _follow_address(infos: Sequence[BundleInfo]) -> None:
    """Show in the fields what the page's address asks, once; without one, the first example."""
    with Guard():
        found = state.asked()
        if session.has(MODEL) and found in {None, session.value(SHOWN)}:
            return
        there = {i.name for i in infos}
        found = found or next((e for e in EXAMPLES if e.model in there), None)
        if found is None:
            return
        if found.model not in there:
            raise InputError(
                f"There is no model {found.model!r} here; choose one of: {', '.join(sorted(there))}."
            )
        _show(found)
        session.put(SHOWN, state.asked())


def _show(wanted: Asked) -> None:
    session.put(MODEL, wanted.model)
    session.put(CONTEXT, Place(wanted.context, wanted.data))
    session.put(TREATMENT, wanted.treatment)
    session.put(DIRECTION, wanted.direction)
    session.put(WHAT, wanted.what)
    session.put(support_choice.KEY, wanted.support)


@guarded
def _model_changed() -> None:
    """Another model knows other treatments and genes: begin with its example, or with nothing."""
    model = session.value(MODEL)
    example = next((e for e in EXAMPLES if e.model == model), None)
    if example is not None:
        _show(example)
        return
    for key in (TREATMENT, WHAT):
        session.put(key, None)
    session.drop(CONTEXT)


def _draw_sentence(bundle: Bundle, choices: Choices) -> None:
    """Perturbing … raises or lowers …"""
    treatment, verb, what = st.columns([5, 3, 5], vertical_alignment="bottom")
    known = _with(session.value(TREATMENT), _treatments(choices))
    treatment.selectbox(
        "Perturbing …",
        known,
        key=TREATMENT,
        index=None,
        accept_new_options=True,
        placeholder="Type a gene, a compound, or several: KLF1:crispra + SET:crispra",
        help="`JAK2:ko`, `vorinostat@1uM`, `JAK2:ko + ruxolitinib@500nM`; a bare name is perturbed as it was measured most.",
    )
    if session.value(DIRECTION) not in _VERBS:
        session.put(DIRECTION, "up")
    verb.segmented_control(
        "raises or lowers", list(_VERBS), key=DIRECTION, format_func=_VERBS.__getitem__, required=True
    )
    offered = subjects(bundle)
    what.selectbox(
        "… a gene, or the mean of a gene set",
        _with(session.value(WHAT), list(offered)),
        key=WHAT,
        index=None,
        accept_new_options=True,
        format_func=lambda name: f"{name} ({counted(offered[name], 'gene')})" if offered.get(name) else name,
        placeholder="Type a gene, an alias, a set, or several genes with commas",
        help="Hallmark and Reactome sets are offered; any set of GO biological process can be typed by its full name.",
    )


def _draw_read(bundle: Bundle, choices: Choices, place: Place) -> Asked | None:
    """Say at once what was read, and what cannot be; None where the sentence cannot be asked."""
    text, what = session.value(TREATMENT), session.value(WHAT)
    if not text or not what:
        st.caption("Fill in both ends of the sentence.")
        return None
    with Guard():
        treatment = read_treatment(text, choices)
        _check(bundle, treatment)
        draw_badge(choices, treatment, place.name, named=str(treatment) != text)
        genes, name = read_subject(what)
        read = GeneList.read(genes, bundle.genes)
        if not name:
            for sentence in read.sentences:
                st.caption(escaped(sentence, longest=600))
        if len(genes) > 1:
            st.caption(f"{counted(len(read.genes), 'gene')} of {len(genes):,} are predicted by this model.")
        support = bool(place.data) and bool(session.value(support_choice.KEY))
        return Asked(
            bundle.name,
            place.name,
            str(treatment),
            session.value(DIRECTION),
            what,
            place.data,
            support=support,
        )
    return None


def read_treatment(text: str, choices: Choices) -> Treatment:
    """What a text says; a bare name is perturbed as it was measured most often.

    Raises
    ------
    InputError
        Where it cannot be read.
    """
    plain = text.strip()
    if plain in choices.usual or not any(c in RESERVED for c in plain):
        return Treatment.of(choices.first_guess(plain))
    return Treatment.parse(plain)


def _check(bundle: Bundle, treatment: Treatment) -> None:
    from xpert.prediction.predict import check_treatment

    if treatment.active.is_control:
        raise InputError("Name what is perturbed: control, and anything of zero strength, changes nothing.")
    check_treatment(bundle, treatment)


def _treatments(choices: Choices) -> list[str]:
    """Every measured target as it was perturbed most often."""
    return [str(Treatment.of(choices.usual[name])) for name in choices.targets]


def _with(chosen: str | None, known: list[str]) -> list[str]:
    return known if not chosen or chosen in known else [chosen, *known]


def _draw_examples(infos: Sequence[BundleInfo]) -> None:
    """Sentences to begin with."""
    there = {i.name for i in infos}
    st.caption("Try:", width="content")
    for example in EXAMPLES:
        if example.model in there:
            name = (
                example.what.removeprefix("HALLMARK_").replace("_", " ").capitalize()
                if "_" in example.what
                else example.what
            )
            st.button(
                f"{escaped(example.treatment)} {_VERBS[example.direction]} {escaped(name)}",
                key=f"example {example.model}",
                type="tertiary",
                on_click=_take,
                args=(example,),
            )


@guarded
def _take(example: Asked) -> None:
    _show(example)
