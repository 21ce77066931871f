"""The controls of the Predict page: model, context, treatment; nothing is computed before the button is pressed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from xpert.errors import InputError
from xpert.perturbation import Modality, Treatment
from xpert.plots.labels import plain
from xpert.ui import basket, draft, load, session, support_choice
from xpert.ui.examples import first_plan
from xpert.ui.frame import Guard, fragment, guarded
from xpert.ui.own_cells import context_for
from xpert.ui.plan import MOST_TREATMENTS, Plan
from xpert.ui.text import escaped

if TYPE_CHECKING:
    from xpert.model.bundle import Bundle, BundleInfo
    from xpert.ui.known import Choices

MODEL, CONTEXT = "model", "context"
_MOST_PARTS = 4


class Place(NamedTuple):
    """A context to choose: the bundle's own, or one of the reader's file."""

    name: str
    data: str = ""

    @property
    def label(self) -> str:
        """Text of the choice."""
        return f"{plain(self.name)} (your data)" if self.data else self.name


@fragment
def draw() -> None:
    """Draw every control and the button that asks for the prediction."""
    infos = load.installed()
    _follow_url(infos)
    with st.container(border=True):
        left, right = st.columns(2)
        left.selectbox("Model", [i.name for i in infos], key=MODEL, on_change=_model_changed)
        bundle = load.bundle(session.value(MODEL))
        found = places(bundle)
        if session.value(CONTEXT) not in found:
            session.put(CONTEXT, found[0])
        right.selectbox(
            "Context: the cells before treatment", found, key=CONTEXT, format_func=lambda p: p.label
        )
        support_choice.draw(bundle, session.value(CONTEXT).name, session.value(CONTEXT).data)
        choices = load.choices(bundle.name)
        _draw_treatment(choices)
        treatment = _draw_text(bundle, choices)
        context = session.value(CONTEXT).name
        if treatment is not None:
            basket.draw_badge(choices, treatment, context)
        basket.draw(bundle, choices, context, treatment)
        _draw_buttons(treatment)


def _follow_url(infos: tuple[BundleInfo, ...]) -> None:
    """Show in the controls what the URL asks, once; without a plan, the first example."""
    with Guard():
        plan = session.asked()
        if session.has(MODEL) and plan in {None, session.current().shown}:
            return
        plan = plan or session.current().plan or first_plan(infos)
        if plan.model not in {i.name for i in infos}:
            known = ", ".join(i.name for i in infos)
            raise InputError(f"There is no model {plan.model!r} here; choose one of: {known}.")
        session.put(MODEL, plan.model)
        session.put(CONTEXT, Place(plan.context, plan.data))
        session.put(support_choice.KEY, plan.support)
        draft.show(plan.treatments[-1])
        session.current().basket = [str(t) for t in plan.treatments[:-1]]
        session.current().shown = session.asked()


def places(bundle: Bundle) -> list[Place]:
    """The bundle's contexts, and those of the reader's file where the model can start from its cells."""
    own = [Place(name) for name in bundle.contexts]
    upload = session.current().upload
    if upload is None:
        return own
    if upload.dataset is None:
        st.caption("To start from your own control cells, confirm the mapping on the Data page.")
        return own
    try:
        for name in upload.dataset.contexts:
            context_for(bundle, upload.dataset, name)
    except InputError as error:
        st.caption(f"Your data cannot be used with this model. {escaped(error)}")
        return own
    return own + [Place(name, upload.sha256[:16]) for name in upload.dataset.contexts]


@guarded
def _model_changed() -> None:
    """Start with the example of the other model, whose targets are others."""
    infos = [i for i in load.bundle_infos() if i.name == session.value(MODEL)]
    plan = first_plan(tuple(infos))
    session.put(CONTEXT, Place(plan.context))
    draft.show(plan.treatments[-1])
    session.current().basket = []
    session.put(basket.TOLD, ())


def _draw_treatment(choices: Choices) -> None:
    chosen = session.value(draft.TARGETS, [])
    extra = [name for name in chosen if name not in choices.usual]
    st.multiselect(
        "Genes and compounds to perturb together",
        list(dict.fromkeys([*choices.targets, *extra])),
        key=draft.TARGETS,
        on_change=draft.names_changed,
        args=(choices,),
        accept_new_options=True,
        max_selections=_MOST_PARTS,
        select_all=False,
        placeholder="Type a name; any other gene can be typed too",
    )
    for name in session.value(draft.TARGETS, []):
        _draw_part(name, choices)


def _draw_part(name: str, choices: Choices) -> None:
    title, way, strength = st.columns([2, 2, 5], vertical_alignment="bottom")
    title.markdown(f"**{escaped(name, longest=40)}**")
    modality = session.value(draft.way_key(name))
    ways = list(dict.fromkeys([*choices.ways(name), modality]))
    way.selectbox(
        "How", ways, key=draft.way_key(name), format_func=lambda m: m.label, on_change=draft.control_changed
    )
    if Modality(session.value(draft.way_key(name))).is_genetic:
        strength.slider(
            "Efficacy (1 = complete)",
            0.0,
            1.0,
            step=0.05,
            key=draft.efficacy_key(name),
            on_change=draft.control_changed,
        )
    else:
        with strength:
            _draw_dose(name, choices)


def _draw_dose(name: str, choices: Choices) -> None:
    slider, amount, unit = st.columns([3, 2, 2], vertical_alignment="bottom")
    stated = session.value(draft.unit_key(name)) != draft.NOT_STATED
    measured = choices.strengths.get(name, ())
    hint = f"Measured at {', '.join(measured[:8])}." if measured else "No dose of this compound was measured."
    unit.selectbox("Unit", draft.UNITS, key=draft.unit_key(name), on_change=draft.control_changed, help=hint)
    slider.select_slider(
        "Dose (log scale)",
        draft.GRID,
        key=draft.slider_key(name),
        on_change=draft.slider_moved,
        args=(name,),
        disabled=not stated,
        format_func=lambda v: f"{v:g}",
    )
    amount.number_input(
        "Dose",
        min_value=0.0,
        step=None,
        format="%g",
        key=draft.dose_key(name),
        on_change=draft.dose_typed,
        args=(name,),
        disabled=not stated,
    )


def _draw_text(bundle: Bundle, choices: Choices) -> Treatment | None:
    """Draw the text field, and say at once what cannot be read or is not known."""
    st.text_input(
        "The same as text",
        key=draft.TEXT,
        on_change=draft.text_changed,
        args=(choices,),
        placeholder="KLF1:crispra + MAP2K6:crispra@0.7",
        help="`KLF1:crispra@0.7`, `vorinostat@1uM`, `JAK2:ko + ruxolitinib@500nM`, `control`",
    )
    for written, own in session.value(draft.RENAMED, {}).items():
        st.caption(f"{escaped(written, longest=80)} is called {escaped(own)} here.")
    with Guard():
        return _known_treatment(bundle)
    return None


def _known_treatment(bundle: Bundle) -> Treatment | None:
    """What the text says.

    Raises
    ------
    InputError
        Where it cannot be read, or the model can say nothing of it.
    """
    from xpert.prediction.predict import check_treatment

    treatment = draft.treatment()
    if treatment is not None:
        check_treatment(bundle, treatment)
    return treatment


def _draw_buttons(treatment: Treatment | None) -> None:
    kept = session.current().basket
    with st.container(horizontal=True):
        if st.button(
            "Predict", type="primary", icon=":material/play_arrow:", disabled=treatment is None and not kept
        ):
            session.ask(_plan(treatment))
            st.rerun()
        st.button(
            "Add another treatment",
            icon=":material/add:",
            disabled=treatment is None or len(kept) >= MOST_TREATMENTS - 1,
            help="Keeps this one, and lets you build one more to compare it with.",
            on_click=_set_aside,
            args=(str(treatment),),
        )


@guarded
def _set_aside(text: str) -> None:
    """Put the treatment into the basket, and empty the controls for the next one."""
    session.current().basket = list(dict.fromkeys([*session.current().basket, text]))
    draft.clear()


def _plan(treatment: Treatment | None) -> Plan:
    place: Place = session.value(CONTEXT)
    texts = [*session.current().basket, *([str(treatment)] if treatment is not None else [])]
    measured = bool(place.data) and bool(session.value(support_choice.KEY))
    treatments = tuple(map(Treatment.parse, texts))
    return Plan(session.value(MODEL), place.name, treatments, place.data, support=measured)
